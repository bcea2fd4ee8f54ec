"""What each step learns from: the numbers of its scenes, or the scenes, drawn ahead of the step."""

import itertools
import os
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from soundsieve.data.exchange import exchanged
from soundsieve.data.mixer import Mixer
from soundsieve.training.course import Course

Batch = tuple[list[int], Tensor | None, int]
"""Indices of scenes, their stems `[batch, stem, channel, time]` where a process has drawn them, and
which use of them it is."""


def pick_workers(asked: int | None, device: torch.device) -> int:
    """How many processes draw ahead: a processor has nothing to spare for them, a GPU waits."""
    if asked is not None:
        return asked
    return max((os.cpu_count() or 1) - 2, 1) if device.type == "cuda" else 0


class Indices:
    """The indices of each step's scenes; they depend on its number alone, so resuming is exact.

    Several processes share them out: a step has the same scenes, however many there are.
    """

    def __init__(self, course: Course):
        self.course, self.batch = course, course.batch

    def __iter__(self) -> Iterator[list[int]]:
        return self.since(self.course.trainer.global_step)

    def since(self, first: int) -> Iterator[list[int]]:
        """Those of every batch from a number on."""
        for number in itertools.count(first):
            yield self.course.place.mine(range(number * self.batch, (number + 1) * self.batch))


class Batches:
    """The scenes of each step, which `workers` processes draw ahead; with none the step does.

    With `reuse`, a batch comes as often, and its scenes are others each time.
    """

    def __init__(self, course: Course, mixer: Mixer, workers: int = 0, reuse: int = 1):
        self.course, self.mixer, self.workers, self.reuse = course, mixer, workers, reuse

    def __iter__(self) -> Iterator[Batch]:
        number, use = divmod(self.course.trainer.global_step, self.reuse)
        for indices, stems in self._drawn(number):
            for turn in range(use, self.reuse):
                yield indices, stems, turn
            use = 0

    def _drawn(self, number: int) -> Iterator[tuple[list[int], Tensor | None]]:
        indices = Indices(self.course).since(number)
        if not self.workers:
            # Lightning asks for a batch more than it trains on, which is not to be drawn.
            return ((some, None) for some in indices)
        loader = DataLoader(
            _Drawn(self.mixer),  # pyright: ignore[reportArgumentType]
            batch_size=None,
            sampler=indices,
            num_workers=self.workers,
            pin_memory=torch.cuda.is_available(),
        )
        return iter(loader)


class _Drawn:
    """Scenes by their indices, as a loader asks for them."""

    def __init__(self, mixer: Mixer):
        self.mixer = mixer

    def __getitem__(self, indices: list[int]) -> tuple[list[int], Tensor]:
        return indices, self.mixer.scenes(indices).stems


def unpacked(batch: Batch, mixer: Mixer) -> tuple[Tensor, list[int]]:
    """The stems to learn from in this use of a batch, and what stands for their number."""
    indices, stems, turn = batch
    if stems is None:
        stems = mixer.scenes(indices).stems
    return exchanged(stems, turn), [index + turn for index in indices]
