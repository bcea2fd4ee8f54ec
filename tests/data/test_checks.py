"""What is measured on a recording: silence, clipping, the bandwidth it truly has."""

import pytest
import torch

from soundsieve.audio.resample import resample
from soundsieve.data.checks import Gauge
from soundsieve.data.decoding import Decoder
from soundsieve.data.source import Source
from soundsieve.data.twins import same_sound
from tests.conftest import hiss, put, swelling, tone


def gauge(audio, rate=16000, block=5000):
    found = Gauge(rate)
    for part in audio.split(block, 1):
        found.push(part)
    return found


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 192000])
def test_noise_of_full_bandwidth_has_it_all(rate):
    assert gauge(hiss(0, 2.0), rate).bandwidth == pytest.approx(rate / 2, rel=0.02)


@pytest.mark.parametrize("low", [8000, 16000, 22050])
def test_a_file_that_was_made_at_a_lower_rate_gives_itself_away(low):
    wide = resample(hiss(1, 2.0), low, 48000)
    assert gauge(wide, 48000).bandwidth == pytest.approx(low / 2, rel=0.07)


def test_a_flat_top_counts_as_clipped_at_any_block_size():
    loud = (4 * hiss(2, 1.0, 0)).clamp(-1, 1)
    assert gauge(loud).clipped > 0.3
    assert gauge(loud.expand(2, -1)).clipped == gauge(loud).clipped
    assert gauge(0.95 * loud, block=777).clipped == pytest.approx(gauge(loud).clipped, rel=0.05)


def test_a_loud_sound_with_its_peaks_whole_is_not_clipped():
    sound = hiss(3, 1.0, 0)
    assert gauge(sound / sound.abs().max()).clipped < 1e-3
    assert gauge(tone(1000, 1.0, 0)).clipped < 5e-3
    assert gauge((4 * sound).clamp(-0.5, 0.5)).clipped == 0  # a square wave well under full scale


def test_a_recording_in_another_format_and_rate_is_the_same_sound(tmp_path):
    sound = swelling(hiss(4, 3.0), 5)
    one = put(tmp_path / "a.wav", sound)
    other = put(tmp_path / "b.flac", resample(0.5 * sound, 16000, 44100), 44100)
    another = put(tmp_path / "c.wav", swelling(hiss(6, 3.0), 7))
    steady = [put(tmp_path / f"{n}.wav", hiss(n, 3.0)) for n in (8, 9)]
    facts = []
    for path in (one, other, another, *steady):
        found = Decoder(16000).decode(Source(path, "noise", "g"))
        assert not isinstance(found, str)
        facts.append(found[1])
    assert same_sound(facts[0], facts[1])
    assert not same_sound(facts[0], facts[2])
    assert not same_sound(facts[3], facts[4])  # a level that never moves proves nothing


def test_decoding_in_blocks_gives_what_the_whole_gives(tmp_path):
    sound = torch.cat([hiss(1, 20.0), hiss(2, 20.0)])
    path = put(tmp_path / "long.wav", resample(sound, 16000, 44100), 44100)
    pcm, facts = Decoder(16000).decode(Source(path, "noise", "g"))
    again = torch.from_numpy(pcm)[:, 0].float() * facts.scale
    assert len(again) == 20 * 16000
    inside = slice(1000, -1000)
    error = again[inside] - sound.mean(0)[inside]
    # The top of the band is lost in resampling there and back.
    assert error.square().mean() < 0.2 * sound.mean(0).square().mean()
    assert facts.channels == 2 and facts.sample_rate == 44100
