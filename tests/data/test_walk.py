"""Finding audio in folders with everything wrong in them."""

import os

import pytest

from soundsieve.audio.io import read
from soundsieve.data import walk
from soundsieve.data.sources import find_sources, song_sources, stem_sources, told_apart
from soundsieve.data.walk import audio_files
from soundsieve.stems import Stems
from tests.conftest import RATE, put, tone


def names(folder):
    return [path.relative_to(folder).as_posix() for path in audio_files(folder)]


def test_links_are_followed_once_and_never_in_circles(tmp_path):
    put(tmp_path / "speech/anna/a.wav", tone(300, 0.1))
    put(tmp_path / "elsewhere/b.wav", tone(400, 0.1))
    os.symlink(tmp_path / "elsewhere", tmp_path / "speech/linked")
    os.symlink(tmp_path / "elsewhere", tmp_path / "speech/twice")
    os.symlink("..", tmp_path / "speech/up")
    os.symlink(".", tmp_path / "speech/anna/self")
    os.symlink("loop", tmp_path / "speech/loop")
    assert names(tmp_path / "speech") == ["anna/a.wav", "linked/b.wav"]


def test_hidden_files_and_other_kinds_are_passed_over(tmp_path):
    put(tmp_path / "a.WAV", tone(300, 0.1))
    for name in ("._a.wav", ".hidden/b.wav", "notes.txt", "cover.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert names(tmp_path) == ["a.WAV"]


def test_what_cannot_be_read_is_listed_so_that_it_is_said(tmp_path, monkeypatch):
    put(tmp_path / "a.wav", tone(300, 0.1))
    (tmp_path / "locked").mkdir()
    os.symlink("nowhere.wav", tmp_path / "dead.wav")
    scan = os.scandir

    def refuse(path):
        if os.path.basename(path) == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(walk.os, "scandir", refuse)
    assert names(tmp_path) == ["a.wav", "dead.wav", "locked"]


@pytest.mark.parametrize("name", ["a b.wav", "Élan 東京.wav", "#1;x=y,z.wav", "new\nline.wav"])
def test_names_may_hold_anything(tmp_path, name):
    put(tmp_path / "speech" / name, tone(300, 0.1))
    assert [source.path.name for source in find_sources(tmp_path)] == [name]


def test_a_name_may_be_no_utf8(tmp_path):
    put(tmp_path / "speech" / "a.wav", tone(300, 0.1))
    os.rename(tmp_path / "speech/a.wav", os.fsencode(tmp_path) + b"/speech/\xe4.wav")
    (source,) = find_sources(tmp_path)
    assert read(source.path)[0].shape == (1, RATE // 10)


def test_a_folder_may_be_written_large_and_a_stem_may_end_in_a_number(tmp_path):
    for name in ("Music", "engine2", "noise2", "songs2/one"):
        stem = "vocals" if "songs" in name else "a"
        put(tmp_path / name / f"{stem}.wav", tone(300, 0.1))
    found = find_sources(tmp_path, Stems({"engine2": "noise"}))
    assert {(s.stem, s.song) for s in found} == {
        *(("music", ""), ("engine2", ""), ("noise", ""), ("vocals", "one"))
    }


def test_songs_of_one_name_in_two_folders_are_two_songs(tmp_path):
    for place, part in (("songs", "vocals"), ("songs2", "drums"), ("songs2", "bass")):
        put(tmp_path / place / f"one/{part}.wav", tone(300, 0.1))
    put(tmp_path / "songs2/two/drums.wav", tone(300, 0.1))
    put(tmp_path / "noise/a.wav", tone(300, 0.1))  # other folders change no names
    songs = {(s.stem, s.song, s.group) for s in find_sources(tmp_path) if s.song}
    other = "songs2/one"
    assert songs == {
        *(("vocals", "one", "song one"), ("drums", "two", "song two")),
        *(("drums", other, f"song {other}"), ("bass", other, f"song {other}")),
    }


def test_songs_of_three_places_of_one_name_are_three(tmp_path):
    for place in "abc":
        put(tmp_path / place / "stems/one/drums.wav", tone(300, 0.1))
    places = [("stems", list(song_sources(tmp_path / place / "stems"))) for place in "abc"]
    assert [s.song for s in told_apart(places)] == ["one", "stems/one", "stems/stems/one"]


def test_a_folder_is_a_group_and_a_name_without_its_take_too(tmp_path):
    for name in ("anna/1.wav", "anna/2.wav", "talk_01.wav", "talk_02.wav"):
        put(tmp_path / name, tone(300, 0.1))
    assert [s.group for s in stem_sources(tmp_path, "speech")] == ["anna", "anna", "talk", "talk"]


def test_songs_are_folders_with_stems_or_stems_files(tmp_path):
    put(tmp_path / "one/Vocals.wav", tone(300, 0.1))
    put(tmp_path / "one/drums.wav", tone(300, 0.1))
    put(tmp_path / "one/mixture.wav", tone(300, 0.1))
    (tmp_path / "two.stem.mp4").write_bytes(b"x")
    found = [(source.song, source.stem, source.stream) for source in song_sources(tmp_path)]
    parts = [("two", part, part) for part in ("vocals", "drums", "bass", "other")]
    assert found == [("one", "vocals", ""), ("one", "drums", ""), *parts]
