"""Pools: which stems they tell apart, what they leave out and why, and what is decoded when."""

import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from soundsieve.audio.io import write
from soundsieve.data.pool import fingerprint, open_pool, scope_of, sources_of
from soundsieve.data.sources import find_sources
from soundsieve.data.splits import split_sources
from soundsieve.errors import UserError
from soundsieve.target import parse
from tests.conftest import RATE, hiss, put, swelling, tone, write_corpus


def open_here(tmp_path, root, keep="speech", **settings):
    return open_pool(str(root), RATE, parse(keep), cache=tmp_path / "pools", **settings)


@pytest.mark.parametrize(
    ("has", "keep", "scope"),
    [
        ("speech music noise", "speech+music", "speech music noise"),
        ("speech vocals drums noise", "speech+music", "speech vocals drums noise"),
        ("speech music vocals drums noise", "speech", "speech music noise"),
        ("speech music vocals drums noise", "music-vocals", "speech vocals drums noise"),
        ("speech music vocals drums noise", "speech,vocals", "speech vocals drums noise"),
        ("speech stationary transient", "speech", "speech stationary transient"),
        ("speech noise stationary", "speech", "speech noise"),
        ("speech noise stationary", "all-stationary", "speech stationary"),
        ("prompts speech", "all-prompts", "speech prompts"),
    ],
)
def test_the_scope_is_whole_unless_a_target_names_a_part(has, keep, scope):
    assert scope_of(set(has.split()), parse(keep)) == tuple(scope.split())


@pytest.mark.parametrize("keep", ["vocals+speech", "speech+prompts"])
def test_a_stem_that_the_data_lacks_is_named_in_one_line(tmp_path, keep):
    put(tmp_path / "d/speech/a.wav", tone(300, 1))
    put(tmp_path / "d/noise/b.wav", hiss(0, 1))
    with pytest.raises(UserError, match="vocals|prompts") as caught:
        open_here(tmp_path, tmp_path / "d", keep)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "d") in str(caught.value)


def test_a_missing_folder_is_named_in_one_line(tmp_path):
    with pytest.raises(UserError, match="no data at") as caught:
        open_here(tmp_path, tmp_path / "recordings")
    assert str(tmp_path / "recordings") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_corpus_that_was_moved_into_another_brings_its_own_manifest(tmp_path):
    noise = tmp_path / "d/noise"
    put(noise / "a.wav", hiss(0, 1))
    put(noise / "more/b.wav", hiss(1, 1))
    put(noise / "more/c.wav", hiss(2, 1))
    (noise / "manifest.csv").write_text("path,split\na.wav,train\n")
    (noise / "more/manifest.csv").write_text("path,split\nmore/b.wav,test\n")
    found = {source.path.name: source.split for source in find_sources(tmp_path / "d")}
    assert found == {"a.wav": "train", "b.wav": "test"}


def test_a_folder_without_stems_says_what_was_expected(tmp_path):
    put(tmp_path / "d/holiday/a.wav", tone(300, 1))
    with pytest.raises(UserError, match="expected folders named after stems"):
        open_here(tmp_path, tmp_path / "d")


def test_pairs_give_speech_and_the_noise_as_what_is_left(tmp_path):
    for number, talker in enumerate("abc"):
        clean, noise = swelling(tone(300, 2), number), swelling(hiss(number, 2, -30), 50 + number)
        put(tmp_path / f"d/clean/{talker}.wav", clean)
        put(tmp_path / f"d/noisy/{talker}.wav", clean + noise)
    pool = open_here(tmp_path, tmp_path / "d")
    assert pool.scope == ("speech", "noise")
    heard = set()
    for split in ("train", "valid", "test"):
        (entry,) = pool.entries["noise", split]
        number = "abc".index(entry.source.path.stem)
        expected = swelling(hiss(number, 2, -30), 50 + number)[0]
        assert np.allclose(pool.crop(entry, 0, entry.frames), expected, atol=2e-4)
        assert {e.source.path.stem for e in pool.entries["speech", split]} == {"abc"[number]}
        heard.add(number)
    assert heard == {0, 1, 2}


def test_the_clean_half_of_a_pair_is_what_is_kept(tmp_path):
    for number, name in enumerate("abc"):
        clean = swelling(tone(300, 1), number)
        put(tmp_path / f"d/clean/{name}.wav", clean)
        put(tmp_path / f"d/noisy/{name}.wav", clean + swelling(hiss(number, 1), 9 + number))
    assert open_here(tmp_path, tmp_path / "d", "music").scope == ("music", "noise")


def test_a_noisy_file_without_its_partner_is_named(tmp_path):
    put(tmp_path / "d/clean/a.wav", tone(300, 1))
    put(tmp_path / "d/noisy/b.wav", hiss(0, 1))
    with pytest.raises(UserError, match=r"b\.wav has no partner"):
        open_here(tmp_path, tmp_path / "d")


def test_the_parts_of_a_song_sum_to_music_where_no_target_names_one(tmp_path, corpus):
    root = tmp_path / "d"
    shutil.copytree(corpus, root)
    put(root / "music/radio.wav", swelling(tone(700, 2), 77))
    pool = open_here(tmp_path, root, "speech+music")
    assert pool.scope == ("speech", "music", "noise", "prompts")
    entries = [e for s in ("train", "valid", "test") for e in pool.entries["music", s]]
    songs = [entry for entry in entries if entry.song]
    assert len(songs) == 4
    for entry in songs:
        letter = entry.song[-1]
        parts = [
            swelling(
                tone(500 * (n + 1) + "abcd".index(letter), 2.5), 100 + 10 * "abcd".index(letter) + n
            )
            for n in range(4)
        ]
        assert np.allclose(pool.crop(entry, 0, entry.frames), sum(parts)[0], atol=1e-3)


def test_loose_recordings_of_a_part_are_no_song(tmp_path):
    for number in range(3):
        put(tmp_path / f"d/vocals/{'abc'[number]}.wav", swelling(tone(500, 1), number))
        put(tmp_path / f"d/music/{'abc'[number]}.wav", swelling(tone(900, 1), 10 + number))
        put(tmp_path / f"d/noise/{'abc'[number]}.wav", swelling(hiss(number, 1), 20 + number))
    pool = open_here(tmp_path, tmp_path / "d", "music")
    assert pool.scope == ("music", "noise")
    entries = [e for s in ("train", "valid", "test") for e in pool.entries["music", s]]
    assert len(entries) == 6
    assert all(len(entry.rows) == 1 for entry in entries)


@pytest.mark.parametrize("keep", ["speech", "vocals"])
def test_no_group_is_in_two_splits(pools, keep):
    pool = pools(keep)
    for stem in pool.scope:
        groups = [{e.group for e in pool.entries[stem, s]} for s in ("train", "valid", "test")]
        assert all(groups)
        assert sum(map(len, groups)) == len(set.union(*groups))


def test_the_parts_of_a_song_are_in_one_split(pools):
    pool = pools("vocals")
    split_of = {}
    for (_, split), entries in pool.entries.items():
        for entry in entries:
            if entry.song:
                assert split_of.setdefault(entry.song, split) == split
    assert len(split_of) == 4


def test_a_split_that_is_given_stays_and_holds_for_its_group(corpus):
    sources = [s for s in find_sources(corpus) if s.stem == "speech"]
    given = replace(sources[0], split="test")
    split = split_sources([given, *sources[1:]])
    assert {s.split for s in split if s.group == given.group} == {"test"}
    assert {s.split for s in split} == {"train", "valid", "test"}


def test_many_recordings_of_one_talker_are_split_whole_and_alike_wherever_they_are(tmp_path):
    def split_of(root):
        for number in range(12):
            put(root / f"speech/one talker/{number:02}.wav", swelling(tone(300, 1), number))
        split = split_sources(find_sources(root))
        assert all(source.span == (0.0, 1.0) for source in split)
        return {source.path.name: source.split for source in split}

    here, there = split_of(tmp_path / "here"), split_of(tmp_path / "there")
    assert here == there
    assert sorted(here.values()) == ["test"] + ["train"] * 10 + ["valid"]


def test_recordings_that_all_share_a_name_are_split_by_time(tmp_path):
    for number in range(12):
        put(tmp_path / f"d/speech/one/{number}/take.wav", swelling(tone(300, 1), number))
    sources = [replace(s, group="one") for s in find_sources(tmp_path / "d")]
    split = split_sources(sources)
    assert {s.split for s in split} == {"train", "valid", "test"}
    assert all(s.span != (0.0, 1.0) for s in split)


def test_one_long_recording_is_split_by_time(tmp_path):
    put(tmp_path / "d/speech/talk.wav", swelling(tone(300, 10), 1))
    put(tmp_path / "d/noise/fan.wav", swelling(hiss(1, 10), 2))
    pool = open_here(tmp_path, tmp_path / "d")
    whole = swelling(tone(300, 10), 1)[0].numpy()
    parts = [pool.entries["speech", split] for split in ("train", "valid", "test")]
    assert [[entry.frames for entry in part] for part in parts] == [[128000], [16000], [16000]]
    heard = np.concatenate([pool.mono(part[0], 0, part[0].frames) for part in parts])
    assert np.allclose(heard, whole, atol=1e-3)


def test_what_cannot_be_used_is_left_out_with_the_reason(tmp_path):
    root = tmp_path / "d"
    for number in range(3):
        put(root / f"speech/{'abc'[number]}.wav", swelling(tone(300 + number, 1), number))
        put(root / f"noise/{'abc'[number]}.wav", swelling(hiss(number, 1), 10 + number))
    broken = tone(300, 1)
    broken[:, 500] = torch.nan
    write(root / "speech/notanumber.wav", broken, RATE, "FLOAT")
    put(root / "speech/quiet.wav", torch.zeros(1, RATE))
    (root / "speech/empty.wav").touch()
    (root / "speech/letter.wav").write_text("Dear Sir or Madam, " * 50)
    whole = put(root / "speech/half.flac", hiss(5, 4))
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    pool = open_here(tmp_path, root)
    dropped = {path.rpartition("/")[2]: reason for path, reason in pool.store.dropped.items()}
    assert dropped.keys() == {
        *("notanumber.wav", "quiet.wav", "empty.wav", "letter.wav", "half.flac")
    }
    assert "finite" in dropped["notanumber.wav"]
    assert "silent" in dropped["quiet.wav"]
    assert "empty" in dropped["empty.wav"]
    assert all("\n" not in reason and reason for reason in dropped.values())
    left = {
        e.source.path.name for s in ("train", "valid", "test") for e in pool.entries["speech", s]
    }
    assert left == {"a.wav", "b.wav", "c.wav"}


def test_recordings_are_decoded_once(tmp_path, corpus):
    counts = []
    first = open_here(tmp_path, corpus, progress=lambda done, of: counts.append((done, of)))
    assert counts[-1][0] == counts[-1][1] > 20
    counts.clear()
    again = open_here(tmp_path, corpus, "vocals", progress=lambda *count: counts.append(count))
    assert not counts
    assert np.array_equal(first.store.pcm, again.store.pcm)


KILLED = """
import os, sys
from pathlib import Path
from soundsieve.data.pool import open_pool
from soundsieve.target import parse
def progress(done, of):
    if done == 20:
        os._exit(9)
open_pool(sys.argv[1], 16000, parse("speech"), cache=Path(sys.argv[2]), progress=progress)
"""


def test_a_store_that_was_killed_half_way_is_never_taken_for_whole(tmp_path, corpus):
    command = [sys.executable, "-c", KILLED, str(corpus), str(tmp_path / "pools")]
    assert subprocess.run(command, check=False).returncode == 9
    pool = open_here(tmp_path, corpus)
    fresh = open_here(tmp_path / "other", corpus)
    assert pool.sources == fresh.sources and not pool.store.dropped
    for key, entries in fresh.entries.items():
        for entry, other in zip(entries, pool.entries[key], strict=True):
            sound = fresh.crop(entry, 0, entry.frames)
            assert np.array_equal(sound, pool.crop(other, 0, other.frames))


def test_quiet_recordings_lose_nothing_to_sixteen_bits(tmp_path):
    for number in range(3):
        put(tmp_path / f"d/speech/{'abc'[number]}.wav", swelling(tone(300, 1), number))
        quiet = swelling(hiss(number, 1, -70), 10 + number)
        write(tmp_path / f"d/{'abc'[number]}.wav", quiet, RATE, "FLOAT")
        (tmp_path / "d/noise").mkdir(exist_ok=True)
        (tmp_path / f"d/{'abc'[number]}.wav").rename(tmp_path / f"d/noise/{'abc'[number]}.wav")
    pool = open_here(tmp_path, tmp_path / "d")
    (entry,) = pool.entries["noise", "train"]
    number = "abc".index(entry.source.path.stem)
    expected = swelling(hiss(number, 1, -70), 10 + number)[0].numpy()
    error = pool.crop(entry, 0, entry.frames) - expected
    assert 10 * np.log10(np.square(error).sum() / np.square(expected).sum()) < -75


def test_other_rates_and_stereo_come_in_as_mono_at_the_rate(tmp_path):
    for number in range(3):
        sound = swelling(hiss(number, 1), number)
        put(tmp_path / f"d/speech/{'abc'[number]}.wav", torch.cat([sound, 0 * sound]), 48000)
        put(tmp_path / f"d/noise/{'abc'[number]}.wav", swelling(hiss(9 + number, 1), 9 + number))
    pool = open_here(tmp_path, tmp_path / "d")
    (entry,) = pool.entries["speech", "train"]
    assert entry.frames == RATE // 3 + 1


def test_the_fingerprint_follows_the_data(tmp_path):
    root = write_corpus(tmp_path / "d")
    targets = parse("speech")
    before = fingerprint(sources_of(str(root), targets))
    assert before == fingerprint(sources_of(str(root), targets))
    shutil.copytree(root, tmp_path / "copy")
    assert before == fingerprint(sources_of(str(tmp_path / "copy"), targets))
    put(root / "noise/fan/0.wav", hiss(99, 2.5))
    changed = fingerprint(sources_of(str(root), targets))
    put(root / "noise/fan/1.wav", hiss(98, 2.5))
    grown = fingerprint(sources_of(str(root), targets))
    assert len({before, changed, grown}) == 3


def test_speakers_are_drawn_as_the_root_of_their_length(tmp_path):
    for number, seconds in enumerate((1, 4, 1, 1)):
        put(tmp_path / f"d/speech/{'abcd'[number]}/0.wav", swelling(tone(300, seconds), number))
        put(tmp_path / f"d/noise/{'abcd'[number]}/0.wav", swelling(hiss(number, 1), 9 + number))
    pool = open_here(tmp_path, tmp_path / "d")
    key = next(key for key, entries in pool.entries.items() if len(entries) > 1)
    entries = pool.entries[key]
    drawn = [pool.draw(*key, luck).group for luck in np.linspace(0, 0.9999, 3000)]
    roots = {entry.group: entry.frames**0.5 for entry in entries}
    for group, root in roots.items():
        share = drawn.count(group) / len(drawn)
        assert share == pytest.approx(root / sum(roots.values()), abs=0.01)
