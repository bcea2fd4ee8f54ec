"""`recipe evaluate` by name: which estimators, which tables, which errors."""

import io
import json

import pytest
from rich.console import Console

from soundsieve.errors import UserError
from soundsieve.evaluation.command import (
    baselines,
    estimator,
    estimators_of,
    evaluate,
    form_for,
    print_scores,
)
from soundsieve.evaluation.table import tables
from soundsieve.forms import LIVE


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=160)


def test_models_and_baselines_stand_in_one_table(corpus, recipe, console, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = recipe.data.model_copy(update={"path": str(corpus)})
    mix = recipe.mix.model_copy(update={"segment": 1.0})
    recipe = recipe.model_copy(update={"data": data, "mix": mix})
    done = evaluate(["classical", "oracle/binary"], recipe, tmp_path / "out", console)
    said = console.file.getvalue()
    names = ["classical/mmse-lsa", "oracle/binary", "mixture", "oracle/ratio"]
    assert [item.name for item in done.estimators][:4] == names
    assert all(name in said for name in names)
    assert "improvement" in said
    scores = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert set(names) < set(scores["scores"]["speech+music"])
    again = Console(file=io.StringIO(), width=160)
    print_scores(tmp_path / "out", again)
    assert again.file.getvalue() == said.lstrip("\n")


def test_the_baselines_are_the_mixture_a_classical_method_and_ideal_masks(recipe):
    names = [item.name for item in baselines(recipe)]
    assert names[:2] == ["mixture", "classical/mmse-lsa"]
    assert {"oracle/ratio", "oracle/phase-sensitive", "oracle/complex"} < set(names)


@pytest.mark.parametrize(
    "name, hint", [("oracle/phase", "oracle"), ("clasical", "classical"), ("runs/none", "model")]
)
def test_an_unknown_model_is_one_line(name, hint, recipe):
    with pytest.raises(UserError, match=hint) as caught:
        estimator(name, recipe)
    assert "\n" not in str(caught.value)


def test_a_model_named_twice_is_scored_once(recipe):
    assert len(estimators_of(["mixture", "mixture"], recipe)) == 1


def test_a_table_shows_no_minus_before_nothing(recipe):
    value = {"mean": -0.01, "low": -0.02, "high": 0.01, "n": 3}
    groups = {"all": {"si_sdr": value, "level speech": value}, "snr 0": {}}
    scores = {
        "about": {"split": "valid", "scenes": 3},
        "scores": {"speech": {"mixture": groups}},
        "differences": {"speech": []},
    }
    console = Console(file=io.StringIO(), width=120)
    for table in tables(scores):
        console.print(table)
    assert "-0.0" not in console.file.getvalue()


def test_scenes_have_the_rate_and_the_channels_that_the_best_of_the_models_wants(recipe):
    live = estimators_of(["classical", "mixture"], recipe)
    assert form_for(live, recipe) == LIVE
    live[0].model.sample_rate, live[0].model.channels = 44100, 2
    assert form_for(live, recipe) == (44100, 2)
    songs = recipe.model_copy(update={"model": recipe.model.model_copy(update={"family": "songs"})})
    assert form_for(estimators_of(["mixture"], songs), songs) == (44100, 2)
