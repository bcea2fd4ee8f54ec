"""The stereo image of music: channels that change places, sides made wider or narrower."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.data.draws import Draws, Floats

WIDTH = (0.0, 1.6)
"""Gain of the sides: 0 is mono."""


def draw_images(draws: Draws, swap: float, width: float) -> tuple[NDArray[np.bool_], Floats]:
    """Whether the channels of each scene's music change places, and the gain of its sides.

    Shape: `[scene], [scene]`.
    """
    sides = draws.uniform("width", 1, *WIDTH)[:, 0]
    on = draws.chance("width/on", width)[:, 0]
    return draws.chance("swap", swap)[:, 0], np.where(on, sides, 1.0)


def image(audio: Tensor, swap: NDArray[np.bool_], width: Floats) -> Tensor:
    """Rows of two channels with these images; their sum, the middle, stays as it is.

    Shape: `[row, 2, time], [row], [row] -> [row, 2, time]`.
    """
    middle = audio.mean(1, keepdim=True)
    sides = torch.from_numpy(np.where(swap, -width, width)).to(audio)[:, None, None]
    return middle + (audio - middle) * sides
