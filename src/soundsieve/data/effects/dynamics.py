"""Gain over time, the same for all stems: steps inside a scene, and a limiter."""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate, max_pool1d

from soundsieve.data.draws import Draws, Floats

STEPS = 3
"""Steps of a scene, at most."""
FRAME = 0.005
"""Seconds between two points of the gain; a step takes that long."""
THRESHOLD = (-12.0, -2.0)
"""Decibels of a limiter's threshold over the peak."""
RELEASE = (20.0, 150.0)
"""Decibels a second by which a limiter lets go."""
ATTACK = 1500.0
"""Decibels a second by which it takes hold, ahead of the peak."""
NEPER = 20 / math.log(10)
"""Decibels of a factor of e."""


def draw_steps(draws: Draws, odds: float, reach: float) -> tuple[Floats, Floats]:
    """When the gain of each scene steps, as a part of it, and by how many dB (0 for not).

    Shape: `[scene, step], [scene, step]`.
    """
    size = draws.uniform("step/size", STEPS, -reach, reach)
    at = draws.uniform("step/at", STEPS)
    count = draws.uniform("step/count", 1, 1, STEPS + 1).astype(int)
    on = draws.chance("step/on", odds) & (np.arange(STEPS) < count)
    return at, np.where(on, size, 0.0)


def draw_limiters(draws: Draws, odds: float) -> tuple[Floats, Floats]:
    """Each limiter's threshold over the peak in dB (0 for none), its release in dB a second.

    Shape: `[scene], [scene]`.
    """
    on = draws.chance("limiter/on", odds)[:, 0]
    threshold = draws.uniform("limiter/threshold", 1, *THRESHOLD)[:, 0]
    return np.where(on, threshold, 0.0), draws.uniform("limiter/release", 1, *RELEASE)[:, 0]


def stepped(at: Floats, size: Floats, frames: int, sample_rate: int) -> Tensor:
    """The gain of steps, at most 1, so that nothing goes past full scale.

    Shape: `[scene, step], [scene, step] -> [scene, time]`.
    """
    points = frames // round(FRAME * sample_rate) + 1
    time = np.linspace(0, 1, points)
    level = (size[..., None] * (time >= at[..., None])).sum(1)
    level -= np.maximum(level.max(1, keepdims=True), 0)
    return _smooth(torch.from_numpy(level).float(), frames)


def limited(mixture: Tensor, threshold: Floats, release: Floats, sample_rate: int) -> Tensor:
    """The gain that keeps a mixture under a threshold below its own peak.

    In dB it rises by no more than the release and falls by no more than the attack: a running
    minimum in either direction of the need less a slope, exactly and without a loop.

    Shape: `[scene, channel, time], [scene], [scene] -> [scene, time]`.
    """
    size = round(FRAME * sample_rate)
    peaks = max_pool1d(mixture.abs().amax(1), size, ceil_mode=True)
    level = NEPER * peaks.clamp_min(1e-9).log()
    most = level.amax(-1, keepdim=True) + _column(threshold, level)
    need = (most - level).clamp_max(0)
    # Between the middles of frames the gain goes straight: it must be low enough in both of them.
    need = -max_pool1d(-need, 3, 1, 1)
    index = torch.arange(need.shape[-1], device=need.device)
    rise = _column(release, need) * FRAME * index
    need = (need - rise).cummin(-1).values + rise
    fall = ATTACK * FRAME * index
    need = (need.flip(-1) - fall).cummin(-1).values.add(fall).flip(-1)
    return _smooth(need, mixture.shape[-1])


def _column(values: Floats, like: Tensor) -> Tensor:
    return torch.from_numpy(values).to(like)[:, None]


def _smooth(level: Tensor, frames: int) -> Tensor:
    """Decibels at points to a gain at every sample. Shape: `[scene, point] -> [scene, time]`."""
    gain = (level / NEPER).exp()[:, None]
    return interpolate(gain, frames, mode="linear", align_corners=False)[:, 0]
