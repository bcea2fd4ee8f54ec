"""Spectra block by block: the same as all at once, and back to the same sound."""

import pytest
import torch

from soundsieve.audio.stft import Stft
from tests.conftest import hiss, tone


@pytest.mark.parametrize(("n_fft", "hop"), [(512, 256), (512, 128), (960, 240)])
def test_spectra_come_back_as_the_same_sound_later(n_fft, hop):
    stft = Stft(n_fft, hop)
    audio = hiss(0, 1)[:, : 40 * hop]
    real, imag, _ = stft.analyse(audio, stft.past(1))
    again, _ = stft.synthesise(real, imag, stft.past(1))
    assert again.shape == audio.shape
    assert torch.allclose(again[:, stft.delay :], audio[:, : -stft.delay], atol=1e-5)


def test_blocks_give_the_spectra_and_the_sound_of_the_whole():
    stft = Stft(512, 128)
    audio = torch.cat([hiss(1, 1), tone(440, 1)])[:, : 30 * 128]
    whole_real, whole_imag, _ = stft.analyse(audio, stft.past(2))
    whole, whole_rest = stft.synthesise(whole_real, whole_imag, stft.past(2))
    past, rest, parts, sounds = stft.past(2), stft.past(2), [], []
    for block in audio.split([128, 5 * 128, 128, 23 * 128], 1):
        real, imag, past = stft.analyse(block, past)
        sound, rest = stft.synthesise(real, imag, rest)
        parts.append(real)
        sounds.append(sound)
    assert torch.allclose(torch.cat(parts), whole_real, atol=1e-5)
    assert torch.allclose(torch.cat(sounds, 1), whole, atol=1e-6)
    assert torch.allclose(rest, whole_rest, atol=1e-6)


def test_a_tone_stands_in_its_bin():
    stft = Stft(512, 256)
    real, imag, _ = stft.analyse(tone(1000, 1)[:, : 60 * 256], stft.past(1))
    power = real.square() + imag.square()
    assert power[10:, 0].mean(0).argmax() == 32  # 1000 Hz in steps of 31.25 Hz
    assert stft.bins == power.shape[-1] == 257


@pytest.mark.parametrize(("n_fft", "hop"), [(512, 300), (512, 512)])
def test_a_hop_that_does_not_overlap_evenly_is_refused(n_fft, hop):
    with pytest.raises(ValueError, match="multiple of hop"):
        Stft(n_fft, hop)
