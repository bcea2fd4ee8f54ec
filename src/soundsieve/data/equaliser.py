"""Linear filters on sources: a random gentle equaliser, and the small loudspeaker of a prompt."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.data.draws import Draws

POINTS = 6
"""Points of the curve, evenly spaced on a logarithmic axis of frequency over five octaves."""
SLOPE = 24.0
"""Decibels an octave outside the band of a small loudspeaker."""


def draw_curves(draws: Draws, stems: int, odds: float, reach: float) -> NDArray[np.float64]:
    """Gains in dB at each point of each stem's curve, 0 where no equaliser is drawn.

    Shape: `[scene, stem, point]`.
    """
    curves = draws.uniform("eq", stems * POINTS, -reach, reach).reshape(len(draws), stems, POINTS)
    return curves * draws.chance("eq/on", odds, stems)[..., None]


def draw_loudspeakers(draws: Draws, odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The edges in Hz of the loudspeaker that each stem comes through; 0 and infinity for none.

    Shape: `odds [stem] -> [scene, stem, 2]`.
    """
    low = draws.uniform("loudspeaker/low", len(odds), 150, 600)
    high = draws.uniform("loudspeaker/high", len(odds), 3000, 8000)
    through = draws.uniform("loudspeaker/on", len(odds)) < odds
    return np.stack([np.where(through, low, 0), np.where(through, high, np.inf)], -1)


def equalise(
    stems: Tensor, curves: NDArray[np.float64], bands: NDArray[np.float64], sample_rate: int
) -> Tensor:
    """The stems through linear-phase filters with these curves and bands.

    Shape: `[batch, stem, time], [batch, stem, point], [batch, stem, 2] -> [batch, stem, time]`.
    """
    frames = stems.shape[-1]
    level = torch.from_numpy(curves).float() @ _interpolation(frames // 2 + 1)
    limited = np.argwhere(bands[..., 0] > 0)
    if len(limited):
        frequency = np.maximum(np.fft.rfftfreq(frames, 1 / sample_rate), 1)
        low, high = bands[tuple(limited.T)].T[..., None]
        outside = np.maximum(np.log2(low / frequency), 0) + np.maximum(np.log2(frequency / high), 0)
        level[tuple(limited.T)] -= torch.from_numpy(SLOPE * outside).float()
    # exp is several times faster than a power of ten.
    gain = level.mul_(math.log(10) / 20).exp_().to(stems.device)
    spectra = torch.view_as_real(torch.fft.rfft(stems))
    spectra *= gain[..., None]
    return torch.fft.irfft(torch.view_as_complex(spectra), frames)


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
