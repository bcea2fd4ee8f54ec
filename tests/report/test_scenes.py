"""Scenes as files: they add up, and the JSON says all that was drawn."""

import json

import numpy as np
import pytest
import torch

from soundsieve.audio.io import read
from soundsieve.cli.scenes import main
from soundsieve.errors import UserError
from soundsieve.recipe import Effects
from soundsieve.report.scenes import distributions, write_scenes


def test_written_stems_add_up_to_the_written_mixture(mixers, tmp_path):
    mixer = mixers("speech+music", effects=Effects(room=1.0, clip=1.0, codec=0.1))
    paths = list(write_scenes(tmp_path, mixer, 3, "speech+music"))
    assert [path.name for path in paths] == [f"000{n}.mixture.wav" for n in range(3)]
    for path in paths:
        mixture, rate = read(path)
        stems = [read(path.with_name(f"{path.name[:4]}.{s}.wav"))[0] for s in present(path, mixer)]
        assert rate == mixer.sample_rate
        assert torch.allclose(sum(stems), mixture, atol=1e-6)
    about = json.loads((tmp_path / "scenes.json").read_text())
    assert len(about["scenes"]) == 3 and about["keep"] == "speech+music"
    first = about["scenes"][0]
    assert {"snr", "level", "present", "t60", "clip", "codec", "eq", "files"} <= set(first)
    assert set(first["present"]) == set(mixer.scope)
    assert (tmp_path / "scenes.png").stat().st_size > 10_000


def present(path, mixer):
    return [s for s in mixer.scope if path.with_name(f"{path.name[:4]}.{s}.wav").exists()]


def test_a_picture_of_scenes_without_rooms_says_so():
    draws = {
        "snr": np.array([1.0, np.nan]),
        "level": np.array([-20.0, -30.0]),
        "present": np.array([[True, False], [True, True]]),
    }
    titles = [axes.get_title() for axes in distributions(draws, ("speech", "noise")).axes]
    assert titles == ["no SNR: target or rest absent: 50%", "", "presence", "no room: 100%"]


def test_the_verb_writes_as_many_scenes_as_asked(corpus, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["2", "keep=speech+music", f"data={corpus}", "mix.segment=0.5", "out=look"]
    assert main(words) == 0
    assert len(list((tmp_path / "look").glob("*.mixture.wav"))) == 2
    assert "2 scenes in look" in capsys.readouterr().out
    for name in ("0001.notes.wav", "0007.speech.wav"):
        (tmp_path / "look" / name).touch()  # somebody else's
    assert main(["1", *words[1:]]) == 0
    others = sorted(path.name for path in (tmp_path / "look").glob("000[1-9].*"))
    assert others == ["0001.notes.wav", "0007.speech.wav"]


@pytest.mark.parametrize("text", ["{", "[]", '{"scenes": [3]}'])
def test_a_list_of_somebody_else_is_left_as_it_is(mixers, tmp_path, text):
    (tmp_path / "scenes.json").write_text(text)
    with pytest.raises(UserError, match="no list of ours"):
        next(write_scenes(tmp_path, mixers("speech+music"), 3, "speech+music"))
    assert (tmp_path / "scenes.json").read_text() == text


def test_scenes_of_an_interrupted_call_are_known(mixers, tmp_path):
    written = write_scenes(tmp_path, mixers("speech+music"), 3, "speech+music")
    next(written)
    written.close()
    assert len(json.loads((tmp_path / "scenes.json").read_text())["scenes"]) == 1


@pytest.mark.parametrize("words", [["0"], ["2", "3", "x"], ["split=night"]])
def test_words_that_make_no_sense_are_refused_in_one_line(words):
    with pytest.raises(UserError):
        main(words)
