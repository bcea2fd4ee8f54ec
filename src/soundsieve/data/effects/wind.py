"""Wind on a microphone: turbulence under a few hundred hertz that comes in bursts."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.data.draws import Draws, Floats

LEVEL = (-5.0, 15.0)
"""Decibels of the wind over the noise that it joins."""
CORNER = (30.0, 200.0)
"""Hz above which turbulence falls off."""
HIGHEST = 1500.0
"""Hz up to which there is any."""
GUSTS = 3.0
"""Bursts a second, about."""


def draw_wind(draws: Draws, odds: float) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Whether there is wind, its level over the noise in dB, and what else makes it.

    Shape: `[scene], [scene], [scene, 3]`.
    """
    level = draws.uniform("wind/level", 1, *LEVEL)[:, 0]
    return draws.chance("wind/on", odds)[:, 0], level, draws.uniform("wind", 3)


def gusts(luck: Floats, frames: int, sample_rate: int) -> Tensor:
    """Wind of unit mean power.

    Spectrum flat up to a corner, then falling by the -5/3 law of turbulence and more (Nelke & Vary,
    "Measurement, analysis and simulation of wind noise signals", IWAENC 2014).

    Shape: `[3] -> [time]`.
    """
    rng = np.random.default_rng(int(luck[0] * 2**53))
    corner = CORNER[0] * (CORNER[1] / CORNER[0]) ** luck[1]
    frequency = np.fft.rfftfreq(frames, 1 / sample_rate)
    bins = int(np.searchsorted(frequency, min(HIGHEST, 0.45 * sample_rate)))
    shape = (1 + (frequency[:bins] / corner) ** 2) ** -0.9 * (frequency[:bins] > 10)
    spectrum = np.zeros(len(frequency), np.complex64)
    spectrum[:bins] = shape * (rng.standard_normal(bins) + 1j * rng.standard_normal(bins))
    wind = torch.fft.irfft(torch.from_numpy(spectrum), frames)
    points = max(round(GUSTS * frames / sample_rate), 2) + 2
    strength = np.exp((0.4 + luck[2]) * rng.standard_normal(points)).astype(np.float32)
    envelope = torch.nn.functional.interpolate(
        torch.from_numpy(strength)[None, None], frames, mode="linear", align_corners=True
    )[0, 0]
    wind = wind * envelope
    return wind * wind.square().mean().rsqrt()
