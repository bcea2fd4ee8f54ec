"""Two of a kind at once: a train and another train, two talkers, a song over a song."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.data.draws import Draws, Floats
from soundsieve.data.pool import Entry, Pool

UNDER = 10.0
"""Decibels by which the second sound lies under the first, at most."""


def draw_sums(draws: Draws, stems: int, odds: float) -> tuple[Floats, Floats]:
    """The level of each source's second sound in dB, nan for none, and which and where it is.

    Shape: `[scene, stem], [scene, stem, 2]`.
    """
    level = draws.uniform("sum/level", stems, -UNDER, 0.0)
    luck = draws.uniform("sum/which", 2 * stems).reshape(len(draws), stems, 2)
    return np.where(draws.chance("sum/on", odds, stems), level, np.nan), luck


class Seconds:
    """What can sound with a recording, as the same kind of sound: found once for each kind."""

    def __init__(self, pool: Pool, split: str):
        self.pool, self.split = pool, split
        self._found: dict[tuple[str, str, str], list[Entry]] = {}

    def of(self, first: Entry, stem: str) -> Sequence[Entry]:
        """Others of its kind, where there are such, else other speakers and songs of its stem."""
        key = stem, first.group, first.source.kind
        if key not in self._found:
            others = [e for e in self.pool.entries[stem, self.split] if e.group != first.group]
            alike = [e for e in others if e.source.kind and e.source.kind == first.source.kind]
            self._found[key] = alike or others
        return self._found[key]

    def sound(self, first: Entry, stem: str, luck: Floats, frames: int) -> Tensor | None:
        """A cut of one of them, of unit mean power; none where there is none or it pauses.

        Shape: `[2] -> [channel, time]`.
        """
        others = self.of(first, stem)
        if not others:
            return None
        entry = others[int(luck[0] * len(others))]
        start = int(luck[1] * max(entry.frames - frames, 0))
        clip = self.pool.crop(entry, start, frames)
        power = float(np.square(clip).sum()) / (frames * len(clip))
        if power < 1e-10:
            return None
        sound = np.zeros((len(clip), frames), np.float32)
        sound[:, : clip.shape[1]] = clip / np.sqrt(power)
        return torch.from_numpy(sound)

    def join(
        self,
        audio: Tensor,
        scenes: NDArray[np.intp],
        stems: NDArray[np.intp],
        used: Sequence[Mapping[str, Entry]],
        level: Floats,
        luck: Floats,
    ) -> None:
        """Add the second sounds to rows of scenes and stems, in place.

        Shape: `[row, channel, time], [row], [row]`, a dict a scene, and what `draw_sums` gives.
        """
        for row, (scene, stem) in enumerate(zip(scenes, stems, strict=True)):
            name, under = self.pool.scope[stem], float(level[scene, stem])
            first = used[scene].get(name)
            if np.isnan(under) or first is None:
                continue
            sound = self.sound(first, name, luck[scene, stem], audio.shape[-1])
            if sound is not None:
                own = audio[row]
                own += sound.to(own.device) * (own.square().mean().sqrt() * 10 ** (under / 20))
