"""Whole songs by museval: what a frame, a song and all songs score, and files in its layout."""

import io
import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from rich.console import Console
from rich.progress import Progress

from soundsieve.errors import UserError
from soundsieve.evaluation import hpss
from soundsieve.evaluation import songs as module
from soundsieve.evaluation.bss_eval import EXTRA, median, over_songs, sdr_scores, track_scores
from soundsieve.evaluation.command import SONG_BASELINES, estimator, evaluate, show_songs
from soundsieve.evaluation.estimators import MixtureEstimator, OracleEstimator
from soundsieve.evaluation.songs import is_songs, measure_of, score_songs, song_of
from soundsieve.recipe import Recipe
from soundsieve.stems import STEMS
from tests.conftest import RATE, hiss, needs_ffmpeg, put, swelling, tone

KEEP = "vocals,drums,bass,other"


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=200)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Three songs in parts, a split each, the second without vocals."""
    root = tmp_path_factory.mktemp("songs") / "d"
    lines = ["path,stem,split,song"]
    for song, split in enumerate(("train", "valid", "test")):
        for number, part in enumerate(KEEP.split(",")):
            if (part, split) != ("vocals", "valid"):
                sound = swelling(tone(300 * (number + 1) + song, 3.0), 10 * song + number)
                put(root / f"{split}-{part}.wav", sound + hiss(number, 3.0, -70))
                lines.append(f"{split}-{part}.wav,{part},{split},{split}")
    (root / "manifest.csv").write_text("\n".join(lines))
    return root


@pytest.fixture
def recipe(root):
    return Recipe.model_validate({"keep": KEEP, "data": str(root), "score": {"split": "test"}})


@pytest.fixture
def pool(root, recipe, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    from soundsieve.data.opening import pool_of

    return pool_of(recipe, Progress(console=Console(quiet=True)))


@needs_ffmpeg
def test_the_sdr_of_a_frame_is_its_error_under_the_reference():
    pytest.importorskip("museval")
    references = torch.stack([hiss(0, 3.0), hiss(1, 3.0)]).expand(-1, 2, -1)
    error = 0.1 * torch.stack([hiss(2, 3.0), hiss(3, 3.0)]).expand(-1, 2, -1)
    track = track_scores("a", ["drums", "bass"], references + error, references, RATE)
    assert [target["name"] for target in track["targets"]] == ["drums", "bass"]
    assert [frame["time"] for frame in track["targets"][0]["frames"]] == [0, 1, 2]
    for value in median(track).values():
        assert value == pytest.approx(20, abs=0.3)


def test_songs_are_medians_of_medians_and_leave_out_what_has_no_score():
    def track(**frames):
        return {
            "targets": [
                {"name": name, "frames": [{"metrics": {"SDR": value}} for value in values]}
                for name, values in frames.items()
            ]
        }

    tracks = {
        "a": track(drums=[1.0, 2.0, 9.0], vocals=[math.nan, math.nan]),
        "b": track(drums=[4.0, math.nan], vocals=[6.0]),
        "c": track(drums=[7.0]),
    }
    assert median(tracks["a"])["drums"] == 2
    assert math.isnan(median(tracks["a"])["vocals"])
    assert over_songs(tracks) == {"drums": 4.0, "vocals": 6.0}


@needs_ffmpeg
def test_our_medians_are_those_of_museval():
    museval = pytest.importorskip("museval")
    references = torch.stack([hiss(0, 3.0), hiss(1, 3.0)])
    tracks = {
        name: track_scores(
            name, ["drums", "bass"], references + level * hiss(9, 3.0), references, RATE
        )
        for name, level in (("a", 0.1), ("b", 0.3), ("c", 0.5))
    }
    store = museval.EvalStore(frames_agg="median", tracks_agg="median")
    for name, track in tracks.items():
        store.add_track(museval.json2df(track, name))
    frame = store.agg_frames_tracks_scores()
    for target, value in over_songs(tracks).items():
        assert frame[target]["SDR"] == pytest.approx(value, abs=1e-4)


@needs_ffmpeg
def test_a_song_without_vocals_is_scored_on_the_rest(pool, recipe, console, tmp_path):
    pytest.importorskip("museval")
    valid = recipe.model_copy(update={"score": recipe.score.model_copy(update={"split": "valid"})})
    estimators = [MixtureEstimator(), OracleEstimator("ratio")]
    scores = score_songs(estimators, pool, valid, Progress(console=Console(quiet=True)))
    show_songs(scores, tmp_path / "out", console)
    found = json.loads((tmp_path / "out/songs.json").read_text())
    (songs,) = {tuple(of) for of in found["songs"].values()}
    assert len(songs) == 1
    assert set(found["median"]["mixture"]) == {"drums", "bass", "other"}
    assert found["median"]["oracle/ratio"]["drums"] > found["median"]["mixture"]["drums"] + 5
    (file,) = (tmp_path / "out/museval/oracle-ratio/valid").glob("*.json")
    target = json.loads(file.read_text())["targets"][0]
    assert set(target["frames"][0]["metrics"]) == {"SDR", "SIR", "ISR", "SAR"}
    assert found["about"]["train_seconds"]["vocals"] == pytest.approx(3.0, abs=0.1)
    assert "median SDR, dB" in console.file.getvalue()


@needs_ffmpeg
def test_the_verb_scores_whole_songs_of_data_that_is_songs(recipe, console, tmp_path, monkeypatch):
    pytest.importorskip("museval")
    pytest.importorskip("librosa")
    monkeypatch.chdir(tmp_path)
    assert evaluate(["mixture"], recipe, tmp_path / "out", console) is None
    found = json.loads((tmp_path / "out/songs.json").read_text())
    assert list(found["median"]) == list(SONG_BASELINES)
    assert not (tmp_path / "out/scores.json").exists()


@needs_ffmpeg
def test_one_target_is_scored_beside_all_the_rest(pool, recipe):
    pytest.importorskip("museval")
    vocals = recipe.model_copy(update={"keep": "vocals"})
    scores = score_songs([MixtureEstimator()], pool, vocals, Progress(console=Console(quiet=True)))
    (track,) = scores.tracks["mixture"].values()
    assert [target["name"] for target in track["targets"]] == ["vocals", "accompaniment"]


def test_a_song_without_the_target_is_left_out(pool, recipe):
    changes = {"keep": "vocals", "score": recipe.score.model_copy(update={"split": "valid"})}
    with pytest.raises(UserError, match="no song of the valid split has any of keep=vocals"):
        score_songs(
            [MixtureEstimator()],
            pool,
            recipe.model_copy(update=changes),
            Progress(console=Console(quiet=True)),
        )


def test_without_librosa_songs_are_scored_all_the_same(recipe, console, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("soundsieve.evaluation.command.find_spec", lambda name: None)
    assert evaluate(["mixture"], recipe, tmp_path / "out", console, songs="sdr") is None
    found = json.loads((tmp_path / "out/songs.json").read_text())
    assert list(found["median"]) == ["mixture", "oracle/ratio"]


def test_a_whole_song_is_the_sum_of_its_parts(pool):
    (parts,) = pool.songs("test", pool.scope).values()
    scenes = song_of(pool, parts)
    whole = sum(pool.crop(entry, 0, entry.frames) for entry in parts.values())
    assert np.allclose(scenes.mixture[0].numpy(), whole, atol=1e-6)


@pytest.mark.parametrize("silent", [False, True])
@needs_ffmpeg
def test_the_sdr_alone_is_that_of_museval(silent):
    pytest.importorskip("museval")
    references = torch.stack([swelling(hiss(0, 3.4), 5), hiss(1, 3.4)]).expand(-1, 2, -1).clone()
    references[0, :, RATE : 2 * RATE] = 0  # a frame without a score
    estimates = references + 0.2 * torch.stack([hiss(2, 3.4), hiss(3, 3.4)])
    estimates[1] *= not silent
    ours, theirs = (
        measure("a", ["drums", "bass"], estimates, references, RATE)
        for measure in (sdr_scores, track_scores)
    )
    for one, other in zip(ours["targets"], theirs["targets"], strict=True):
        assert [frame["time"] for frame in one["frames"]] == [f["time"] for f in other["frames"]]
        values = [[frame["metrics"]["SDR"] for frame in of["frames"]] for of in (one, other)]
        assert np.allclose(*values, atol=1e-4, equal_nan=True)
        assert math.isnan(values[0][1]) and not math.isnan(values[0][0])


def test_without_museval_one_line_says_how_to_get_it(pool, recipe, console, monkeypatch):
    monkeypatch.setattr(module, "is_installed", lambda: False)
    assert measure_of("auto", pool, recipe, console) is sdr_scores
    assert console.file.getvalue().splitlines() == [EXTRA]
    with pytest.raises(UserError, match=r"soundsieve\[songs\]"):
        measure_of("museval", pool, recipe, console)
    assert measure_of("no", pool, recipe, console) is None


def test_data_that_is_not_only_songs_is_scored_on_scenes(pools, recipe, console):
    mixed = pools("vocals")
    assert not is_songs(mixed, "test", STEMS)
    assert measure_of("auto", mixed, recipe, console) is None
    with pytest.raises(UserError, match="songs in parts and nothing else"):
        measure_of("sdr", mixed, recipe, console)


def test_what_is_percussive_goes_to_the_drums_and_the_rest_to_the_others():
    pytest.importorskip("librosa")
    clicks = torch.zeros(1, 2 * RATE)
    clicks[:, 1000 :: RATE // 4] = 0.5
    harmonic, percussive = hpss.split(tone(440, 2.0) + clicks)
    inside = slice(2000, -2000)
    assert (percussive - clicks)[:, inside].square().sum() < clicks.square().sum()
    assert (harmonic - tone(440, 2.0))[:, inside].square().sum() < 0.2 * clicks.square().sum()
    scenes = SimpleNamespace(mixture=(tone(440, 2.0) + clicks)[None], scope=("drums", "bass"))
    drums, bass = estimator("classical/hpss", Recipe()).estimate(scenes, [(1, 0), (0, 1)])[0]
    assert torch.allclose(drums, percussive) and torch.allclose(bass, harmonic)
