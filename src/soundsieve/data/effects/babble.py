"""Babble: the voices of several talkers at once, which are noise."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.data.draws import Draws, Floats
from soundsieve.data.pool import Pool

VOICES = (4, 8)
"""Talkers: fewer would be speech, not babble."""
LEVEL = (-5.0, 15.0)
"""Decibels of the babble over the noise that it joins."""


def draw_babble(draws: Draws, odds: float) -> tuple[NDArray[np.intp], Floats, Floats]:
    """How many talkers (0 for no babble), their level over the noise in dB, and which they are.

    Shape: `[scene], [scene], [scene, voice, 2]`.
    """
    count = draws.uniform("babble/voices", 1, VOICES[0], VOICES[1] + 1)[:, 0].astype(np.intp)
    level = draws.uniform("babble/level", 1, *LEVEL)[:, 0]
    luck = draws.uniform("babble/which", 2 * VOICES[1]).reshape(len(draws), -1, 2)
    return np.where(draws.chance("babble/on", odds)[:, 0], count, 0), level, luck


def voices(pool: Pool, stem: str, split: str, luck: Floats, frames: int) -> Tensor:
    """Talkers of one split at about the same level, of unit mean power together.

    Shape: `[voice, 2] -> [time]`.
    """
    sum_ = np.zeros(frames, np.float32)
    for which, where in luck:
        entry = pool.draw(stem, split, which)
        clip = pool.mono(entry, int(where * max(entry.frames - frames, 0)), frames)
        # A short clip is said again, so that nobody falls silent.
        clip = np.resize(clip, frames) if len(clip) < frames else clip
        sum_ += clip / max(float(np.sqrt(clip @ clip / frames)), 1e-6)
    return torch.from_numpy(sum_ / max(float(np.sqrt(sum_ @ sum_ / frames)), 1e-6))
