"""Scores by name: `recipe evaluate`, and the baselines that stand beside every model."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console

from soundsieve.data.mixer import Mixer
from soundsieve.data.opening import held_out, pool_of
from soundsieve.evaluation.estimators import (
    ORACLE,
    Estimator,
    MixtureEstimator,
    ModelEstimator,
    OracleEstimator,
    mask_of,
)
from soundsieve.evaluation.hpss import HpssEstimator
from soundsieve.evaluation.scores import JSON, Scores
from soundsieve.evaluation.scoring import score_scenes
from soundsieve.evaluation.songs import SongScores, measure_of, score_songs, song_tables
from soundsieve.evaluation.table import tables
from soundsieve.forms import LIVE, Form, form_of
from soundsieve.models.classical import CLASSICAL
from soundsieve.models.find import find
from soundsieve.models.separator import Separator
from soundsieve.progress import progress_bar
from soundsieve.recipe import Recipe

BASELINES = (
    "mixture",
    "classical/mmse-lsa",
    "oracle/ratio",
    "oracle/phase-sensitive",
    "oracle/complex",
)
SONG_BASELINES = ("mixture", HpssEstimator.name, "oracle/ratio")
"""What stands beside every model where whole songs are scored; the second needs librosa."""


@dataclass(frozen=True)
class Evaluation:
    """Scores, with what they are the scores of."""

    estimators: list[Estimator]
    mixer: Mixer
    scores: Scores


def evaluate(
    models: Sequence[str],
    recipe: Recipe,
    out: Path | None,
    console: Console,
    songs: str = "auto",
) -> Evaluation | None:
    """Scores the models and the baselines on a recipe's scenes, prints and writes them.

    Where the data is songs in parts, whole songs are scored in place of scenes; then there is
    nothing to give back.

    Raises UserError for a model that is not there or cannot form the target.

    Args:
        songs: museval, sdr, no, or auto: whole songs where the data is songs in parts.
    """
    named = estimators_of(models, recipe)
    with progress_bar(console) as progress:
        pool = pool_of(recipe, progress, form_for(named, recipe))
        if measure := measure_of(songs, pool, recipe, console):
            lacking = () if find_spec("librosa") else (HpssEstimator.name,)
            beside = [name for name in SONG_BASELINES if name not in lacking]
            estimators = _beside(named, beside, recipe)
            show_songs(score_songs(estimators, pool, recipe, progress, measure), out, console)
            return None
        estimators = _beside(named, BASELINES, recipe)
        mixer = held_out(recipe, pool, recipe.score.split)
        scores = score_scenes(estimators, mixer, recipe, progress)
    if out is not None:
        scores.save(out)
    for table in tables(scores.summary()):
        console.print(table)
    _print_refusals(scores.refusals, console)
    return Evaluation(estimators, mixer, scores)


def show_songs(scores: SongScores, out: Path | None, console: Console) -> None:
    """Prints the scores of whole songs, and writes them where there is a folder for them."""
    if out is not None:
        scores.save(out)
    for table in song_tables(scores):
        console.print(table)


def _beside(named: list[Estimator], names: Sequence[str], recipe: Recipe) -> list[Estimator]:
    """The named estimators, then the baselines that are not among them."""
    taken = [item.name for item in named]
    return [*named, *(estimator(name, recipe) for name in names if name not in taken)]


def form_for(estimators: Sequence[Estimator], recipe: Recipe) -> Form:
    """Rate and channels of scenes for all of some models: the most that one of them works on."""
    models = [item.model for item in estimators if isinstance(item, ModelEstimator)]
    forms = [Form(model.sample_rate, model.channels or 1) for model in models]
    forms.append(LIVE if forms else form_of(recipe.model.family))
    return Form(*map(max, zip(*forms, strict=True)))


def baselines(recipe: Recipe) -> list[Estimator]:
    """What stands beside every model: untouched, classical, and ideal."""
    return [estimator(name, recipe) for name in BASELINES]


def estimators_of(models: Sequence[str], recipe: Recipe) -> list[Estimator]:
    """The models of these names; the model that serves when none is named where there are none."""
    if not models:
        return [_of_model(find(), "model", recipe)]
    names = list(dict.fromkeys(models))
    found = [estimator(name, recipe) for name in names]
    short = [item.name for item in found]
    for item, name in zip(found, names, strict=True):
        if short.count(item.name) > 1:
            item.name = name
    return found


def estimator(name: str, recipe: Recipe) -> Estimator:
    """The estimator of a name: mixture, oracle/MASK, classical/METHOD, a run folder or a file."""
    if name == "mixture":
        return MixtureEstimator()
    if name.startswith(ORACLE):
        return OracleEstimator(mask_of(name))
    if name == HpssEstimator.name:
        return HpssEstimator()
    if name in CLASSICAL:
        full = "classical/mmse-lsa" if name == "classical" else name
        return _of_model(CLASSICAL[name](), full, recipe, nearest=True)
    return _of_model(find(name), Path(name).name or name, recipe)


def print_scores(folder: Path, console: Console) -> None:
    """Prints the tables of a folder's scores."""
    scores = json.loads((folder / JSON).read_text(encoding="utf-8"))
    for table in tables(scores):
        console.print(table)
    _print_refusals(scores["refusals"], console)


def _print_refusals(refusals: dict[str, int], console: Console) -> None:
    for reason, count in refusals.items():
        console.print(f"without a score, {count} times: {reason}")


def _of_model(model: Separator, name: str, recipe: Recipe, nearest: bool = False) -> ModelEstimator:
    return ModelEstimator(model, name, stems=recipe.tree, nearest=nearest)
