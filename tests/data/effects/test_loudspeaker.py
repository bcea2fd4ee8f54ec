"""Small loudspeakers: mild distortion, and music turned down under a prompt."""

import numpy as np
import torch

from soundsieve.data.draws import Draws
from soundsieve.data.effects.ducking import draw_ducking, ducking
from soundsieve.data.effects.loudspeaker import DRIVE, distort, draw_distortions
from soundsieve.law import Law
from tests.conftest import RATE


def harmonics(audio):
    """Level of the second and third harmonic of a tone of 500 Hz, in dB under the tone."""
    power = torch.fft.rfft(audio).abs()
    return [20 * torch.log10(power[500 * n] / power[500]).item() for n in (2, 3)]


def test_a_loudspeaker_driven_hard_adds_harmonics_mildly():
    tone = 0.2 * torch.sin(2 * np.pi * 500 * torch.arange(RATE) / RATE).expand(3, 1, -1)
    out = distort(tone, np.array([DRIVE[0], DRIVE[1], 1.0]), np.array([0.0, 0.0, 0.3]))
    gentle, hard, biased = (harmonics(row[0]) for row in out)
    assert gentle[1] < -30 and -25 < hard[1] < -12
    assert hard[0] < -80 and -35 < biased[0] < -10
    assert torch.isfinite(distort(torch.zeros(1, 1, 100), np.ones(1), np.zeros(1))).all()


def test_distortion_does_not_depend_on_the_level():
    tone = torch.sin(2 * np.pi * 500 * torch.arange(RATE) / RATE)[None, None]
    drive, bias = np.array([2.0]), np.array([0.1])
    assert torch.allclose(distort(0.01 * tone, drive, bias), 0.01 * distort(tone, drive, bias))


def test_music_is_down_by_the_depth_under_the_prompt_and_back_after_it():
    prompt = torch.zeros(1, 4 * RATE)
    prompt[:, RATE : 2 * RATE] = 0.3 * torch.randn(RATE, generator=torch.Generator().manual_seed(0))
    gain = 20 * torch.log10(ducking(prompt, 12.0, 0.2, RATE))
    assert torch.allclose(gain[RATE : 2 * RATE], torch.tensor(-12.0), atol=0.2)
    assert gain[: RATE // 3].abs().max() < 1e-3 and gain[3 * RATE :].abs().max() < 1e-3
    assert gain.diff().abs().max() < 0.05  # no click


def test_ducking_and_distortion_come_as_often_as_asked():
    draws = Draws(0, range(1000))
    depth, _ = draw_ducking(draws, 0.4, Law.uniform(6, 20))
    assert 0.36 < (depth > 0).mean() < 0.44
    assert depth[depth > 0].min() >= 6 and depth.max() <= 20
    assert draw_ducking(draws, 1.0, Law.normal(6, 6))[0].min() == 0  # never up
    drive, _ = draw_distortions(draws, 2, 0.3)
    assert 0.27 < (drive > 0).mean() < 0.33
