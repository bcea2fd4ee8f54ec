"""The removal of a new sound, and the damage to old ones, are what they are called."""

from dataclasses import replace

import pytest
import torch

from soundsieve.errors import UserError
from soundsieve.evaluation.before_after import Bench, Watched, compare, outcome_lines
from soundsieve.evaluation.new_sound import NEW, Part, ideal, measure, remixed
from soundsieve.evaluation.removal import named
from soundsieve.models.separator import Separator
from tests.conftest import RATE, hiss, tone

REMIX = (1.0, 0.0, 0.0)
"""What is kept is the first output."""


class Gains(Separator):
    """Knows the stems by heart: a low tone and a hiss; gives each at some gains."""

    def __init__(self, kept: float, leak: float):
        super().__init__(
            ("speech", "noise"), ((1.0, 0.0), (0.0, 1.0)), ("speech", "noise"), RATE, 1, 0
        )
        self.kept, self.leak = kept, leak

    def forward(self, mixture):
        spectrum = torch.fft.rfft(mixture)
        low = torch.fft.irfft(spectrum * (torch.arange(spectrum.shape[-1]) < 1000))
        rest = mixture - low
        return torch.stack([self.kept * low + self.leak * rest, (1 - self.leak) * rest], 1)


@pytest.fixture
def parts():
    speech = tone(300, 1.0)[None]
    spectrum = torch.fft.rfft(hiss(0, 1.0)[None])
    noise = torch.fft.irfft(spectrum * (torch.arange(spectrum.shape[-1]) >= 1000))
    none = torch.zeros_like(speech)
    new, both = Part(NEW, none, noise, True), Part("both", speech, noise, True)
    return [new, both, Part("alone", speech, none)]


def test_attenuation_ratio_and_level_are_those_of_the_model(parts):
    found = measure(remixed(Gains(0.5, 0.1), REMIX), parts)
    assert found[NEW] == pytest.approx({"attenuation": 20.0}, abs=0.05)
    assert found["both"]["attenuation"] == pytest.approx(20.0, abs=0.1)
    assert found["both"]["level"] == pytest.approx(-6.02, abs=0.05)
    assert found["alone"]["si_sdr"] == 30  # where it is capped
    assert set(found["alone"]) == {"si_sdr", "level"}


def test_an_ideal_mask_keeps_and_removes_more_than_a_model_that_leaks(parts):
    best = measure(ideal("phase-sensitive"), parts)
    model = measure(remixed(Gains(0.9, 0.2), REMIX), parts)
    assert best["both"]["attenuation"] > model["both"]["attenuation"] + 5
    assert best["both"]["si_sdr"] > model["both"]["si_sdr"] + 5
    assert best["alone"] == pytest.approx({"si_sdr": 30, "level": 0.0}, abs=0.01)


def bench_of(parts):
    mixture = parts[1].kept + parts[1].gone
    targets = torch.stack([parts[1].kept, parts[1].gone], 1)
    return Bench(parts, [Watched("starter", mixture, targets)], mixture, REMIX, [0])


def test_a_loss_is_said_with_the_strength_that_is_harmless(parts):
    def at(strength):
        return Gains(1 - 0.2 * strength, 0.1)

    found = compare(Gains(1.0, 0.1), at, 1.0, bench_of(parts))
    assert found["losses"][0]["level"] == pytest.approx(1.94, abs=0.05)
    assert found["offered"] == 0.15  # 0.3 costs 0.54 dB of level
    found |= {"keep": "speech"}
    *_, line = outcome_lines(found)
    assert "1.9 dB more off level" in str(line) and "finetune.strength=0.15" in str(line)


def test_no_loss_offers_nothing(parts):
    found = compare(Gains(1.0, 0.1), lambda _: Gains(1.0, 0.05), 1.0, bench_of(parts))
    assert found["offered"] is None
    assert found["after"][NEW]["attenuation"] > found["before"][NEW]["attenuation"] + 5
    assert found["agreement"] > 15
    *_, line = outcome_lines(found | {"keep": "speech"})
    assert "nothing that is kept lost" in str(line)


def test_what_only_the_table_shows_is_a_loss_too(parts):
    bench = bench_of(parts)
    bench = replace(bench, watched=[])
    found = compare(Gains(1.0, 0.1), lambda strength: Gains(1 - 0.5 * strength, 0.1), 1.0, bench)
    assert [loss["where"] for loss in found["losses"]] == ["alone"]
    *_, line = outcome_lines(found | {"keep": "speech"})
    assert "what is kept, alone: lost 0.0 dB SI-SDR, 6.0 dB more off level" in str(line)


def test_a_level_that_comes_back_is_no_loss(parts):
    found = compare(Gains(0.5, 0.1), lambda _: Gains(1.0, 0.1), 1.0, bench_of(parts))
    assert [loss["level"] for loss in found["losses"]] == pytest.approx([-6.02] * 2, abs=0.05)
    assert found["offered"] is None


@pytest.mark.parametrize("name", ["mixture", "classical/hpss"])
def test_what_removes_no_sound_is_told_apart_from_what_is_not_there(name):
    with pytest.raises(UserError, match=f"{name} cannot be scored on the removal"):
        named(["any", name], "all-noise")
