"""The starter corpus: what it holds, how it is split, and that every file is sound."""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).parents[2] / "src/soundsieve/data/starter"
SPLITS = ("train", "valid", "test")
SONG_STEMS = ("vocals", "drums", "bass", "other")
NOISES = ("stationary", "nonstationary", "transient")
STEMS = ("speech", *SONG_STEMS, *NOISES, "prompts")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    """The manifest."""
    with open(ROOT / "manifest.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def of(rows: list[dict[str, str]], *stems: str) -> list[dict[str, str]]:
    """The rows of some stems."""
    return [row for row in rows if row["stem"] in stems]


def different(rows: list[dict[str, str]], column: str) -> set[str]:
    """The different values of one column."""
    return {row[column] for row in rows}


def test_the_corpus_takes_at_most_ten_megabytes():
    assert sum(path.stat().st_size for path in ROOT.rglob("*") if path.is_file()) <= 10_000_000


def test_manifest_and_folder_name_the_same_files(rows):
    files = {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.ogg")}
    assert files == different(rows, "path")
    assert len(files) == len(rows)
    assert different(rows, "stem") == set(STEMS)
    assert different(rows, "licence") == {"CC0-1.0"}


def test_it_has_the_voices_languages_songs_noises_and_prompts_promised(rows):
    speech, prompts = of(rows, "speech"), of(rows, "prompts")
    assert len(different(speech, "voice")) >= 16
    assert len(different(speech, "language")) >= 8
    assert len(different(of(rows, *SONG_STEMS), "song")) >= 14
    assert len(different(of(rows, *NOISES), "kind")) >= 40
    assert len(of(rows, *NOISES)) >= 60
    assert len(different(prompts, "group")) >= 40
    assert len(different(prompts, "language")) >= 3
    assert sum(row["kind"] != "plain" for row in prompts) > len(prompts) / 2


def test_no_voice_song_noise_kind_or_sentence_is_in_two_splits(rows):
    seen = defaultdict(set)
    for row in rows:
        seen[row["stem"], row["group"]].add(row["split"])
    assert all(len(splits) == 1 for splits in seen.values())


def test_every_split_has_every_stem(rows):
    assert {(row["split"], row["stem"]) for row in rows} == {(s, t) for s in SPLITS for t in STEMS}


def test_prompt_voices_read_no_speech(rows):
    assert not different(of(rows, "prompts"), "voice") & different(of(rows, "speech"), "voice")
    assert "" not in different(of(rows, "prompts", "speech"), "voice")


def test_a_song_has_four_stems_of_twenty_seconds_each(rows):
    songs = defaultdict(dict)
    for row in of(rows, *SONG_STEMS):
        songs[row["song"]][row["stem"]] = soundfile.info(ROOT / row["path"])
    for stems in songs.values():
        assert set(stems) == set(SONG_STEMS)
        assert {(info.frames, info.samplerate) for info in stems.values()} == {(960_000, 48_000)}


def test_the_stems_of_a_song_sum_below_full_scale(rows):
    for song in sorted(different(of(rows, "vocals"), "song"))[::9]:
        stems = [soundfile.read(ROOT / f"songs/{song}/{stem}.ogg")[0] for stem in SONG_STEMS]
        assert np.abs(sum(stems)).max() < 1.0


def test_no_clip_is_silent_clipped_or_broken(rows):
    # The script looks at every file as it writes it; a fifth of them is enough here.
    for row in rows[::5]:
        audio, sample_rate = soundfile.read(ROOT / row["path"], dtype="float32")
        assert audio.ndim == 1 and np.isfinite(audio).all(), row["path"]
        assert abs(len(audio) / sample_rate - float(row["seconds"])) < 0.001, row["path"]
        assert np.abs(audio).max() < 10 ** (-1 / 20), row["path"]
        assert 20 * np.log10(np.sqrt(np.mean(audio**2))) > -42, row["path"]


def test_speech_is_at_a_speaking_level_in_clips_of_a_few_seconds(rows):
    for row in of(rows, "speech")[::8]:
        audio, sample_rate = soundfile.read(ROOT / row["path"])
        frames = audio[: len(audio) // 480 * 480].reshape(-1, sample_rate // 50)
        power = np.mean(frames**2, axis=1)
        active = 10 * np.log10(np.mean(power[power > power.max() * 1e-4]))
        assert -25 < active < -17, row["path"]
        assert 3.9 < float(row["seconds"]) < 12.1, row["path"]
