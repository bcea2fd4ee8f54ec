"""What joins the noise: wind is low and gusty, babble is many voices."""

import numpy as np
import torch

from soundsieve.data.draws import Draws
from soundsieve.data.effects.babble import VOICES, draw_babble, voices
from soundsieve.data.effects.wind import draw_wind, gusts
from tests.conftest import RATE


def test_wind_is_low_and_comes_in_gusts():
    wind = gusts(np.array([0.3, 0.5, 0.5]), 4 * RATE, RATE)
    power = torch.fft.rfft(wind).abs().square()
    frequency = torch.fft.rfftfreq(len(wind), 1 / RATE)
    assert power[frequency < 300].sum() > 0.9 * power.sum()
    assert torch.isclose(wind.square().mean(), torch.tensor(1.0), rtol=1e-4)
    level = wind.unflatten(0, (-1, RATE // 4)).square().mean(-1).log10() * 10
    assert level.max() - level.min() > 6


def test_wind_is_the_same_for_the_same_numbers_and_another_for_others():
    one = gusts(np.array([0.3, 0.5, 0.5]), RATE, RATE)
    assert torch.equal(one, gusts(np.array([0.3, 0.5, 0.5]), RATE, RATE))
    assert not torch.allclose(one, gusts(np.array([0.31, 0.5, 0.5]), RATE, RATE), atol=0.1)


def test_babble_holds_several_talkers_of_the_split_at_one_level(pools):
    pool = pools("speech,noise")
    luck = np.random.default_rng(0).uniform(size=(6, 2))
    sound = voices(pool, "speech", "train", luck, RATE)
    assert torch.isclose(sound.square().mean(), torch.tensor(1.0), rtol=1e-4)
    power = torch.fft.rfft(sound * torch.hann_window(RATE)).abs().square()
    allowed = torch.zeros(len(power), dtype=torch.bool)
    for entry in pool.entries["speech", "train"]:
        talker, take = "abcd".index(entry.group[-1]), int(entry.source.path.stem[-1])
        middle = 200 + 40 * talker + take
        allowed[middle - 12 : middle + 13] = True
    assert power[allowed].sum() > 0.98 * power.sum()


def test_wind_and_babble_come_as_often_as_asked():
    draws = Draws(0, range(2000))
    count, _, luck = draw_babble(draws, 0.2)
    assert 0.17 < (count > 0).mean() < 0.23
    assert set(np.unique(count)) == {0, *range(VOICES[0], VOICES[1] + 1)}
    assert luck.shape == (2000, VOICES[1], 2)
    on, level, _ = draw_wind(draws, 0.1)
    assert 0.08 < on.mean() < 0.12 and level.min() >= -5
