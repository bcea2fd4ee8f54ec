"""Linear filters on sources: a random gentle equaliser, and the small loudspeaker of a prompt."""

from functools import cache

import numpy as np
import torch
from torch import Tensor

from soundsieve.data.draws import Draws, Floats

POINTS = 6
"""Points of the curve, evenly spaced on a logarithmic axis of frequency over five octaves."""
SLOPE = 24.0
"""Decibels an octave outside the band of a small loudspeaker."""


def draw_curves(draws: Draws, stems: int, odds: float, reach: float) -> Floats:
    """Gains in dB at each point of each stem's curve, 0 where no equaliser is drawn.

    Shape: `[scene, stem, point]`.
    """
    curves = draws.uniform("eq", stems * POINTS, -reach, reach).reshape(len(draws), stems, POINTS)
    return curves * draws.chance("eq/on", odds, stems)[..., None]


def draw_loudspeakers(draws: Draws, odds: Floats) -> Floats:
    """The edges in Hz of the loudspeaker that each stem comes through; 0 and infinity for none.

    Shape: `odds [stem] -> [scene, stem, 2]`.
    """
    low = draws.uniform("loudspeaker/low", len(odds), 150, 600)
    high = draws.uniform("loudspeaker/high", len(odds), 3000, 8000)
    through = draws.uniform("loudspeaker/on", len(odds)) < odds
    return np.stack([np.where(through, low, 0), np.where(through, high, np.inf)], -1)


def levels(curves: Floats, bands: Floats, bins: int, sample_rate: int) -> Tensor:
    """Decibels of these curves and bands at frequencies from 0 to half the sample rate.

    Shape: `[row, point], [row, 2] -> [row, bin]`.
    """
    level = torch.from_numpy(curves).float() @ _interpolation(bins)
    limited = np.flatnonzero(bands[:, 0] > 0)
    if len(limited):
        octave = np.log2(np.maximum(np.linspace(0, sample_rate / 2, bins, dtype=np.float32), 1))
        low, high = np.log2(bands[limited], dtype=np.float32).T[..., None]
        outside = np.maximum(low - octave, 0) + np.maximum(octave - high, 0)
        level[limited] -= torch.from_numpy(np.float32(SLOPE) * outside)
    return level


@cache
def _interpolation(bins: int) -> Tensor:
    """The weight of each point of a curve at each bin. Shape: `[point, bin]`."""
    octaves = 5 + np.log2(np.maximum(np.arange(bins), 1) / bins)
    place = np.clip(octaves, 0, 5) / 5 * (POINTS - 1)
    low = np.minimum(place.astype(int), POINTS - 2)
    part = torch.from_numpy((place - low).astype(np.float32))
    weight = torch.zeros(POINTS, bins)
    weight[torch.from_numpy(low), torch.arange(bins)] = 1 - part
    weight[torch.from_numpy(low + 1), torch.arange(bins)] = part
    return weight
