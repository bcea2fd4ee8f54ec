"""Rooms: they ring as long as asked, and speech keeps what helps it."""

import numpy as np
import pytest
import torch
from scipy.signal import butter, sosfilt

from soundsieve.data.draws import Draws
from soundsieve.data.effects.bank import T60, room_bank
from soundsieve.data.effects.rooms import (
    draw_rooms,
    early_responses,
    early_window,
    responses,
)
from soundsieve.law import Law
from tests.conftest import RATE

STEMS = ("speech", "vocals", "drums", "noise")
TOPS = ("speech", "music", "music", "noise")


def measured_t60(response):
    """Schroeder's backward integration between 500 and 2000 Hz, from -5 to -25 dB."""
    band = sosfilt(butter(4, [500, 2000], "band", fs=RATE, output="sos"), response.astype(float))
    energy = np.cumsum((band[round(0.03 * RATE) :] ** 2)[::-1])[::-1]
    level = 10 * np.log10(energy / energy[0] + 1e-12)
    first, last = np.argmax(level < -5), np.argmax(level < -25)
    return -60 / np.polyfit(np.arange(first, last) / RATE, level[first:last], 1)[0]


@pytest.mark.parametrize("t60", [0.2, 0.4, 0.8])
def test_a_room_rings_as_long_as_asked(t60):
    bank = room_bank(RATE)
    room, _, drawn = draw_rooms(Draws(0, range(40)), bank, STEMS, TOPS, 1.0, Law.fixed(t60))
    assert np.allclose(drawn, t60, rtol=0.12)
    found = [measured_t60(bank.responses[number, 0]) for number in np.unique(room)]
    assert np.isclose(np.median(found), t60, rtol=0.15)


def test_the_bank_spans_small_dry_and_large_rooms_and_is_the_same_every_time():
    bank = room_bank(RATE)
    assert np.allclose([bank.t60[0], bank.t60[-1]], T60)
    assert np.array_equal(bank.responses[3], room_bank.__wrapped__(RATE).responses[3])
    assert len(np.unique(bank.responses[:, :, 500])) == bank.responses[:, :, 0].size
    clarity = [
        10 * np.log10((h[:800] ** 2).sum() / (h[800:] ** 2).sum()) for h in bank.responses[:, 0]
    ]
    assert np.corrcoef(clarity, np.log(bank.t60))[0, 1] < -0.8


def test_the_direct_sound_comes_at_once_so_that_the_target_is_in_place():
    bank = room_bank(RATE)
    assert np.allclose(bank.responses[:, :, 0], 1)
    assert np.abs(bank.responses[:, :, 1:]).max() < 1


def test_the_early_part_ends_after_fifty_milliseconds():
    bank, room, place = room_bank(RATE), np.array([40]), np.array([1])
    frames = 2 * RATE
    early = torch.fft.irfft(early_responses(bank, room, place, frames), n=frames)[0]
    late = torch.fft.irfft(responses(bank, room, place, frames), n=frames)[0] - early
    assert late[: round(0.049 * RATE)].abs().max() < 1e-5
    assert early[len(early_window(RATE)) :].abs().max() < 1e-5
    assert late.square().sum() > 0.01 * early.square().sum()


def test_a_room_longer_than_the_segment_comes_round():
    bank, room, place = room_bank(RATE), np.array([47]), np.array([0])
    short = torch.fft.irfft(responses(bank, room, place, 8000), n=8000)[0]
    whole = torch.from_numpy(bank.responses[47, 0])
    assert torch.isclose(short.sum(), whole.sum(), atol=1e-3)


def test_the_parts_of_a_song_share_a_place_and_talkers_do_not_stand_in_it():
    bank = room_bank(RATE)
    room, place, t60 = draw_rooms(Draws(1, range(300)), bank, STEMS, TOPS, 0.5, Law.fixed(0.3))
    assert (place[:, 1] == place[:, 2]).all()
    assert (place[:, 0] != place[:, 1]).any()
    assert np.array_equal(np.isnan(t60), (place[:, 0] < 0))
    assert 0.4 < np.isfinite(t60).mean() < 0.6
    assert len(np.unique(room)) > 2


def test_responses_of_another_library_decay_alike():
    rooms = pytest.importorskip("pyroomacoustics")
    size, t60 = [5, 4, 3], 0.4
    absorption, order = rooms.inverse_sabine(t60, size)
    room = rooms.ShoeBox(size, fs=RATE, materials=rooms.Material(absorption), max_order=order)
    room.add_source([1.5, 1.5, 1.5])
    room.add_microphone([3.0, 2.5, 1.4])
    room.compute_rir()
    theirs = room.rir[0][0]
    bank = room_bank(RATE)
    ours = bank.responses[np.argmin(np.abs(bank.t60 - t60)), 0]
    assert np.isclose(measured_t60(ours), measured_t60(theirs), rtol=0.3)
