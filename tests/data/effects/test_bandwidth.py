"""True bandwidth: where the cliff is, not where the sound is dull."""

import numpy as np
import pytest
import torch

from soundsieve.audio.resample import resample
from soundsieve.data.draws import Draws
from soundsieve.data.effects.bandwidth import Bandwidths, bandwidth_of, draw_guards
from tests.conftest import RATE, hiss


def pcm(audio):
    return (audio[0] / audio.abs().max() * 32000).round().short().numpy()


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


def test_what_says_nothing_has_the_full_band():
    assert bandwidth_of(np.zeros(RATE, np.int16), RATE) == RATE / 2
    assert bandwidth_of(np.ones(10, np.int16), RATE) == RATE / 2


def test_a_guard_is_at_the_bandwidth_of_the_dullest_source(pools):
    pool = pools("speech,noise")
    widths = Bandwidths(pool)
    speech, noise = (pool.entries[stem, "train"][0] for stem in ("speech", "noise"))
    assert widths.of(noise) == RATE / 2 and widths.of(speech) < 1000  # a tone is all there is
    used = [{"speech": speech, "noise": noise}, {"noise": noise}] * 50
    speed = np.ones((100, len(pool.scope)))
    speed[2, pool.scope.index("speech")] = 1.1
    guards = draw_guards(Draws(0, range(100)), 1.0, used, speed, pool.scope, widths)
    assert guards[0] == widths.of(speech) and np.isinf(guards[1])
    assert np.isclose(guards[2], 1.1 * guards[0])
    some = draw_guards(Draws(0, range(100)), 0.5, used[:1] * 100, speed, pool.scope, widths)
    assert 0.3 < np.isfinite(some).mean() < 0.7
