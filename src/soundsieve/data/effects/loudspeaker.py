"""The mild distortion of a small loudspeaker that plays loud."""

import numpy as np
import torch
from torch import Tensor

from soundsieve.data.draws import Draws, Floats

DRIVE = (0.5, 2.5)
"""How far the signal's peak is driven into the bend; at 1 a tone has 7 % of its third harmonic."""
BIAS = 0.3
"""Largest offset, which gives even harmonics."""


def draw_distortions(draws: Draws, stems: int, odds: float) -> tuple[Floats, Floats]:
    """The drive of each stem's loudspeaker, 0 where it is clean, and its bias.

    Shape: `[scene, stem], [scene, stem]`.
    """
    drive = draws.uniform("distortion/drive", stems, *DRIVE)
    bias = draws.uniform("distortion/bias", stems, 0, BIAS)
    return np.where(draws.chance("distortion/on", odds, stems), drive, 0.0), bias


def distort(audio: Tensor, drive: Floats, bias: Floats) -> Tensor:
    """Rows bent by a hyperbolic tangent, small signals unchanged in level.

    Shape: `[row, channel, time], [row], [row] -> [row, channel, time]`.
    """
    scale = torch.from_numpy(drive).float().to(audio.device)[:, None, None]
    offset = torch.from_numpy(bias).float().to(audio.device)[:, None, None]
    scale = scale / audio.abs().amax((1, 2), keepdim=True).clamp_min(1e-6)
    bent = torch.tanh(audio * scale + offset) - torch.tanh(offset)
    return bent / scale / (1 - torch.tanh(offset).square())
