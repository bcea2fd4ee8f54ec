"""Clipping of a mixture, hard or soft."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.data.draws import Draws, Floats

THRESHOLD = (-15.0, -2.0)
"""Decibels of the threshold over the peak."""


def draw_clipping(draws: Draws, odds: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Each scene's threshold over its peak in dB (0 for no clipping), and whether it is soft.

    Shape: `[scene], [scene]`.
    """
    on = draws.chance("clip/on", odds)[:, 0]
    threshold = draws.uniform("clip/threshold", 1, *THRESHOLD)[:, 0]
    return np.where(on, threshold, 0.0), draws.chance("clip/soft", 0.5)[:, 0]


def clip(mixture: Tensor, threshold: Floats, soft: NDArray[np.bool_]) -> Tensor:
    """No sample past the threshold; softly, with a bend before it.

    Shape: `[scene, channel, time], [scene], [scene] -> [scene, channel, time]`.
    """
    ratio = torch.from_numpy(10 ** (threshold / 20)).to(mixture)[:, None, None]
    most = mixture.abs().amax((1, 2), keepdim=True).clamp_min(1e-9) * ratio
    clipped = torch.minimum(torch.maximum(mixture, -most), most)
    for scene in np.flatnonzero(soft & (threshold != 0)):
        clipped[scene] = most[scene] * torch.tanh(mixture[scene] / most[scene])
    return clipped
