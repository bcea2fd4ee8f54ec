"""Preparing a pool: what is good is kept, what is not is said, and nobody is in two splits."""

import csv
import os
import shutil
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch

from soundsieve.cli.prepared import suited
from soundsieve.data import decoding
from soundsieve.data.pool import fingerprint, open_pool
from soundsieve.data.prepare import prepare
from soundsieve.data.sources import find_sources, song_sources, stem_sources
from soundsieve.data.summary import left_out, licences, notes, table
from soundsieve.errors import UserError
from soundsieve.target import parse
from tests.conftest import RATE, hiss, needs_ffmpeg, put, swelling, tone, write_corpus


def sound(seed, seconds=0.5):
    return swelling(hiss(seed, seconds), seed)


def rows(pool):
    with (pool / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def dropped(pool):
    with (pool / "dropped.csv").open(newline="", encoding="utf-8") as file:
        return {Path(row["path"]).name: row["reason"] for row in csv.DictReader(file)}


def splits_of(pool, key=lambda row: row["group"]):
    found = defaultdict(set)
    for row in rows(pool):
        found[key(row)].add(row["split"])
    return found


@pytest.fixture
def counted(monkeypatch):
    """The names of the files that are decoded."""
    names = []
    decode = decoding.Decoder.decode

    def counting(self, source):
        names.append(source.path.name)
        return decode(self, source)

    monkeypatch.setattr(decoding.Decoder, "decode", counting)
    return names


def test_a_prepared_pool_gives_the_scenes_of_its_folder(tmp_path, corpus, counted):
    prepare(find_sources(corpus), tmp_path / "pools/mine", RATE)
    prepared = open_pool(str(tmp_path / "pools/mine"), RATE, parse("speech+music"))
    first = len(counted)
    direct = open_pool(str(corpus), RATE, parse("speech+music"), cache=tmp_path / "cache")
    assert prepared.scope == direct.scope
    for stem in direct.scope:
        for split in ("train", "valid", "test"):
            mine = [entry.source.path for entry in prepared.entries[stem, split]]
            assert mine == [entry.source.path for entry in direct.entries[stem, split]]
            for one, other in zip(
                prepared.entries[stem, split], direct.entries[stem, split], strict=True
            ):
                assert (prepared.crop(one, 100, 900) == direct.crop(other, 100, 900)).all()
    assert first == len(counted) / 2  # opening a prepared pool decodes nothing


def test_a_prepared_pool_needs_its_recordings_no_more(tmp_path, counted):
    root = write_corpus(tmp_path / "data")
    prepare(find_sources(root), tmp_path / "mine", RATE)
    pool = open_pool(str(tmp_path / "mine"), RATE, parse("speech"))
    shutil.rmtree(root)
    shutil.move(tmp_path / "mine", tmp_path / "elsewhere")
    again = open_pool(str(tmp_path / "elsewhere"), RATE, parse("speech"))
    assert fingerprint(again.sources) == fingerprint(pool.sources)
    assert len(counted) == len(set(pool.sources))


@needs_ffmpeg  # without it, text may be a kind of sound that it knows
def test_everything_that_can_be_wrong_with_a_file_is_said(tmp_path):
    root = tmp_path / "in"
    put(root / "good.wav", sound(0))
    put(root / "Élan 東京 (1).wav", sound(1))
    put(root / "silent.wav", torch.zeros(1, RATE))
    put(root / "dither.wav", (hiss(2, 0.5, 0)).clamp(-1, 1) / 32768)
    put(root / "clipped.wav", (5 * hiss(3, 0.5, -3)).clamp(-1, 1))
    put(root / "hard nan.wav", sound(4))
    (root / "empty.wav").write_bytes(b"")
    (root / "text.wav").write_text("not a sound " * 100)
    whole = put(root / "cut.flac", sound(5, 3.0)).read_bytes()
    (root / "cut.flac").write_bytes(whole[: len(whole) // 2])
    header = put(root / "header.wav", sound(6)).read_bytes()
    (root / "header.wav").write_bytes(header[:44])
    noisy = sound(7)
    noisy[0, 100] = float("nan")
    import soundfile

    soundfile.write(root / "hard nan.wav", noisy[0].numpy(), RATE, "FLOAT")
    os.symlink("nowhere.wav", root / "dead.wav")
    ready = prepare(list(stem_sources(root, "noise")), tmp_path / "mine", RATE)
    kept = {Path(row["path"]).name for row in rows(tmp_path / "mine")}
    assert kept == {"good.wav", "Élan 東京 (1).wav"}
    reasons = dropped(tmp_path / "mine")
    assert set(reasons) == {path.name for path in root.iterdir()} - kept
    for name, reason in {
        "silent.wav": "is silent",
        "dither.wav": "is silent",
        "clipped.wav": "is clipped",
        "hard nan.wav": "finite",
        "empty.wav": "empty",
        "text.wav": "audio",
        "cut.flac": "ends or breaks",
        "header.wav": "sample",
        "dead.wav": "no such file",
    }.items():
        assert reason in reasons[name], reasons[name]
    said = "\n".join(left_out(ready.dropped))
    assert "2 silent" in said and "clipped" in said and "break off" in said


def test_an_unreadable_folder_is_said_and_the_rest_is_kept(tmp_path, monkeypatch):
    put(tmp_path / "in/a.wav", sound(1))
    (tmp_path / "in/locked").mkdir()
    scan = os.scandir

    def refuse(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    prepare(list(stem_sources(tmp_path / "in", "noise")), tmp_path / "mine", RATE)
    assert "folder that cannot be read" in dropped(tmp_path / "mine")["locked"]


def test_all_rates_from_8_to_192_khz_live_in_one_pool(tmp_path):
    rates = (8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000)
    for rate in rates:
        put(tmp_path / f"in/at {rate}/x.wav", tone(440 * 16000 / rate, rate / 16000), rate)
    ready = prepare(list(stem_sources(tmp_path / "in", "music")), tmp_path / "mine", RATE)
    assert sorted({int(row["sample_rate"]) for row in rows(tmp_path / "mine")}) == sorted(rates)
    for row, source in enumerate(ready.sources):
        (audio,) = ready.store.crop(row, 0, RATE)
        assert len(audio) == pytest.approx(RATE, abs=1), source.path
        loudest = np.abs(np.fft.rfft(audio)).argmax() * RATE / len(audio)
        assert loudest == pytest.approx(440, abs=6), source.path
    assert any("sample rates" in line for line in notes(ready))


def test_a_song_may_lack_a_stem_and_its_stems_may_differ_in_length(tmp_path):
    for number, song in enumerate(("one", "two", "three", "four")):
        for place, part in enumerate(("vocals", "drums", "bass", "other")):
            if (song, part) != ("two", "bass"):
                seconds = 2.0 if (song, part) == ("three", "drums") else 1.0
                put(tmp_path / f"in/{song}/{part}.wav", sound(10 * number + place, seconds))
    put(tmp_path / "in/one/vocals.flac", sound(99))
    ready = prepare(list(song_sources(tmp_path / "in")), tmp_path / "mine", RATE)
    said = "\n".join(notes(ready))
    assert "1 of 4 songs have no bass: two" in said
    assert "three (1.0 to 2.0 s)" in said
    assert "second 'vocals'" in dropped(tmp_path / "mine")["vocals.wav"]
    assert all(len(splits) == 1 for splits in splits_of(tmp_path / "mine").values())
    assert open_pool(str(tmp_path / "mine"), RATE, parse("vocals")).scope[0] == "vocals"


def test_takes_copies_and_namesakes_never_cross_splits(tmp_path):
    root = tmp_path / "in"
    for number in range(40):
        put(root / f"subject {number} x/1.wav", sound(1000 + number))
    for number, name in enumerate(
        ("meeting take1", "meeting take2", "meeting_03", "Meeting (copy)", "Copy of meeting")
    ):
        put(root / f"{name}.wav", sound(number))
    for number in range(20):  # the same telling name in two folders
        put(
            root / f"left {number}/lecture {'abcdefghijklmnopqrst'[number]}q.wav",
            sound(number + 50),
        )
        put(
            root / f"right {number}/lecture {'abcdefghijklmnopqrst'[number]}q.wav",
            sound(number + 80),
        )
    twin = sound(500)
    put(root / "first/alpha.wav", twin)
    put(root / "second/omega.wav", twin)
    prepare(list(stem_sources(root, "speech")), tmp_path / "mine", RATE)

    def split_by(pick):
        return {row["split"] for row in rows(tmp_path / "mine") if pick(Path(row["path"]))}

    assert len(split_by(lambda path: "meeting" in path.name.lower())) == 1
    assert len(split_by(lambda path: path.name in ("alpha.wav", "omega.wav"))) == 1
    for number in range(20):
        both = (f"left {number}", f"right {number}")
        assert len(split_by(lambda path, both=both: path.parent.name in both)) == 1
    assert set().union(*splits_of(tmp_path / "mine").values()) == {"train", "valid", "test"}


def test_a_list_that_everybody_reads_makes_them_no_one_person(tmp_path):
    for reader in range(3):
        for line in range(4):
            word = ("harvest", "station", "weather", "morning")[line]
            put(tmp_path / f"in/reader {'abc'[reader]}/{word}.wav", sound(10 * reader + line))
    prepare(list(stem_sources(tmp_path / "in", "speech")), tmp_path / "mine", RATE)
    assert len(splits_of(tmp_path / "mine")) == 3


def test_a_jingle_that_everybody_has_makes_them_no_one_person(tmp_path):
    jingle = sound(1)
    for reader in range(6):
        put(tmp_path / f"in/reader {reader} x/own.wav", sound(10 + reader))
        put(tmp_path / f"in/reader {reader} x/jingle.wav", jingle)
    prepare(list(stem_sources(tmp_path / "in", "speech")), tmp_path / "mine", RATE)
    assert len(splits_of(tmp_path / "mine")) == 6
    assert next(iter(dropped(tmp_path / "mine").values())).startswith("is a copy of")


def test_somebody_who_speaks_and_prompts_is_in_one_split(tmp_path):
    for number in range(12):
        put(tmp_path / f"data/speech/person {number} x/a.wav", sound(number))
        if number % 3 == 0:
            put(tmp_path / f"data/prompts/person {number} x/b.wav", sound(100 + number))
    prepare(find_sources(tmp_path / "data"), tmp_path / "mine", RATE)
    assert all(len(splits) == 1 for splits in splits_of(tmp_path / "mine").values())


def test_a_split_that_is_given_is_final_and_holds_for_its_group(tmp_path):
    lines = ["path,stem,split,speaker,licence"]
    for number in range(9):
        put(tmp_path / f"in/{number}.wav", sound(number))
        split = "test" if number in (0, 3) else ""
        lines.append(f"{number}.wav,speech,{split},s{number % 3},CC-BY-4.0")
    (tmp_path / "in/manifest.csv").write_text("\n".join(lines), encoding="utf-8")
    prepare(find_sources(tmp_path / "in"), tmp_path / "mine", RATE)
    assert splits_of(tmp_path / "mine")["s0"] == {"test"}
    assert {row["licence"] for row in rows(tmp_path / "mine")} == {"CC-BY-4.0"}


def test_unchanged_files_are_not_decoded_twice_and_groups_keep_their_split(tmp_path, counted):
    for number in range(8):
        put(tmp_path / f"in/person {number} x/a.wav", sound(number))
    found = lambda: list(stem_sources(tmp_path / "in", "speech"))  # noqa: E731
    prepare(found(), tmp_path / "mine", RATE)
    before = splits_of(tmp_path / "mine")
    assert len(counted) == 8
    prepare(found(), tmp_path / "mine", RATE)
    assert len(counted) == 8
    for number in range(8, 30):
        put(tmp_path / f"in/person {number} x/a.wav", sound(number))
    put(tmp_path / "in/person 0 x/a.wav", sound(77, 0.7))
    prepare(found(), tmp_path / "mine", RATE)
    assert len(counted) == 8 + 22 + 1
    after = splits_of(tmp_path / "mine")
    assert {group: after[group] for group in before} == before
    seconds = {Path(r["path"]).parent.name: float(r["seconds"]) for r in rows(tmp_path / "mine")}
    assert seconds["person 0 x"] == pytest.approx(0.7)
    prepare(found(), tmp_path / "mine", RATE, fresh=True)
    assert len(counted) == 31 + 30


@pytest.mark.parametrize(
    ("stems", "said"),
    [
        (["speech", "music", "noise"], "keep=speech+music"),
        (["speech", "noise"], "keep=speech"),
        (["speech", "music"], ""),
        (["vocals", "drums", "bass"], "songs"),
        (["noise"], ""),
    ],
)
def test_a_report_names_a_run_that_the_pool_is_for(stems, said):
    assert suited(stems) == said


def test_what_was_in_a_pool_and_is_not_named_again_is_said(tmp_path):
    for stem in ("speech", "noise"):
        for number in range(3):
            put(tmp_path / f"{stem}/{number}.wav", sound(number + 5 * (stem == "noise")))
    prepare(list(stem_sources(tmp_path / "speech", "speech")), tmp_path / "mine", RATE)
    ready = prepare(list(stem_sources(tmp_path / "noise", "noise")), tmp_path / "mine", RATE)
    assert {source.stem for source in ready.sources} == {"noise"}
    assert len(ready.dropped) == 3
    (tmp_path / "again").symlink_to(tmp_path / "noise")
    ready = prepare(list(stem_sources(tmp_path / "again", "noise")), tmp_path / "mine", RATE)
    assert not ready.dropped
    assert all("not named now" in reason for reason in ready.dropped.values())


def test_a_folder_with_a_manifest_of_its_own_is_not_overwritten(tmp_path):
    put(tmp_path / "in/a.wav", sound(1))
    (tmp_path / "in/manifest.csv").write_text("path,stem\na.wav,speech\n")
    with pytest.raises(UserError, match="choose another"):
        prepare(find_sources(tmp_path / "in"), tmp_path / "in", RATE)
    assert (tmp_path / "in/manifest.csv").read_text() == "path,stem\na.wav,speech\n"


def test_nothing_usable_is_an_error_with_the_first_reason(tmp_path):
    put(tmp_path / "in/a.wav", torch.zeros(1, 1000))
    with pytest.raises(UserError, match="a.wav: is silent"):
        prepare(list(stem_sources(tmp_path / "in", "speech")), tmp_path / "mine", RATE)
    assert dropped(tmp_path / "mine") == {"a.wav": "is silent"}


def test_the_report_counts_what_is_there(tmp_path, corpus):
    ready = prepare(find_sources(corpus), tmp_path / "mine", RATE)
    lines = list(table(ready))
    assert lines[1].split()[:2] == ["speech", "8"]
    assert licences(ready.sources) == "none given (39)"


def test_a_changed_recording_is_not_taken_for_the_prepared_one(tmp_path):
    for number in range(3):
        put(tmp_path / f"in/person {number} x/a.wav", sound(number))
    prepare(list(stem_sources(tmp_path / "in", "speech")), tmp_path / "mine", RATE)
    put(tmp_path / "in/person 1 x/a.wav", sound(9))
    pool = open_pool(str(tmp_path / "mine"), 8000, [])  # at another rate it has to be decoded
    assert ["changed since" in reason for reason in pool.store.dropped.values()] == [True]
