"""STEMS files, written by stempeg and read through musdb."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from soundsieve.data import musdb
from soundsieve.data.corpora import CORPORA
from soundsieve.data.pool import open_pool
from soundsieve.data.prepare import prepare
from soundsieve.errors import UserError
from soundsieve.target import parse

TONES = {"mixture": 1000, "drums": 200, "bass": 440, "other": 880, "vocals": 1760}
SONGS = ("train/Leaf - Wicked", "train/Leaf - Summerghost", "train/Flags - 54", "test/PR - Oh No")
# In a process of its own: stempeg leaves files open, and warnings are errors here.
WRITE = """
import sys, numpy as np, stempeg
time = np.arange(88200) / 44100
tones = [np.sin(2 * np.pi * float(f) * time) * 0.2 for f in sys.argv[2:]]
stems = np.stack([np.stack([tone, tone], 1) for tone in tones])
stempeg.write_stems(sys.argv[1], stems, sample_rate=44100, writer=stempeg.StreamsWriter())
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    if not shutil.which("ffmpeg"):  # musdb does not even import without it
        pytest.skip("needs ffmpeg, which STEMS files are written and read with")
    pytest.importorskip("musdb", reason="needs soundsieve[musdb]")
    root = tmp_path_factory.mktemp("data") / "musdb18"
    for number, song in enumerate(SONGS):
        path = root / f"{song}.stem.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        tones = [str(tone + number) for tone in TONES.values()]
        subprocess.run([sys.executable, "-c", WRITE, str(path), *tones], check=True)
    return root


@pytest.mark.parametrize("stem", TONES)
def test_each_stream_is_the_stem_that_it_is_called(root, stem):
    audio, rate = musdb.read(root / f"{SONGS[0]}.stem.mp4", stem)
    assert audio.shape[0] == 2 and rate == 44100
    loudest = torch.fft.rfft(audio[0]).abs().argmax() * rate / audio.shape[1]
    assert float(loudest) == pytest.approx(TONES[stem], abs=2)


def test_a_broken_file_is_one_line(root, tmp_path):
    whole = (root / f"{SONGS[0]}.stem.mp4").read_bytes()
    broken = tmp_path / "broken.stem.mp4"
    for data in (b"", b"text" * 100, whole[: len(whole) // 2]):
        broken.write_bytes(data)
        with pytest.raises(UserError, match="copy it again") as error:
            musdb.read(broken, "vocals")
        assert "\n" not in str(error.value)
    with pytest.raises(UserError, match="no such file"):
        musdb.read(tmp_path / "gone.stem.mp4", "vocals")


def test_an_incomplete_root_says_which_songs_are_missing(root):
    corpus = CORPORA["musdb"]
    assert corpus.root(root.parent) == root
    lines = corpus.missing(root)
    assert lines[:2] == ["train/ has 3 of 100 songs", "test/ has 1 of 50 songs"]
    assert lines[2].startswith("146 songs are not here: A Classic Education - NightOwl, ")
    assert "Zeno - Signs" in lines[2] and "Leaf - Wicked" not in lines[2]


def test_a_pool_of_songs_is_split_as_musdb_is(root, tmp_path):
    found = CORPORA["musdb"].sources(root)
    ready = prepare(found, tmp_path / "musdb", 16000)
    assert not ready.dropped
    split = {source.song.removeprefix("musdb "): source.split for source in ready.sources}
    assert split["Leaf - Summerghost"] == "valid"  # one of the fourteen
    assert split["Leaf - Wicked"] == "train" and split["PR - Oh No"] == "test"
    pool = open_pool(str(tmp_path / "musdb"), 16000, parse("vocals,drums,bass,other"))
    assert pool.scope == ("vocals", "drums", "bass", "other")
    assert set(pool.songs("train", pool.scope)) == {"musdb Flags - 54", "musdb Leaf - Wicked"}
