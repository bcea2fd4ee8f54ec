"""Filters as one gain a frequency: equaliser, loudspeaker, tilt and band limit."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.data.draws import Draws, Floats
from soundsieve.data.equaliser import levels

BANDS = (4000.0, 8000.0, 11000.0, 16000.0, 24000.0)
"""Hz of the band limits of common channels."""
EDGE = 0.06
"""Width of the slope under a band limit, as a part of it."""
PIVOT = 1000.0
"""Hz at which a tilt leaves the level as it is."""


def draw_tilts(draws: Draws, odds: float, reach: float) -> Floats:
    """The slope of each scene's channel in dB an octave, 0 for none. Shape: `[scene]`."""
    slope = draws.uniform("tilt", 1, -reach, reach)[:, 0]
    return np.where(draws.chance("tilt/on", odds)[:, 0], slope, 0.0)


def draw_bands(draws: Draws, odds: float, sample_rate: int) -> Floats:
    """The band limit of each scene's channel in Hz, infinite for none. Shape: `[scene]`."""
    below = np.array([band for band in BANDS if band < sample_rate / 2])
    if not len(below):
        return np.full(len(draws), np.inf)
    picked = below[(draws.uniform("band", 1)[:, 0] * len(below)).astype(int)]
    return np.where(draws.chance("band/on", odds)[:, 0], picked, np.inf)


def gains(
    curves: Floats, loudspeakers: Floats, tilts: Floats, limits: Floats, bins: int, sample_rate: int
) -> Tensor:
    """The gain of each row at each frequency; nothing passes above a row's limit.

    Shape: `[row, point], [row, 2], [row], [row] -> [row, bin]`.
    """
    level = levels(curves, loudspeakers, bins, sample_rate)
    frequency = np.linspace(0, sample_rate / 2, bins, dtype=np.float32)
    tilted = np.flatnonzero(tilts)
    if len(tilted):
        octaves = torch.from_numpy(np.log2(np.maximum(frequency, 20) / np.float32(PIVOT)))
        level[tilted] += torch.from_numpy(tilts[tilted]).float()[:, None] * octaves
    # exp is several times faster than a power of ten.
    gain = level.mul_(math.log(10) / 20).exp_()
    for row in np.flatnonzero(limits < sample_rate / 2):
        edge = limits[row]
        first, last = np.searchsorted(frequency, ((1 - EDGE) * edge, edge))
        slope = torch.linspace(0, math.pi, last - first + 2)[1:-1]
        gain[row, first:last] *= 0.5 + 0.5 * slope.cos()
        gain[row, last:] = 0
    return gain


def is_changed(curves: Floats, loudspeakers: Floats, tilts: Floats, limits: Floats) -> NDArray:
    """Which rows have anything but a gain of 1. Shape: as `gains`, `-> [row]`."""
    bent = (curves != 0).any(-1) | (loudspeakers[:, 0] > 0)
    return bent | (tilts != 0) | np.isfinite(limits)
