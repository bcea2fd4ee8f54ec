"""The band above a 16 kHz model goes with the model's top octave."""

import pytest
import torch

from soundsieve.inference.separate import separate_audio
from soundsieve.inference.treble import Treble
from soundsieve.target import parse


def band(low: float, high: float, sample_rate: int, seconds: float = 1.0) -> torch.Tensor:
    """Noise between two frequencies, with an RMS of 0.1."""
    time = round(sample_rate * seconds)
    spectrum = torch.fft.rfft(torch.randn(time, generator=torch.Generator().manual_seed(int(low))))
    frequency = torch.fft.rfftfreq(time, 1 / sample_rate)
    audio = torch.fft.irfft(spectrum * ((frequency >= low) & (frequency < high)), time)
    return (0.1 * audio / audio.square().mean().sqrt())[None]


def treble_level(audio: torch.Tensor, sample_rate: int, above: float = 8000) -> float:
    spectrum = torch.fft.rfft(audio[..., sample_rate // 10 :])
    frequency = torch.fft.rfftfreq(audio.shape[-1] - sample_rate // 10, 1 / sample_rate)
    return float(10 * spectrum[..., frequency > above].abs().square().sum().log10())


@pytest.mark.parametrize("sample_rate", [44100, 48000, 96000])
def test_what_is_kept_keeps_its_treble(keep_all, sample_rate):
    audio = band(100, 20000, sample_rate)
    kept = separate_audio(keep_all, audio, sample_rate, parse("speech+music"))[0]
    difference = treble_level(kept, sample_rate) - treble_level(audio, sample_rate)
    assert abs(difference) < 0.1


def test_what_is_removed_leaves_no_hiss(halves):
    audio = band(3000, 20000, 48000)  # all of it belongs to the upper output
    low = separate_audio(halves, audio, 48000, parse("speech"))[0]
    assert treble_level(low, 48000) < treble_level(audio, 48000) - 30


def test_treble_follows_the_whole_band_where_the_top_octave_is_silent(halves):
    audio = band(100, 1500, 48000) + 0.1 * band(10000, 15000, 48000)  # a low voice with its breath
    low = separate_audio(halves, audio, 48000, parse("speech"))[0]
    assert abs(treble_level(low, 48000) - treble_level(audio, 48000)) < 1


def test_a_lowered_stem_has_its_treble_lowered_as_much(halves):
    audio = band(3000, 20000, 48000)
    lowered = separate_audio(halves, audio, 48000, parse("speech+noise@-12"))[0]
    assert abs(treble_level(lowered, 48000) - treble_level(audio, 48000) + 12) < 0.1


def test_gains_follow_an_onset_within_a_frame():
    treble = Treble(16000, 256, 4000, [[1.0, 0.0]], 1)
    mixture = band(4500, 7500, 16000)
    estimates = mixture[None].clone()
    estimates[..., :8192] *= 0
    mixture[..., :8192] *= 0.03
    treble.push(estimates, mixture)
    gains = treble.gains(0, 15000, 16000)
    assert gains[:, :8000].max() < 0.01
    assert gains[:, 8192 + 512 :].min() > 0.95


def test_outputs_that_sum_to_the_mixture_have_gains_that_sum_to_one():
    treble = Treble(16000, 256, 4000, [[1.0, 0.0], [0.0, 1.0]], 1)
    mixture = band(100, 8000, 16000)
    first = mixture * torch.rand(mixture.shape, generator=torch.Generator().manual_seed(0))
    treble.push(torch.stack([first, mixture - first]), mixture)
    assert (treble.gains(0, 15000, 16000).sum(0) - 1).abs().max() < 1e-4


def test_a_model_in_doubt_costs_little_treble():
    treble = Treble(16000, 256, 4000, [[1.0, 0.0]], 1)
    mixture = band(4500, 7500, 16000)
    treble.push((0.75 * mixture)[None], mixture)  # 2.5 dB down
    assert treble.gains(0, 15000, 16000).min() > 0.89  # 1 dB
