"""Scoring: the same scenes for all, every number where it belongs, and files that say it."""

import csv
import json
import math
from collections import Counter

import numpy as np
import pytest
import torch

from soundsieve.errors import UserError
from soundsieve.evaluation.estimators import MixtureEstimator, OracleEstimator
from soundsieve.evaluation.scores import INTERFERENCE_ALONE, MIXED, TARGET_ALONE
from soundsieve.evaluation.scoring import draw, measures, score_scenes

from .conftest import SCOPE, ToneMixer


class Suppressed:
    """Lets 0.1 of the noise and 0.5 of the speech through: what the measures should say of it."""

    name = "suppressed"

    def estimate(self, scenes, gains):
        return scenes.target((0.5, 1, 0.1)).unsqueeze(1).repeat(1, len(gains), 1, 1)


class Broken:
    name = "broken"

    def estimate(self, scenes, gains):
        return torch.full((len(scenes.stems), len(gains), *scenes.mixture.shape[1:]), torch.nan)


@pytest.fixture
def scores(mixer, recipe, progress):
    estimators = [Suppressed(), MixtureEstimator(), OracleEstimator("ratio")]
    return score_scenes(estimators, mixer, recipe, progress)


def test_levels_and_attenuations_are_those_of_the_stems(scenes):
    found = measures(scenes.target((0.5, 1, 0.1)), scenes, (1, 1, 0))
    assert found["level speech"].tolist() == pytest.approx([-6.02] * 2, abs=0.01)
    assert found["level music"].tolist() == pytest.approx([0, 0], abs=0.01)
    assert found["attenuation noise"].tolist() == pytest.approx([20, 20], abs=0.01)


def test_the_mixture_improves_nothing(scores):
    groups = scores.summary()["scores"]["speech+music"]["mixture"]
    assert groups["all"]["si_sdr_improvement"]["mean"] == 0
    assert groups["snr -5"]["si_sdr"]["mean"] == pytest.approx(-5, abs=0.1)
    assert groups["all"]["attenuation noise"]["mean"] == pytest.approx(0, abs=0.01)


def test_where_nothing_is_to_be_removed_nothing_can_improve(scores):
    found = scores.summary()["scores"]["speech+music"]["mixture"]["target alone"]
    assert "si_sdr" in found
    assert found.get("si_sdr_improvement", {"mean": None})["mean"] is None


def test_every_estimator_is_scored_on_the_same_scenes(scores):
    scenes = [[row.scene for row in scores.of("speech+music", name)] for name in scores.estimators]
    assert scenes[0] == scenes[1] == scenes[2]
    counts = Counter(heard for heard, _, _ in scenes[0])
    assert counts == {MIXED: 8, TARGET_ALONE: 4, INTERFERENCE_ALONE: 4}


def test_groups_are_by_snr_and_by_noise(scores):
    groups = scores.summary()["scores"]["speech+music"]["suppressed"]
    assert {"all", "snr -5", "snr 5", "texture stationary", "kind hiss", "kind rain"} < set(groups)
    assert groups["kind hiss"]["si_sdr"]["n"] == 4


def test_where_nothing_is_to_be_kept_the_estimate_is_measured_against_the_mixture(scores):
    groups = scores.summary()["scores"]["speech+music"]["suppressed"]
    alone = groups[INTERFERENCE_ALONE]
    assert alone["attenuation"]["mean"] == pytest.approx(20, abs=0.01)
    assert "si_sdr" not in alone
    assert "attenuation" not in groups["all"]


def test_differences_are_paired(scores):
    pairs = scores.summary()["differences"]["speech+music"]
    first = pairs[0]
    assert (first["of"], first["against"]) == ("suppressed", "mixture")
    groups = scores.summary()["scores"]["speech+music"]
    difference = groups["suppressed"]["all"]["si_sdr"]["mean"]
    difference -= groups["mixture"]["all"]["si_sdr"]["mean"]
    assert first["si_sdr"]["mean"] == pytest.approx(difference, abs=1e-3)
    assert first["si_sdr"]["low"] <= first["si_sdr"]["mean"] <= first["si_sdr"]["high"]


def test_files_hold_the_means_and_every_scene(scores, tmp_path):
    scores.save(tmp_path)
    text = (tmp_path / "scores.json").read_text()
    assert json.loads(text) == json.loads(json.dumps(scores.summary()))
    assert "NaN" not in text
    about = json.loads(text)["about"]
    assert about["seed"] == 1
    assert "commit" in about["versions"]
    with (tmp_path / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * 16
    assert float(rows[0]["si_sdr"]) == pytest.approx(scores.rows[0].values["si_sdr"], abs=1e-3)
    assert {path.name for path in tmp_path.iterdir()} == {"scores.json", "scores.csv"}


def test_the_same_scenes_have_the_same_scores(mixer, recipe, progress, scores):
    again = score_scenes([Suppressed()], mixer, recipe, progress)
    mine = [row.values for row in scores.of("speech+music", "suppressed")]
    np.testing.assert_equal([row.values for row in again.rows], mine)


def test_the_batch_does_not_matter(mixer, recipe, progress, scores, monkeypatch):
    monkeypatch.setattr("soundsieve.evaluation.scoring.BATCH_SAMPLES", 8000)
    again = score_scenes([OracleEstimator("ratio")], mixer, recipe, progress)
    for one, other in zip(again.rows, scores.of("speech+music", "oracle/ratio"), strict=True):
        assert one.scene == other.scene
        assert one.values == pytest.approx(other.values, abs=1e-3, nan_ok=True)


def test_speech_alone_has_the_scores_of_speech(recipe, progress):
    speech = recipe.model_copy(update={"keep": "speech"})
    mixer = ToneMixer([(1, 0, 0)])
    scores = score_scenes([MixtureEstimator()], mixer, speech, progress)
    rows = [row for row in scores.rows if row.heard != INTERFERENCE_ALONE]
    assert all({"pesq", "estoi"} <= set(row.values) for row in rows)
    # Half a second is too little for both libraries in some scenes: then it is said.
    missing = sum(math.isnan(row.values[name]) for row in rows for name in ("pesq", "estoi"))
    assert missing == sum(scores.refusals.values())


def test_an_estimate_of_nan_is_counted(mixer, recipe, progress):
    scores = score_scenes([Broken()], mixer, recipe, progress)
    assert scores.refusals == {"broken: estimate holds nan": 16}


def test_stems_that_are_not_scored_against_are_absent(recipe):
    score = recipe.score.model_copy(update={"against": ["noise"]})
    speech = recipe.model_copy(update={"keep": "speech", "score": score})
    scenes = draw(ToneMixer([(1, 0, 0)]), speech, MIXED, 0.0, [0])
    assert scenes.stems.abs().amax((0, 2, 3)).gt(0).tolist() == [True, False, True]


def test_a_split_without_what_is_removed_is_refused(mixer, recipe, progress):
    mixer.odds = np.array([1, 1, 0])
    with pytest.raises(UserError, match="nothing to score against"):
        score_scenes([MixtureEstimator()], mixer, recipe, progress)
    mixer.odds = np.array([0, 0, 1])
    with pytest.raises(UserError, match="nothing to keep"):
        score_scenes([MixtureEstimator()], mixer, recipe, progress)


def test_several_targets_have_a_table_each(recipe, progress):
    several = recipe.model_copy(update={"keep": "speech,music,noise"})
    mixer = ToneMixer(np.eye(3))
    scores = score_scenes([OracleEstimator("ratio")], mixer, several, progress)
    assert scores.targets == ("speech", "music", "noise")
    assert {row.heard for row in scores.rows} == {MIXED}
    assert set(SCOPE) <= set(scores.summary()["scores"])
