"""Formants moved up or down under an unchanged pitch: larger and smaller talkers from few.

The envelope of each frame is a short cosine series over frequency, fitted to the logarithm of its
magnitudes (a liftered cepstrum). A series can be read at any frequency, so a warped envelope is the
same series read elsewhere, and the gain from one to the other is two small matrix products. It is
real, so phases stay, and with them the pitch. Together with `speed`, which moves pitch and formants
as one, every pair of the two is reached, a change of pitch alone among them.
"""

import math

import numpy as np
import torch
from torch import Tensor

from soundsieve.audio.stft import Stft
from soundsieve.data.draws import Draws, Floats

FRAME = 0.032
"""Seconds of a frame, about."""
DETAIL = 0.0015
"""Seconds of the longest quefrency: formants are coarser, the harmonics of a voice are finer."""
FLOOR = 1e-3
"""Of the loudest bin of a recording: what lies below is no part of an envelope."""
REACH = 20.0
"""Decibels that a bin is turned up or down, at most."""


def draw_formants(draws: Draws, stems: int, odds: float, reach: float) -> Floats:
    """The factor by which each source's formants move, 1 for not. Shape: `[scene, stem]`."""
    factor = draws.uniform("formant", stems, 1 - reach, 1 + reach)
    return np.where(draws.chance("formant/on", odds, stems), factor, 1.0)


def move_formants(audio: Tensor, factor: Floats, sample_rate: int) -> Tensor:
    """Rows whose spectral envelopes are stretched by these factors, at the power they had.

    Shape: `[row, channel, time], [row] -> [row, channel, time]`.
    """
    channels, time = audio.shape[1:]
    n_fft = 2 ** round(math.log2(FRAME * sample_rate))
    stft = Stft(n_fft, n_fft // 2).to(audio.device)
    sound = torch.nn.functional.pad(audio.flatten(0, 1), (0, stft.hop + -time % stft.hop))
    real, imag, _ = stft.analyse(sound, stft.past(len(sound)))  # [frame, row * channel, bin]
    power = (real.square() + imag.square()).transpose(0, 1)
    floor = FLOOR**2 * power.amax((1, 2), keepdim=True).clamp_min(1e-12)
    fit, change = _series(stft.bins, factor, sample_rate)
    change = change.to(audio).repeat_interleave(channels, 0)
    gain = (torch.maximum(power, floor).log() / 2) @ fit.to(audio) @ change
    limit = REACH * math.log(10) / 20
    gain = gain.clamp_(-limit, limit).exp_().transpose(0, 1)
    moved, _ = stft.synthesise(real * gain, imag * gain, stft.past(len(sound)))
    moved = moved[:, stft.delay :][:, :time].unflatten(0, audio.shape[:2])
    before, after = (x.square().mean((1, 2), keepdim=True) for x in (audio, moved))
    return moved * (before / after.clamp_min(1e-20)).sqrt()


def _series(bins: int, factor: Floats, sample_rate: int) -> tuple[Tensor, Tensor]:
    """From levels to the coefficients of their series, and from these to the change of levels.

    What moves in from above half the sample rate is taken as what is there. The constant of the
    series would change nothing and is left out.

    Shape: `[row] -> [bin, coefficient], [row, coefficient, bin]`.
    """
    order = torch.arange(1, max(round(DETAIL * sample_rate), 2))[:, None]
    angle = torch.linspace(0, math.pi, bins)
    weight = torch.full((bins,), 2 / (bins - 1))
    weight[[0, -1]] /= 2
    here = torch.cos(order * angle)
    read = (angle / torch.from_numpy(factor).float()[:, None]).clamp_max(math.pi)
    return (here * weight).T, torch.cos(order * read[:, None]) - here
