"""`recipe prepare` and `recipe list corpora` as one types them."""

import csv

import pytest
import torch

from soundsieve.cli import main
from soundsieve.data.corpora import CORPORA
from tests.conftest import hiss, needs_ffmpeg, put, swelling, write_corpus


@pytest.fixture
def here(tmp_path, monkeypatch):
    write_corpus(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


def refusal(capsys, *words):
    assert main(["prepare", *words]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1, said
    return said[0]


def stems(pool):
    with (pool / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return {row["stem"] for row in csv.DictReader(file)}


def test_a_keyword_a_stem_makes_a_pool(here, capsys):
    words = ["speech=data/speech", "noise=data/noise", "songs=data/songs", "name=mine"]
    assert main(["prepare", *words, "licence=CC0-1.0"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("pools/mine: 27 recordings at 16000 Hz")
    assert "licences: CC0-1.0 (27)" in said
    assert "recipe run keep=speech+music data=pools/mine" in said
    assert stems(here / "pools/mine") == {"speech", "noise", "vocals", "drums", "bass", "other"}


def test_a_folder_gives_the_pool_its_name(here, capsys):
    assert main(["prepare", "data", "out=elsewhere", "sample_rate=8000", "workers=1"]) == 0
    assert "elsewhere/data: 39 recordings at 8000 Hz" in capsys.readouterr().out


def test_a_stem_may_stand_twice(here, capsys):
    put(here / "more/x.wav", swelling(hiss(1, 0.5), 1))
    assert main(["prepare", "noise=data/noise", "noise=more", "name=n"]) == 0
    assert "pools/n: 4 recordings" in capsys.readouterr().out


def test_pairs_give_clean_and_noise(here, capsys):
    for number in range(4):
        clean, noise = swelling(hiss(number, 0.5), number), hiss(50 + number, 0.5, -30)
        put(here / f"pairs/clean/{number}.wav", clean)
        put(here / f"pairs/noisy/{number}.wav", clean + noise)
    assert main(["prepare", "pairs=pairs", "clean=music", "name=p"]) == 0
    assert stems(here / "pools/p") == {"music", "noise"}


@needs_ffmpeg  # without it, text may be a kind of sound that it knows
def test_what_is_left_out_is_in_the_report(here, capsys):
    (here / "data/speech/talker a/broken.wav").write_text("no sound at all")
    assert main(["prepare", "speech=data/speech", "name=mine"]) == 0
    said = capsys.readouterr().out
    assert "left out 1 (all in pools/mine/dropped.csv):" in said
    assert "1 are no audio: data/speech/talker a/broken.wav" in said


def test_a_corpus_says_what_it_lacks(here, capsys):
    for place in ("TCAR", "TBUS", "NPARK"):
        put(here / f"DEMAND/{place}/ch01.wav", swelling(hiss(len(place), 0.5), ord(place[1])))
    assert main(["prepare", "demand"]) == 0  # found beside us
    said = capsys.readouterr().out
    assert "demand: 15 of 18 places are missing: DKITCHEN/ch01.wav" in said
    assert main(["prepare", "demand", f"root={here}"]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nothing is named"),
        (("speech=data/speech",), "name= is missing"),
        (("speech=data/speech", "name=a/b"), "expected a plain name"),
        (("speech=nowhere", "name=x"), "speech=nowhere: no such folder"),
        (("speech=", "name=x"), "no such folder"),
        (("songs=data/noise", "name=x"), "nothing in it; expected a folder a song"),
        (("pairs=data", "name=x"), "expected noisy/ and clean/"),
        (("manifest=m.csv", "name=x"), "no such file"),
        (("data", "speach=x"), "Did you mean 'speech'?"),
        (("musdp",), "Did you mean 'musdb'?"),
        (("data/nowhere",), "no folder here and no corpus"),
        (("data", "workers=0"), "whole number"),
        (("data", "max_clipped=2"), "a share from 0 to 1"),
        (("data", "fresh=maybe"), "yes or no"),
        (("dnr",), "write root=FOLDER, which holds dnr_v2"),
        (("esc50", "root=data"), "the list of clips is not here"),
        (("musan", "download=yes"), "no library fetches musan"),
    ],
)
def test_a_wrong_word_is_one_line(here, capsys, words, said):
    assert said in refusal(capsys, *words)
    assert not (here / "pools").exists()


def test_a_pool_name_that_is_taken_by_recordings_is_refused(here, capsys):
    (here / "data/manifest.csv").write_text("path,stem\n")
    assert "choose another" in refusal(capsys, "speech=data/speech", "out=.", "name=data")


def test_corpora_are_listed_with_all_that_one_has_to_know(here, capsys):
    (here / "musan").mkdir()
    assert main(["list", "corpora"]) == 0
    said = capsys.readouterr().out
    for name, corpus in CORPORA.items():
        assert f"{name}: {corpus.about}" in said and corpus.licence in said
    assert "here     musan" in said
    assert "not found; recipe prepare dnr root=FOLDER" in said
    assert "://" not in said


def test_a_pool_in_stereo_has_a_store_of_its_own(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in "abc":
        sound = swelling(hiss(ord(name), 1), ord(name))
        put(tmp_path / f"in/{name}.wav", torch.cat([sound, 0.5 * sound]))
    assert main(["prepare", "noise=in", "name=mine", "sample_rate=22050", "channels=2"]) == 0
    assert "at 22050 Hz in stereo" in capsys.readouterr().out
    assert (tmp_path / "pools/mine/store-22050x2.i16").stat().st_size == 3 * 22050 * 2 * 2
    assert main(["prepare", "noise=in", "name=other", "channels=3"]) == 2
