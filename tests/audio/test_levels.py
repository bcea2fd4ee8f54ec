"""Levels: decibels there and back, and pauses that do not count."""

import pytest
import torch

from soundsieve.audio.levels import active_power, to_gain, to_level
from tests.conftest import hiss, tone


@pytest.mark.parametrize("level", [-60.0, -6.0, 0.0, 12.0])
def test_a_gain_in_decibels_moves_the_level_by_as_much(level):
    noise = hiss(0, 1)
    before = to_level(noise.square().mean())
    after = to_level((to_gain(torch.tensor(level)) * noise).square().mean())
    assert (after - before).item() == pytest.approx(level, abs=1e-3)


def test_pauses_do_not_lower_the_active_level():
    noise = hiss(1, 1)
    paused = torch.cat([noise, torch.zeros(1, 48000)], 1)
    assert active_power(paused, 16000) == pytest.approx(active_power(noise, 16000).item(), rel=1e-3)


def test_what_is_forty_decibels_under_the_loudest_does_not_count():
    loud, quiet = hiss(2, 1, -20), hiss(3, 1, -65)
    both = torch.cat([loud, quiet], 1)
    assert active_power(both, 16000) == pytest.approx(active_power(loud, 16000).item(), rel=0.01)


def test_silence_has_no_power_and_a_level_all_the_same():
    power = active_power(torch.zeros(3, 2, 16000), 16000)
    assert torch.equal(power, torch.zeros(3))
    assert torch.isfinite(to_level(power)).all()


def test_channels_count_together():
    left = tone(440, 1)
    one_side = torch.cat([left, torch.zeros_like(left)])
    mono, stereo = active_power(left, 16000), active_power(one_side, 16000)
    assert (stereo / mono).item() == pytest.approx(0.5, rel=1e-4)


def test_a_sound_shorter_than_a_frame_has_a_level():
    assert active_power(torch.full((1, 7), 0.1), 16000).item() == pytest.approx(0.01, rel=1e-4)
