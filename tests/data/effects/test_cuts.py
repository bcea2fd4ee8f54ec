"""Pauses, events and chimes: where sound is, and where it is not."""

import numpy as np
import pytest
import torch

from soundsieve.data.draws import Draws
from soundsieve.data.effects.chimes import CHIMES, PARTIALS, chime
from soundsieve.data.effects.cuts import (
    Events,
    draw_events,
    draw_pauses,
    pause,
    place,
    quiet_moment,
)
from tests.conftest import RATE, hiss


def events(**changed):
    facts = {
        "on": True,
        "wait": 0.5,
        "chime": True,
        "gap": 0.1,
        "level": 0.0,
        "end": 1.0,
        "sound": np.full(CHIMES, 0.4),
        **changed,
    }
    return Events(**{name: np.array([value]) for name, value in facts.items()})


def silent(audio, size=160):
    """Frames of 10 ms without a sound."""
    return audio.unflatten(-1, (-1, size)).abs().amax(-1) == 0


def test_a_pause_is_as_long_as_asked_and_what_follows_comes_later():
    voice = hiss(0, 3.0)[None]
    paused = pause(voice, np.array([0.5]), np.array([0.8]), RATE)
    assert abs(int(silent(paused[0, 0]).sum()) - 80) <= 1
    start = int(silent(paused[0, 0]).nonzero()[0]) * 160
    assert abs(start - 1.5 * RATE) <= 0.26 * RATE
    assert torch.equal(paused[0, 0, : start - 400], voice[0, 0, : start - 400])
    shift = round(0.8 * RATE)
    assert torch.equal(paused[0, 0, start + shift + 400 :], voice[0, 0, start + 400 : -shift])


def test_a_pause_is_cut_where_it_is_quiet():
    voice = hiss(0, 2.0)
    voice[:, 16500:16900] *= 0.01
    assert 16500 <= quiet_moment(voice, 15000, RATE) <= 16900


def test_no_pause_changes_nothing():
    voice = hiss(0, 1.0).expand(2, 1, -1)
    assert torch.equal(pause(voice, np.full(2, 0.5), np.zeros(2), RATE), voice)


def test_an_event_is_silence_then_a_chime_then_the_voice():
    voice = hiss(1, 4.0)[None]
    placed = place(voice, events(), RATE)[0, 0]
    sound = torch.from_numpy(chime(np.full(CHIMES, 0.4), RATE))
    wait, gap = RATE // 2, round(0.1 * RATE)
    assert placed[:wait].abs().max() == 0
    heard = placed[wait : wait + len(sound)]
    assert torch.allclose(heard, sound * voice.abs().max(), atol=1e-5)
    voice_at = wait + len(sound) + gap
    assert placed[voice_at - gap : voice_at].abs().max() == 0
    assert torch.allclose(placed[voice_at + 100 :], voice[0, 0, 100 : 4 * RATE - voice_at])


def test_an_event_may_end_at_a_breath_of_its_voice():
    placed = place(hiss(1, 4.0)[None], events(chime=False, end=0.6), RATE)[0, 0]
    assert placed[:8000].abs().max() == 0
    assert placed[8000 : round(2.1 * RATE)].abs().max() > 0
    assert placed[round(2.66 * RATE) :].abs().max() == 0


def test_an_event_that_begins_late_is_cut_off_by_the_end_of_the_scene():
    placed = place(hiss(1, 0.6)[None], events(wait=0.5), RATE)
    assert placed.shape == (1, 1, round(0.6 * RATE))
    assert torch.isfinite(placed).all()
    assert place(hiss(1, 0.3)[None], events(wait=0.5), RATE).abs().max() == 0


@pytest.mark.parametrize("design", range(len(PARTIALS)))
@pytest.mark.parametrize("notes", [0.1, 0.9])
def test_a_chime_has_the_pitch_of_its_notes_and_ends_in_silence(design, notes):
    luck = np.array([(design + 0.5) / len(PARTIALS), notes, 0.5, 0.5, 0.5, 0.99, 0.99, 0.5])
    sound = chime(luck, RATE)
    assert np.isclose(np.abs(sound).max(), 1, atol=1e-5) and abs(sound[-1]) < 0.01
    assert 0.1 < len(sound) / RATE < 1.8
    first = sound[: round(0.2 * RATE)]
    spectrum = np.abs(np.fft.rfft(first * np.hanning(len(first)), RATE))
    pitch = 400 * (1500 / 400) ** 0.5
    assert abs(np.argmax(spectrum[: int(1.5 * pitch)]) - pitch) < 12 or design == 3
    assert sound.dtype == np.float32


def test_chimes_do_not_alias_at_a_low_rate():
    luck = np.full(CHIMES, 0.999)
    sound = chime(luck, 8000)
    assert np.isfinite(sound).all()


def test_pauses_and_events_come_as_often_as_asked():
    draws = Draws(0, range(1000))
    _, seconds = draw_pauses(draws, 2, 0.3)
    assert 0.27 < (seconds > 0).mean() < 0.33
    drawn = draw_events(draws, 0.5)
    assert 0.45 < drawn.on.mean() < 0.55
    assert drawn[np.array([3, 5])].sound.shape == (2, CHIMES)
