"""Tones through the resampler: the pass band stays, the stop band dies, blocks do not matter."""

from math import ceil

import pytest
import torch
from torch import Tensor

from soundsieve.audio.resample import StreamResampler, resample

PAIRS = [
    (44100, 16000),
    (16000, 48000),
    (48000, 16000),
    (8000, 16000),
    (16000, 8000),
    (44101, 16000),
]


def tone(frequency: float, sample_rate: int, seconds: float = 0.5) -> Tensor:
    time = torch.arange(round(sample_rate * seconds), dtype=torch.float64) / sample_rate
    return torch.sin(2 * torch.pi * frequency * time).float()[None]


def rms(audio: Tensor) -> float:
    return float(audio.square().mean().sqrt())


@pytest.mark.parametrize(("from_rate", "to_rate"), PAIRS)
def test_a_tone_in_the_pass_band_stays_itself_and_in_time(from_rate, to_rate):
    frequency = 0.4 * min(from_rate, to_rate)
    came, wanted = (
        resample(tone(frequency, from_rate), from_rate, to_rate),
        tone(frequency, to_rate),
    )
    assert came.shape[1] == ceil(round(from_rate / 2) * to_rate / from_rate)
    inner = slice(to_rate // 20, to_rate // 20 * 9)
    assert (came[:, inner] - wanted[:, inner]).abs().max() < 3e-4


@pytest.mark.parametrize(("from_rate", "to_rate"), [(44100, 16000), (48000, 16000), (16000, 8000)])
def test_a_tone_above_the_new_half_dies(from_rate, to_rate):
    came = resample(tone(to_rate * 0.52, from_rate), from_rate, to_rate)
    inner = came[:, to_rate // 20 : to_rate // 20 * 9]
    assert rms(inner) < 1e-4


@pytest.mark.parametrize(("from_rate", "to_rate"), PAIRS)
def test_blocks_of_any_size_give_the_same_samples(from_rate, to_rate):
    audio = torch.randn(2, 5000, generator=torch.Generator().manual_seed(0))
    whole = resample(audio, from_rate, to_rate)
    stream, parts = StreamResampler(from_rate, to_rate, 2), []
    for block in audio.split([1, 160, 256, 1, 3000, 7, 1575], -1):
        parts.append(stream.push(block))
    assert (torch.cat([*parts, stream.flush()], -1) - whole).abs().max() < 1e-5


@pytest.mark.parametrize(("from_rate", "to_rate"), PAIRS)
def test_an_output_comes_as_soon_as_its_input_is_there(from_rate, to_rate):
    stream, given = StreamResampler(from_rate, to_rate, 1), 0
    for received in range(1, 1200):
        given += stream.push(torch.zeros(1, 1)).shape[1]
        assert given == max(0, stream.ready(received))
        assert stream.needed(given + 1) > received
        assert given == 0 or stream.needed(given) <= received


def test_positions_do_not_drift_in_ten_hours():
    stream = StreamResampler(44100, 16000, 1)
    hours = 10 * 3600
    assert stream.ready(hours * 44100 + stream.lookahead) == hours * 16000


def test_a_constant_stays_itself():
    came = resample(torch.full((1, 8000), 0.25), 11025, 16000)
    assert (came[:, 500:-500] - 0.25).abs().max() < 1e-6


def test_one_sample_gives_what_the_ratio_says():
    assert resample(torch.ones(1, 1), 16000, 48000).shape == (1, 3)
    assert resample(torch.ones(1, 1), 48000, 16000).shape == (1, 1)
    assert resample(torch.ones(1, 0), 48000, 16000).shape == (1, 0)
