"""True bandwidth: where the cliff is, not where the sound is dull."""

import numpy as np
import pytest
import torch

from soundsieve.audio.resample import resample
from soundsieve.data.draws import Draws
from soundsieve.data.effects.bandwidth import Bandwidths, bandwidth_of, draw_guards
from tests.conftest import RATE, hiss, tone


def pcm(audio):
    return (audio / audio.abs().max() * 32000).round().short().T.numpy()


@pytest.mark.parametrize("rate", [8000, 11025])
def test_a_recording_of_a_lower_rate_has_its_bandwidth(rate):
    low = torch.randn(1, 4 * rate, generator=torch.Generator().manual_seed(0))
    edge = bandwidth_of(pcm(resample(low, rate, RATE)), RATE)
    assert 0.86 * rate / 2 < edge < 1.02 * rate / 2


def test_a_whole_recording_has_the_full_band():
    assert bandwidth_of(pcm(hiss(0, 3.0)), RATE) == RATE / 2


def test_a_dull_but_whole_recording_has_the_full_band():
    spectrum = torch.fft.rfft(hiss(0, 3.0))
    spectrum /= 1 + (torch.fft.rfftfreq(3 * RATE, 1 / RATE) / 200) ** 2
    assert bandwidth_of(pcm(torch.fft.irfft(spectrum)), RATE) == RATE / 2


def test_what_a_codec_leaves_above_its_band_is_no_bandwidth():
    low = torch.randn(1, 4 * 11025, generator=torch.Generator().manual_seed(0))
    sound = resample(low, 11025, RATE)
    sound = sound + 0.003 * torch.randn(sound.shape, generator=torch.Generator().manual_seed(1))
    assert 4700 < bandwidth_of(pcm(sound), RATE) < 5700


def test_a_low_sound_is_no_sign_of_a_low_bandwidth():
    assert bandwidth_of(pcm(tone(440, 2.0)), RATE) == RATE / 2


def test_what_says_nothing_has_the_full_band():
    assert bandwidth_of(np.zeros((RATE, 1), np.int16), RATE) == RATE / 2
    assert bandwidth_of(np.ones((10, 1), np.int16), RATE) == RATE / 2


def test_a_guard_is_at_the_bandwidth_of_the_dullest_source(pools, monkeypatch):
    pool = pools("speech,noise")
    widths = Bandwidths(pool)
    speech, noise = (pool.entries[stem, "train"][0] for stem in ("speech", "noise"))
    assert widths.of(noise) == RATE / 2
    monkeypatch.setattr(widths, "of", lambda entry: 4000.0 if entry is speech else RATE / 2)
    used = [{"speech": speech, "noise": noise}, {"noise": noise}] * 50
    speed = np.ones((100, len(pool.scope)))
    speed[2, pool.scope.index("speech")] = 1.1
    guards = draw_guards(Draws(0, range(100)), 1.0, used, speed, pool.scope, widths)
    assert guards[0] == 4000 and np.isinf(guards[1]) and np.isclose(guards[2], 4400)
    some = draw_guards(Draws(0, range(100)), 0.5, used[:1] * 100, speed, pool.scope, widths)
    assert 0.3 < np.isfinite(some).mean() < 0.7
