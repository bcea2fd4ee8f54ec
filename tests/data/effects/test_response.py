"""Filters: nothing above a band limit, a tilt of so many decibels an octave."""

import numpy as np
import pytest
import torch

from soundsieve.data.draws import Draws
from soundsieve.data.effects.response import draw_bands, draw_tilts, gains, is_changed

BINS, RATE = 24001, 48000


def flat(rows, **changed):
    facts = {
        "curves": np.zeros((rows, 6)),
        "loudspeakers": np.tile([0.0, np.inf], (rows, 1)),
        "tilts": np.zeros(rows),
        "limits": np.full(rows, np.inf),
        **changed,
    }
    return tuple(np.asarray(value, float) for value in facts.values())


def at(gain, frequency):
    return 20 * torch.log10(gain[:, frequency]).numpy()


@pytest.mark.parametrize("limit", [4000, 8000, 11000, 16000])
def test_nothing_passes_above_a_band_limit(limit):
    gain = gains(*flat(2, limits=[limit, np.inf]), BINS, RATE)
    assert gain[0, limit:].max() == 0
    assert torch.allclose(gain[0, : int(0.93 * limit)], torch.tensor(1.0))
    assert torch.allclose(gain[1], torch.tensor(1.0))


def test_a_tilt_is_so_many_decibels_an_octave_around_one_kilohertz():
    gain = gains(*flat(2, tilts=[3.0, -2.0]), BINS, RATE)
    assert np.allclose(at(gain, 1000), 0, atol=0.01)
    assert np.allclose(at(gain, 4000), [6, -4], atol=0.01)
    assert np.allclose(at(gain, 250), [-6, 4], atol=0.01)


def test_a_small_loudspeaker_passes_its_band_alone():
    gain = gains(*flat(1, loudspeakers=[[400, 4000]]), BINS, RATE)
    assert abs(at(gain, 1000)[0]) < 0.01
    assert np.isclose(at(gain, 100)[0], -48, atol=0.1)
    assert np.isclose(at(gain, 8000)[0], -24, atol=0.1)


def test_an_equaliser_reaches_its_points():
    gain = gains(*flat(1, curves=[[6, 0, 0, 0, 0, -6]]), BINS, RATE)
    assert np.isclose(at(gain, 200)[0], 6, atol=0.1)
    assert np.isclose(at(gain, 23990)[0], -6, atol=0.1)


def test_what_no_filter_touches_is_left_alone():
    assert not is_changed(*flat(3)).any()
    assert is_changed(*flat(2, tilts=[0, 1])).tolist() == [False, True]


def test_band_limits_are_those_under_half_the_sample_rate():
    draws = Draws(0, range(500))
    assert set(np.unique(draw_bands(draws, 1.0, 16000))) == {4000}
    assert set(np.unique(draw_bands(draws, 1.0, 44100))) == {4000, 8000, 11000, 16000}
    assert np.isinf(draw_bands(draws, 1.0, 8000)).all()
    assert 0.15 < np.isfinite(draw_bands(draws, 0.2, 16000)).mean() < 0.25
    assert np.abs(draw_tilts(draws, 1.0, 3.0)).max() <= 3
