"""Formants: resonances move, the pitch stays, silence stays silent and the level as it was."""

import numpy as np
import pytest
import torch

from soundsieve.data.draws import Draws
from soundsieve.data.effects.formant import draw_formants, move_formants
from soundsieve.data.effects.speed import longest, play
from soundsieve.recipe import Effects
from tests.conftest import RATE

PITCH = 125
PARTIALS = PITCH * torch.arange(1, 60)


def voice(resonance, seconds=1.0):
    """A vowel of one resonance. Shape: `[1, 1, time]`."""
    time = torch.arange(round(seconds * RATE)) / RATE
    strength = 1 / (1 + ((PARTIALS - resonance) / 250) ** 2) + 0.003
    phases = torch.rand(len(PARTIALS), 1, generator=torch.Generator().manual_seed(0)) * 6.3
    tones = torch.cos(2 * np.pi * PARTIALS[:, None] * time + phases)
    return (0.02 * strength[:, None] * tones).sum(0)[None, None]


def spectrum(audio):
    return torch.fft.rfft(audio[0, 0] * torch.hann_window(audio.shape[-1])).abs()


def resonance_of(audio):
    """The middle of the power around the strongest partials, in Hz."""
    power = spectrum(audio)[PARTIALS].square()
    power = power * (power > 0.05 * power.max())
    return float((power * PARTIALS).sum() / power.sum())


@pytest.mark.parametrize("factor", [0.8, 0.9, 1.15, 1.3])
def test_a_resonance_moves_and_the_pitch_stays(factor):
    moved = move_formants(voice(1500), np.array([factor]), RATE)
    assert resonance_of(moved) == pytest.approx(1500 * factor, rel=0.05)
    between = spectrum(moved)[PARTIALS + PITCH // 2]
    assert between.max() < 0.01 * spectrum(moved)[PARTIALS].max()


def test_speed_and_formants_against_each_other_move_the_pitch_alone():
    sound = voice(1500, 1.2)
    length = longest(RATE, 0.1)
    higher = play(sound, np.array([length]), RATE)
    assert resonance_of(voice(1500)) == pytest.approx(1500, rel=0.02)
    same = move_formants(higher, np.array([RATE / length]), RATE)
    power = spectrum(same).square()
    partials = (PITCH * length / RATE * torch.arange(1, 50)).round().long()
    heard = power[partials] * (power[partials] > 0.05 * power[partials].max())
    assert (heard * partials).sum() / heard.sum() == pytest.approx(1500, rel=0.05)
    assert power[partials].sum() > 0.3 * power.sum()  # the rest is in the neighbouring bins


def test_silence_stays_silent_and_the_level_as_it_was():
    sound = torch.cat([voice(800), torch.zeros(1, 1, RATE), 0.001 * voice(2000)], -1)
    moved = move_formants(torch.cat([sound, 0 * sound]), np.array([1.2, 0.8]), RATE)
    assert torch.isfinite(moved).all() and moved.shape == (2, 1, 3 * RATE)
    assert not moved[1].any()
    assert moved[0, 0, RATE + 600 : 2 * RATE - 600].abs().max() < 1e-7
    assert torch.allclose(moved[0].square().mean(), sound.square().mean(), rtol=1e-4)


def test_a_factor_of_one_changes_nothing():
    sound = torch.randn(2, 2, 10001, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(move_formants(sound, np.ones(2), RATE), sound, atol=1e-5)


def test_factors_stay_in_their_range_and_change_as_often_as_asked():
    factor = draw_formants(Draws(0, range(400)), 4, 0.3, 0.15)
    changed = factor[factor != 1]
    assert 0.25 < len(changed) / factor.size < 0.35
    assert changed.min() >= 0.85 and changed.max() <= 1.15


def test_voices_get_other_formants_and_nothing_else_does(mixers):
    everything = {"speech": 1.0, "music": 1.0, "noise": 1.0, "prompts": 1.0}
    settings = {"presence": everything, "eq": 0.0}
    still = {"speech": 0, "prompts": 0}
    plain, moved = (
        mixers(**settings, effects=Effects(formant=odds, loudspeaker=still)).scenes(range(4))
        for odds in (0.0, 1.0)
    )
    voices = [stem in ("speech", "prompts") for stem in plain.scope]
    assert (moved.draws["formant"][:, voices] != 1).all()
    assert (moved.draws["formant"][:, np.logical_not(voices)] == 1).all()
    alike = torch.nn.functional.cosine_similarity(plain.stems, moved.stems, -1).abs()[..., 0]
    assert alike[:, torch.tensor(voices)].min() < 0.95
    others = alike[:, ~torch.tensor(voices)][plain.stems[:, ~torch.tensor(voices), 0].any(-1)]
    assert (others > 0.9999).all()
