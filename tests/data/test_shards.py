"""Shards are a pool on its way: what comes out of them sounds as what went in."""

import csv
import io
import json
import sys
import tarfile

import numpy as np
import pytest
import torch

from soundsieve.cli import main
from soundsieve.data import decoding
from soundsieve.data.mixer import Mixer
from soundsieve.data.pool import fingerprint, open_pool
from soundsieve.data.prepare import prepare
from soundsieve.data.shards import write_shards
from soundsieve.data.sources import find_sources
from soundsieve.errors import UserError
from soundsieve.target import parse
from tests.conftest import LAWS, RATE, hiss, put, swelling, tone

SMALL = 100_000  # bytes: three recordings of the corpus or so


@pytest.fixture(scope="module")
def ready(corpus, tmp_path_factory):
    return prepare(find_sources(corpus), tmp_path_factory.mktemp("pools") / "mine", RATE)


@pytest.fixture
def shards(ready, tmp_path):
    return write_shards(ready, tmp_path / "shards", SMALL)


@pytest.fixture
def opened(tmp_path):
    """Opens data as training does, with a cache of its own."""

    def run(path, keep="speech+music", cache="cache", rate=RATE):
        return open_pool(str(path), rate, parse(keep), cache=tmp_path / cache)

    return run


@pytest.fixture
def counted(monkeypatch):
    names = []
    decode = decoding.Decoder.decode

    def counting(self, source):
        names.append(source.path)
        return decode(self, source)

    monkeypatch.setattr(decoding.Decoder, "decode", counting)
    return names


def scenes_of(pool, keep="speech+music", split="train"):
    gains = [target.gains(pool.scope) for target in parse(keep)]
    return Mixer(pool, gains, segment=0.5, split=split, **LAWS).scenes(range(12))


@pytest.mark.parametrize("keep", ["speech+music", "vocals"])
def test_scenes_from_shards_are_those_of_the_pool(ready, shards, opened, keep):
    assert len(shards) > 3
    there, here = opened(shards[0].parent, keep), opened(ready.store.folder, keep)
    assert there.scope == here.scope
    for split in ("train", "valid"):
        one, other = (scenes_of(pool, keep, split) for pool in (there, here))
        assert torch.allclose(one.stems, other.stems, atol=1e-4)
    for stem in here.scope:
        mine, theirs = (pool.entries[stem, "test"] for pool in (there, here))
        assert [e.source.licence for e in mine] == [e.source.licence for e in theirs]
        for one, other in zip(mine, theirs, strict=True):
            difference = there.crop(one, 0, 8000) - here.crop(other, 0, 8000)
            assert np.abs(difference).max() < 1e-4


def test_equal_pools_make_equal_shards(ready, shards, tmp_path):
    again = write_shards(ready, tmp_path / "again", SMALL)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in shards]


def test_a_smaller_pool_leaves_no_shards_of_a_larger_one(ready, shards):
    assert len(write_shards(ready, shards[0].parent)) == 1
    assert [path.name for path in shards[0].parent.iterdir()] == ["000000.tar"]


def test_shards_are_read_once(shards, opened, counted):
    folder = shards[0].parent
    first = opened(folder)
    assert len(counted) == 39
    again = opened(folder)
    assert len(counted) == 39
    assert fingerprint(again.sources) == fingerprint(first.sources)
    named = opened(f"{folder}/{{000000..{len(shards) - 1:06d}}}.tar", cache="other")
    assert fingerprint(named.sources) == fingerprint(first.sources)


def test_shards_come_through_a_pipe(shards, opened, ready):
    pool = opened(f"pipe:cat {shards[0]}", "bass")
    here = opened(ready.store.folder, "bass")
    assert pool.sources[0].path.name == here.sources[0].path.name
    assert (pool.store.crop(0, 0, 8000) == here.store.crop(0, 0, 8000)).all()


def test_reading_goes_on_where_it_was_interrupted(shards, opened, counted, monkeypatch):
    decode = decoding.Decoder.decode

    def pressed(self, source):
        if len(counted) == 20:
            raise KeyboardInterrupt
        return decode(self, source)

    with pytest.raises(KeyboardInterrupt), pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding.Decoder, "decode", pressed)
        opened(shards[0].parent)
    opened(shards[0].parent)
    assert 39 <= len(counted) <= 39 + 4  # those that were under way


@pytest.mark.parametrize("keep", ["a half", "whole samples"])
def test_a_shard_that_breaks_off_is_said_in_one_line(shards, opened, keep):
    data = shards[1].read_bytes()
    with tarfile.open(shards[1]) as tar:
        second = tar.getmembers()[2].offset
    shards[1].write_bytes(data[: len(data) // 2 if keep == "a half" else second])
    with pytest.raises(UserError, match="000001.tar: expected a whole tar shard, .* breaks off"):
        opened(shards[0].parent)
    shards[1].write_bytes(data)
    assert len(opened(shards[0].parent).sources) == 39


def test_what_is_no_shard_is_said_in_one_line(tmp_path, opened):
    with pytest.raises(UserError, match=r"no shard at .*0.tar \(2 of 2 are missing\)"):
        opened(tmp_path / "{0..1}.tar")
    (tmp_path / "0.tar").write_bytes(b"no tar at all")
    with pytest.raises(UserError, match="breaks off after 0 recordings"):
        opened(tmp_path / "0.tar")
    with pytest.raises(UserError, match="breaks off after 0 recordings"):
        opened("pipe:cat " + str(tmp_path / "nowhere.tar") + " 2>&1 >/dev/null")


def test_without_webdataset_one_is_told_what_to_install(shards, opened, monkeypatch):
    monkeypatch.setitem(sys.modules, "webdataset.shardlists", None)
    with pytest.raises(UserError, match=r"install soundsieve\[shards\]"):
        opened(shards[0].parent)


def packed(path, samples):
    with tarfile.open(path, "w") as tar:
        for name, data in samples:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return path


def test_shards_of_others_need_a_stem_and_are_split_here(tmp_path, opened):
    samples = []
    for number in range(12):
        stem = "speech" if number % 2 else "noise"
        sound = swelling(tone(300 + number, 0.6) if number % 2 else hiss(number, 0.6), number)
        wav = put(tmp_path / "x.wav", sound, 2 * RATE).read_bytes()
        about = json.dumps({"stem": stem}).encode()
        samples += [(f"a/{number}.wav", wav), (f"a/{number}.json", about)]
    pool = opened(packed(tmp_path / "others.tar", samples), "speech")
    assert {source.split for source in pool.sources} == {"train", "valid", "test"}
    assert pool.store.facts(pool.sources[0]).sample_rate == 2 * RATE
    assert pool.entries["speech", "valid"][0].frames == pytest.approx(0.3 * RATE, abs=2)


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        ([("0.json", b"{}")], "sample 0 has json; expected json with a table and one of flac"),
        ([("0.wav", b"")], "sample 0 has wav; expected json"),
        ([("0.wav", b""), ("0.json", b"[]")], "expected json with a table"),
        ([("0.wav", b""), ("0.json", b'{"stem": "spech"}')], "Did you mean 'speech'"),
        ([("0.wav", b"none"), ("0.json", b'{"stem": "speech"}')], "prepare it again"),
    ],
)
def test_a_sample_that_says_too_little_is_said_in_one_line(tmp_path, opened, sample, said):
    with pytest.raises(UserError, match=said) as caught:
        opened(packed(tmp_path / "0.tar", sample), "speech")
    assert len(str(caught.value).splitlines()) == 1


def test_prepare_writes_shards_when_asked(corpus, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["prepare", f"speech={corpus / 'speech'}", "name=mine", "shards=yes"]) == 0
    assert "1 shards: data=pools/mine/shards" in capsys.readouterr().out
    with tarfile.open("pools/mine/shards/000000.tar") as tar:
        about = json.load(tar.extractfile(tar.next()))
    with open("pools/mine/manifest.csv", newline="") as file:
        row = next(csv.DictReader(file))
    assert about["name"] == row["path"].split("/")[-1]
    assert all(about[name] == row[name] for name in ("stem", "split", "group", "song", "licence"))
