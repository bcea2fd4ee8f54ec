"""MIDI as songs in parts: every note in one part, at its time, and parts that sum to the master."""

import mido
import numpy as np
import pytest
import torch

from scripts.render_songs import PEAK, master, part_of, split

RATE = 16000


@pytest.fixture
def score():
    """A kit, a bass and a piano that later becomes a bass, one note each beat."""
    file = mido.MidiFile(type=1, ticks_per_beat=480)
    for channel, program in ((9, 0), (0, 33), (1, 0)):
        track = file.add_track()
        track.append(mido.Message("program_change", channel=channel, program=program))
        for beat in range(4):
            if channel == 1 and beat == 3:
                track.append(mido.Message("program_change", channel=1, program=35))
            track.append(mido.Message("note_on", channel=channel, note=40 + beat, velocity=80))
            track.append(mido.Message("note_off", channel=channel, note=40 + beat, time=480))
    return file


def notes(file):
    """Seconds, channel and pitch of each note."""
    now, found = 0.0, []
    for message in file:
        now += message.time
        if message.type == "note_on" and message.velocity:
            found.append((round(now, 6), message.channel, message.note))
    return found


def test_every_note_is_in_one_part_at_the_time_it_had(score):
    parts = split(score, 60.0)
    assert set(parts) == {"drums", "bass", "other"}
    assert sorted(note for part in parts.values() for note in notes(part)) == sorted(notes(score))
    assert {channel for _, channel, _ in notes(parts["drums"])} == {9}
    assert (1.5, 1, 43) in notes(parts["bass"])
    assert (1.0, 1, 42) in notes(parts["other"])


def test_nothing_sounds_after_the_time_asked_for_and_no_note_hangs(score):
    parts = split(score, 1.2)
    assert max(time for time, _, _ in notes(parts["drums"])) <= 1.2
    for part in parts.values():
        ends = [
            m.channel for m in part.tracks[0] if m.type == "control_change" and m.control == 123
        ]
        assert sorted(ends) == list(range(16))


def test_a_part_without_notes_is_none(score):
    score.tracks.pop(0)
    assert set(split(score, 60.0)) == {"bass", "other"}


@pytest.mark.parametrize(
    ("channel", "program", "part"), [(9, 35, "drums"), (0, 38, "bass"), (3, 117, "drums")]
)
def test_what_plays_a_part_is_told_by_channel_and_program(channel, program, part):
    assert part_of(channel, program) == part


def test_parts_are_limited_by_one_gain_and_none_is_clipped():
    generator = torch.Generator().manual_seed(0)
    envelope = torch.linspace(0.1, 2, RATE)[:, None]
    loud = (torch.randn(RATE, 2, generator=generator) * envelope).numpy()
    quiet = 0.1 * loud
    stems = master({"drums": loud, "bass": quiet}, RATE, -9.0, 60.0, RATE)
    assert np.allclose(stems["bass"], 0.1 * stems["drums"], atol=1e-6)
    assert np.abs(stems["drums"] + stems["bass"]).max() == pytest.approx(PEAK, rel=1e-3)
    before, after = (
        np.abs(a[-RATE // 4 :]).mean() / np.abs(a[: RATE // 4]).mean()
        for a in (loud, stems["drums"])
    )
    assert after < 0.7 * before
