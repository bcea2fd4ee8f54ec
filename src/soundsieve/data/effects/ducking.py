"""Music turned down while a prompt speaks."""

import math

import numpy as np
from torch import Tensor
from torch.nn.functional import avg_pool1d, interpolate, max_pool1d

from soundsieve.data.draws import Draws, Floats
from soundsieve.law import Law

FRAME = 0.01
"""Seconds of one frame of the gain."""
ACTIVE = -35.0
"""Decibels under its loudest frame at which a prompt is still speaking."""
HOLD = 0.35
"""Seconds before and after a prompt for which the music stays down."""
RAMP = (0.05, 0.4)
"""Seconds on the way down and up."""


def draw_ducking(draws: Draws, odds: float, depth: Law) -> tuple[Floats, Floats]:
    """By how many dB music is turned down in each scene (0 for not), and the seconds of its ramps.

    Shape: `[scene], [scene]`.
    """
    on = draws.chance("duck/on", odds)[:, 0]
    return (
        # A bell reaches below 0, where music would be turned up.
        np.where(on, draws.law("duck/depth", depth)[:, 0].clip(min=0), 0.0),
        draws.uniform("duck/ramp", 1, *RAMP)[:, 0],
    )


def ducking(prompt: Tensor, depth: float, ramp: float, sample_rate: int) -> Tensor:
    """The gain of music under a prompt. Shape: `[channel, time] -> [time]`."""
    size = round(FRAME * sample_rate)
    peaks = max_pool1d(prompt.abs().amax(0)[None, None], size, ceil_mode=True)
    active = (peaks > peaks.amax() * 10 ** (ACTIVE / 20)).float()
    held = max_pool1d(active, 2 * round(HOLD / FRAME) + 1, 1, round(HOLD / FRAME))
    width = round(ramp / FRAME / 2)
    smooth = avg_pool1d(held, 2 * width + 1, 1, width, count_include_pad=False)
    gain = (smooth * (-depth * math.log(10) / 20)).exp()
    return interpolate(gain, prompt.shape[-1], mode="linear", align_corners=False)[0, 0]
