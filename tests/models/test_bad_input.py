"""Real networks on bad blocks, silence, clipping, other rates, and what they cannot form."""

import pytest
import torch

from soundsieve.errors import UserError
from soundsieve.export.probe import probe
from soundsieve.inference.api import Model
from soundsieve.metrics import sdr
from soundsieve.models.build import build
from soundsieve.target import parse

SCOPE = ("speech", "music", "noise", "prompts")
RATE = 16000


@pytest.fixture(params=["multihead", "mask"])
def model(request) -> Model:
    torch.manual_seed(0)
    return Model(build(request.param, SCOPE, parse("speech+music"), size="tiny"))


def sound(seconds: float, channels: int = 1) -> torch.Tensor:
    """Voice, chords and hiss. Shape: `[channel, time]`."""
    return probe(SCOPE, 5 * seconds, RATE)[:, : int(seconds * RATE)].sum(0).repeat(channels, 1)


def live(model: Model, audio: torch.Tensor, block: int = 160) -> tuple[torch.Tensor, int]:
    """What a stream gives for blocks, and how many samples it replaced."""
    stream = model.stream("speech+music", RATE, len(audio))
    return torch.cat([stream.push(part) for part in audio.split(block, -1)], -1), stream.replaced


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1e30])
def test_a_stream_recovers_from_a_bad_block_within_a_second_and_says_so(model, bad):
    audio = sound(3)
    broken = audio.clone()
    broken[:, RATE : RATE + 160] = bad
    clean, replaced = live(model, audio)
    assert replaced == 0
    mended, replaced = live(model, broken)
    assert replaced == 160
    assert mended.isfinite().all()
    assert mended.abs().max() < 4
    assert sdr(mended[:, 2 * RATE :], clean[:, 2 * RATE :]) > 25


def test_a_clipped_square_wave_stays_finite_and_in_range(model):
    audio = sound(2).mul(100).clamp(-1, 1)
    kept, _ = live(model, audio)
    assert kept.isfinite().all()
    assert kept.abs().max() < 4


def test_silence_before_and_after_sound_stays_silence(model):
    audio = torch.cat([torch.zeros(1, RATE), sound(1), torch.zeros(1, RATE)], -1)
    kept, _ = live(model, audio)
    assert kept[:, :RATE].abs().max() == 0
    assert kept[:, 2 * RATE + 1024 :].abs().max() == 0


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44100, 2), (48000, 6)])
def test_other_rates_and_channels_keep_length_and_sum(model, rate, channels):
    audio = sound(0.5, channels)
    kept, removed = model.separate(audio, rate, "speech+music", residual=True)
    assert kept.shape == audio.shape
    assert (kept + removed - audio).abs().max() < 1e-5


def test_what_the_outputs_cannot_form_is_refused_with_what_they_have(model):
    with pytest.raises(UserError, match="vocals") as refused:
        model.separate(sound(0.1), RATE, "vocals")
    assert "music" in str(refused.value)
    assert "\n" not in str(refused.value)
