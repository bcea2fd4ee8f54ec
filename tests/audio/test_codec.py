"""A codec round trip: in place, as long, and not quite the same."""

import pytest
import torch

from soundsieve.audio.codec import KINDS, codec_round_trip


def voice(rate, seconds=1.0):
    """A sound with overtones that swells."""
    time = torch.arange(round(rate * seconds)) / rate
    tones = sum(torch.sin(2 * torch.pi * 150 * n * time) / n for n in range(1, 20))
    return (0.1 * tones * (1.2 + torch.sin(2 * torch.pi * 3 * time)))[None]


def left(audio, coded):
    """How far what the codec adds is under the sound, in dB."""
    return 10 * torch.log10(audio.square().sum() / (coded - audio).square().sum()).item()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate", [16000, 44100])
def test_the_sound_comes_back_in_its_place_worse_for_less_quality(kind, rate):
    audio = voice(rate)
    good, bad = (codec_round_trip(audio, rate, kind, quality) for quality in (1.0, 0.0))
    assert good.shape == bad.shape == audio.shape
    assert left(audio, good) > 12 and left(audio, good) > left(audio, bad)
    middle = slice(rate // 4, rate // 2)
    lags = [
        (audio[:, middle] * good.roll(lag, -1)[:, middle]).sum().item() for lag in range(-9, 10)
    ]
    assert lags.index(max(lags)) == 9


@pytest.mark.parametrize("quality", [0.7, 0.1])
@pytest.mark.parametrize("rate", [32000, 44100, 48000])
def test_opus_is_as_good_as_its_place_allows_at_high_rates(rate, quality):
    noise = torch.randn(1, 2 * rate, generator=torch.Generator().manual_seed(0))
    hertz = torch.fft.rfftfreq(2 * rate, 1 / rate)
    audio = torch.fft.irfft(torch.fft.rfft(noise) / (1 + (hertz / 600) ** 2))
    coded = codec_round_trip(audio, rate, "opus", quality)
    others = [left(audio, coded.roll(lag, -1)) for lag in (-2, -1, 1, 2)]
    assert left(audio, coded) > max(others)


@pytest.mark.parametrize("kind", KINDS)
def test_silence_and_stereo_come_back(kind):
    assert codec_round_trip(torch.zeros(1, 8000), 16000, kind, 0.5).abs().max() < 1e-3
    assert codec_round_trip(voice(16000).expand(2, -1), 16000, kind, 0.5).shape == (2, 16000)


def test_a_quality_beyond_the_scale_is_refused():
    with pytest.raises(ValueError, match="0 to 1"):
        codec_round_trip(torch.zeros(1, 10), 16000, "opus", 1.5)
