"""What each step learns from: indices of scenes, drawn in the step or ahead of it by processes."""

import itertools
import os
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from soundsieve.data.exchange import exchanged
from soundsieve.data.mixer import Mixer
from soundsieve.training.course import Course

Batch = tuple[list[int], Tensor, int]
"""Indices, their stems `[batch, stem, channel, time]` in half precision, and which use it is."""


def pick_workers(asked: int | None, device: torch.device) -> int:
    """How many processes draw ahead: a processor has nothing to spare for them, a GPU waits."""
    if asked is not None:
        return asked
    return max((os.cpu_count() or 1) - 2, 1) if device.type == "cuda" else 0


class Batches:
    """The indices of each step's scenes; they depend on its number alone, so resuming is exact.

    Several processes share them out: a step has the same scenes, however many there are.
    """

    def __init__(self, course: Course):
        self.course, self.batch = course, course.batch

    def __iter__(self) -> Iterator[list[int]]:
        return self.indices(self.course.trainer.global_step)

    def indices(self, first: int) -> Iterator[list[int]]:
        """Those of every draw from a number on."""
        for draw in itertools.count(first):
            yield self.course.place.mine(range(draw * self.batch, (draw + 1) * self.batch))


class DrawnAhead(Batches):
    """The scenes themselves, which `workers` processes draw while the device learns.

    With `reuse`, each batch comes several times, and its scenes are others each time.
    """

    def __init__(self, course: Course, mixer: Mixer, workers: int, reuse: int):
        super().__init__(course)
        self.mixer, self.workers, self.reuse = mixer, workers, reuse

    def __iter__(self) -> Iterator[Batch]:  # pyright: ignore[reportIncompatibleMethodOverride]
        step = self.course.trainer.global_step
        loader = DataLoader(
            _Drawn(self.mixer),  # pyright: ignore[reportArgumentType]
            batch_size=None,
            sampler=self.indices(step // self.reuse),
            num_workers=self.workers,
            pin_memory=torch.cuda.is_available(),
        )
        use = step % self.reuse
        for indices, stems in loader:
            for turn in range(use, self.reuse):
                yield indices, stems, turn
            use = 0


class _Drawn:
    """Scenes by their indices, as a loader asks for them."""

    def __init__(self, mixer: Mixer):
        self.mixer = mixer

    def __getitem__(self, indices: list[int]) -> tuple[list[int], Tensor]:
        return indices, self.mixer.scenes(indices).stems.half()


def unpacked(batch: Batch) -> tuple[Tensor, list[int]]:
    """The stems to learn from in this use of a batch, and what stands for their number."""
    indices, stems, turn = batch
    return exchanged(stems.float(), turn), [index + turn for index in indices]
