"""A store that is only ever added to: what is whole stays whole, whatever happens."""

import errno
import json
import os
from dataclasses import asdict

import numpy as np
import pytest

from soundsieve.data import journal as module
from soundsieve.data.checks import Facts
from soundsieve.data.journal import Journal, journal_file, pcm_file, read_journal
from soundsieve.errors import UserError

RATE = 16000


def facts(frames=0):
    return Facts(0, frames, 1.0, RATE, 1, 1.0, 0.5, 0.0, 8000, "d", "")


def fill(folder, *keys):
    with Journal(folder, RATE) as journal:
        for key in keys:
            journal.add(key, np.full((100, 1), len(key), np.int16), facts())


def sound(folder, key):
    found = read_journal(folder, RATE)[key]
    pcm = np.fromfile(pcm_file(folder, RATE), np.int16)
    return pcm[found.start : found.start + found.frames]


def test_what_was_added_is_there(tmp_path):
    fill(tmp_path, "a", "bb")
    fill(tmp_path, "ccc")
    assert [int(sound(tmp_path, key)[0]) for key in ("a", "bb", "ccc")] == [1, 2, 3]


def test_half_a_line_and_half_a_recording_are_cut_off(tmp_path):
    fill(tmp_path, "a")
    with journal_file(tmp_path, RATE).open("ab") as file:
        file.write(b'{"key": "bb", "start": 100, "fra')
    with pcm_file(tmp_path, RATE).open("ab") as file:
        file.write(b"\x07\x07\x07")
    assert set(read_journal(tmp_path, RATE)) == {"a"}
    fill(tmp_path, "ccc")
    assert set(read_journal(tmp_path, RATE)) == {"a", "ccc"}
    assert (sound(tmp_path, "a") == 1).all() and (sound(tmp_path, "ccc") == 3).all()


def test_a_line_that_outlived_its_sound_is_no_recording(tmp_path):
    fill(tmp_path, "a", "bb")
    os.truncate(pcm_file(tmp_path, RATE), 250)
    assert set(read_journal(tmp_path, RATE)) == {"a"}


def test_a_damaged_line_costs_one_recording(tmp_path):
    fill(tmp_path, "a", "bb")
    lines = journal_file(tmp_path, RATE).read_bytes().splitlines(keepends=True)
    journal_file(tmp_path, RATE).write_bytes(b"\xff{nonsense\n" + lines[1])
    assert set(read_journal(tmp_path, RATE)) == {"bb"}
    other = {"key": "old", **asdict(facts()), "unknown": 1}
    journal_file(tmp_path, RATE).write_bytes(json.dumps(other).encode() + b"\n")
    assert not read_journal(tmp_path, RATE)


@pytest.mark.parametrize("written", [0, 77, 200])
def test_a_full_disk_is_said_and_leaves_what_is_whole(tmp_path, monkeypatch, written):
    room = [written]

    def write(file, data):
        size = min(room[0], len(data))
        if not size:
            raise OSError(errno.ENOSPC, "No space left on device")
        room[0] -= size
        return real(file, data[:size])

    fill(tmp_path, "a")
    real = os.write
    monkeypatch.setattr(module.os, "write", write)
    with pytest.raises(UserError, match="disk is full; 1 recordings are safe"):
        fill(tmp_path, "bb")
    monkeypatch.setattr(module.os, "write", real)
    assert set(read_journal(tmp_path, RATE)) == {"a"}
    assert pcm_file(tmp_path, RATE).stat().st_size == 200
    fill(tmp_path, "bb")
    assert (sound(tmp_path, "bb") == 2).all()


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "pool").write_text("")
    with pytest.raises(UserError, match="choose a folder"):
        fill(tmp_path / "pool", "a")
