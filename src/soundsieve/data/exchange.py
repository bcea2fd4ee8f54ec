"""Other scenes from those of a batch: every stem goes on to another scene, at its level there."""

import torch
from torch import Tensor

from soundsieve.audio.levels import SILENCE
from soundsieve.data.mixer import PEAK


def exchanged(stems: Tensor, turn: int) -> Tensor:
    """The stems of a batch in new company: stem number `i` moves on by `i * turn` scenes.

    A stem keeps its level relative to its scene, and the scene that it comes to keeps its own, but
    for what would clip. With turn 0 the scenes stay as they are.

    Shape: `[batch, stem, channel, time]`.
    """
    if not turn:
        return stems
    power = stems.sum(1).square().mean((1, 2)).clamp_min(SILENCE)
    relative = stems * power.rsqrt()[:, None, None, None]
    moved = torch.stack([part.roll(i * turn, 0) for i, part in enumerate(relative.unbind(1))], 1)
    moved = moved * power.sqrt()[:, None, None, None]
    peak = moved.sum(1).abs().amax((1, 2))
    return moved * (PEAK / peak.clamp_min(PEAK))[:, None, None, None]
