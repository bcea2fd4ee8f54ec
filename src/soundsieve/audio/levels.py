"""Levels in decibels, and the level of the parts of a sound that are there."""

import torch
from torch import Tensor

ACTIVE_FRAME = 0.02
"""Seconds of one frame of the active level."""
ACTIVE_RANGE = 40.0
"""Decibels under its loudest frame at which a sound still counts as active."""
SILENCE = 1e-10
"""Mean power under which a signal is silent, -100 dBFS."""


def to_gain(level: Tensor) -> Tensor:
    """Decibels to a linear gain.

    >>> round(to_gain(torch.tensor(-20.0)).item(), 3)
    0.1
    """
    return 10.0 ** (level / 20)


def to_level(power: Tensor, floor: float = 1e-20) -> Tensor:
    """Mean power to decibels.

    >>> round(to_level(torch.tensor(0.01)).item(), 3)
    -20.0
    """
    return 10 * power.clamp_min(floor).log10()


def active_power(audio: Tensor, sample_rate: int) -> Tensor:
    """Mean power over the active frames: those within 40 dB of the loudest, 20 ms each.

    A sentence with pauses has the level of its words, so that an SNR means the same for speech as
    for a fan. Exactly 0 for silence.

    Shape: `[..., channel, time] -> [...]`.

    >>> tone = 0.1 * torch.sin(torch.arange(16000.0))[None]
    >>> half = torch.cat([tone, torch.zeros(1, 16000)], 1)
    >>> bool(torch.isclose(active_power(half, 16000), active_power(tone, 16000), rtol=0.01))
    True
    """
    size = min(max(int(ACTIVE_FRAME * sample_rate), 1), audio.shape[-1])
    count = audio.shape[-1] // size
    frames = audio[..., : count * size].unflatten(-1, (count, size))
    power = torch.linalg.vector_norm(frames, dim=(-3, -1)).square() / (audio.shape[-2] * size)
    loudest = power.amax(-1, keepdim=True)
    active = (power > loudest * 10 ** (-ACTIVE_RANGE / 10)).float()
    return (power * active).sum(-1) / active.sum(-1).clamp_min(1)
