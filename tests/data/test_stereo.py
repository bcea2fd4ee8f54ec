"""Pools and scenes of two channels: each recording keeps its image, and mono stays what it was."""

import json

import numpy as np
import pytest
import torch

from soundsieve.audio.io import read, write
from soundsieve.cli.scenes import main
from soundsieve.data.mixer import Mixer
from soundsieve.data.pool import open_pool
from soundsieve.data.prepare import prepare
from soundsieve.data.shards import write_shards
from soundsieve.data.sources import find_sources
from soundsieve.recipe import Effects
from soundsieve.target import parse
from tests.conftest import LAWS, hiss, swelling, tone

RATE = 44100
PARTS = "vocals,drums,bass,other"


def sided(path, left, right):
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, torch.cat([left, right]), 16000)


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    """Three songs whose parts are each on one side, the bass in mono."""
    root = tmp_path_factory.mktemp("songs") / "d"
    for song in range(3):
        for number, part in enumerate(("vocals", "drums", "bass", "other")):
            sound = swelling(tone(300 * (number + 1) + song, 2.5), 10 * song + number)
            silent = torch.zeros_like(sound)
            path = root / f"songs/song {'abc'[song]}/{part}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            if part == "bass":
                write(path, sound, 16000)
            else:
                sided(path, *((sound, silent) if number % 2 else (silent, sound)))
    for number in range(3):
        sided(root / f"noise/{'abc'[number]}.wav", hiss(number, 1.0), hiss(9 + number, 1.0))
    return root


@pytest.fixture(scope="module")
def opened(songs, tmp_path_factory):
    return open_pool(
        str(songs), RATE, parse(PARTS), cache=tmp_path_factory.mktemp("pools"), channels=2
    )


def test_a_recording_keeps_its_sides_and_mono_fills_both(opened):
    for stem, loud in (("vocals", [0, 1]), ("drums", [1, 0]), ("bass", [1, 1])):
        for entry in opened.entries[stem, "train"]:
            sound = opened.crop(entry, 1000, 20000)
            assert sound.shape == (2, 20000)
            assert [int(np.abs(side).max() > 1e-3) for side in sound] == loud
            assert np.allclose(opened.mono(entry, 1000, 20000), sound.mean(0))


def test_each_form_has_a_store_of_its_own_and_mono_keeps_its_name(songs, tmp_path):
    prepare(find_sources(songs), tmp_path / "mine", RATE)
    before = (tmp_path / f"mine/store-{RATE}.i16").read_bytes()
    pool = open_pool(str(tmp_path / "mine"), RATE, parse(PARTS), channels=2)
    assert {path.name for path in (tmp_path / "mine").glob("store-*")} == {
        *(f"store-{RATE}.i16", f"store-{RATE}.jsonl"),
        *(f"store-{RATE}x2.i16", f"store-{RATE}x2.jsonl"),
    }
    assert (tmp_path / f"mine/store-{RATE}.i16").read_bytes() == before
    assert (tmp_path / f"mine/store-{RATE}x2.i16").stat().st_size == 2 * len(before)
    assert pool.store.pcm.shape[1] == 2


def test_scenes_of_two_channels_add_up_with_every_effect(opened):
    names = [n for n, f in Effects.model_fields.items() if f.annotation is float]
    odds = {name: 1.0 for name in names if not name.endswith("_range")}
    gains = [target.gains(opened.scope) for target in parse(PARTS)]
    mixer = Mixer(opened, gains, segment=1.0, effects=Effects(**odds), **LAWS)
    scenes = mixer.scenes(range(4))
    assert scenes.stems.shape == (4, len(opened.scope), 2, RATE)
    assert scenes.sample_rate == RATE
    assert torch.isfinite(scenes.stems).all()
    torch.testing.assert_close(scenes.mixture, scenes.stems.sum(1))
    alone = mixer.scenes([2])
    assert torch.allclose(alone.stems[0], scenes.stems[2], atol=1e-5)


def test_swapped_channels_change_sides(opened):
    gains = [target.gains(opened.scope) for target in parse(PARTS)]
    settings = {**LAWS, "presence": {"music": 1.0}, "eq": 0.0, "segment": 0.5}
    plain, swapped = (
        Mixer(opened, gains, effects=Effects(swap=odds), **settings).scenes(
            range(4), absent=["noise"]
        )
        for odds in (0.0, 1.0)
    )
    assert torch.allclose(plain.stems.flip(2), swapped.stems, atol=1e-6)


def test_shards_keep_both_channels(songs, tmp_path):
    ready = prepare(find_sources(songs), tmp_path / "mine", RATE)
    pool = open_pool(str(tmp_path / "mine"), RATE, parse(PARTS), channels=2)
    ready = type(ready)(list(pool.sources), pool.store, {})
    write_shards(ready, tmp_path / "shards")
    again = open_pool(
        str(tmp_path / "shards"), RATE, parse(PARTS), cache=tmp_path / "cache", channels=2
    )
    one, other = (p.entries["drums", "train"][0] for p in (pool, again))
    assert np.allclose(pool.crop(one, 0, 9000), again.crop(other, 0, 9000), atol=1e-4)


def test_the_scenes_of_a_songs_model_are_written_as_it_hears_them(songs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["2", f"keep={PARTS}", f"data={songs}", "model=songs", "mix.segment=0.5", "out=look"]
    assert main(words) == 0
    audio, rate = read(tmp_path / "look/0000.mixture.wav")
    assert (rate, len(audio)) == (RATE, 2)
    parts = [read(path)[0] for path in (tmp_path / "look").glob("0000.*.wav")]
    assert len(json.loads((tmp_path / "look/scenes.json").read_text())["scenes"]) == 2
    assert all(part.shape == audio.shape for part in parts)
