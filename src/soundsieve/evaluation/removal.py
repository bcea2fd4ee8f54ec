"""How well models remove recordings of one sound: `recipe evaluate noise=` and `prompts=`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from soundsieve.data.lessons import Sound, mix_of
from soundsieve.data.opening import pool_of
from soundsieve.data.recordings import read_recordings
from soundsieve.errors import UserError
from soundsieve.evaluation.estimators import ORACLE, mask_of
from soundsieve.evaluation.hpss import HpssEstimator
from soundsieve.evaluation.new_sound import (
    Estimate,
    ideal,
    measure,
    parts_of,
    remixed,
    table,
    unheard,
)
from soundsieve.evaluation.scores import JSON
from soundsieve.forms import LIVE, Form
from soundsieve.models.find import find
from soundsieve.models.separator import Separator
from soundsieve.progress import progress_bar
from soundsieve.recipe import Recipe
from soundsieve.remix import formable
from soundsieve.runs import versions, write_json
from soundsieve.target import Target, parse


def evaluate_removal(
    names: Sequence[str],
    path: str,
    stem: str,
    keep: str | None,
    recipe: Recipe,
    out: Path | None,
    console: Console,
) -> dict[str, Any]:
    """Scores models on what is kept beside a sound that goes; prints and writes the scores.

    What one of the models has learned of the recordings is left out for all of them.
    """
    target, models, made = named(names or ("any",), keep or f"all-{stem}")
    rates = {model.sample_rate for model in models.values()}
    if len(rates) > 1:
        raise UserError(f"the models work at {sorted(rates)} Hz; score those of one rate at once.")
    told = [model.about.get("finetune") or {} for model in models.values()]
    heard = [tuple(part) for about in told for part in about.get("heard", [])]
    split = recipe.score.split
    with progress_bar(console) as progress:
        form = Form(rates.pop(), LIVE.channels)
        sounds = read_recordings(path, stem, form.sample_rate, heard=heard)
        pool = pool_of(recipe, progress, form, targets=())
        mixer = unheard(recipe, pool, split)
        sound = Sound(sounds, "valid", mix_of(recipe.mix, stem, False), stems=recipe.tree)
        gains = target.gains_if_there(mixer.scope, recipe.tree)
        voices = unheard(recipe, pool, split, loudspeaker=1.0)
        parts = parts_of(sound, mixer, voices, gains, recipe.tree, recipe.score.scenes)
        found = {name: measure(each, parts) for name, each in made.items()}
    seconds = sounds.seconds("valid")
    title = f"keep={target}, {seconds:.0f} s of unheard recordings, {split} split, dB"
    console.print(table(title, found))
    result = {"keep": str(target), stem: Path(path).name, "seconds": round(seconds, 1)}
    result |= {"split": split, "scores": found, "versions": versions()}
    if out is not None:
        write_json(out / JSON, result)
    return result


def named(
    names: Sequence[str], keep: str
) -> tuple[Target, dict[str, Separator], dict[str, Estimate]]:
    """The target, the models of these names, and what each name makes of a part of the scenes.

    `oracle/...` is an ideal mask, which knows what is to stay. Raises UserError for an unknown
    name, for a model that cannot form the target, and where there are ideal masks alone.
    """
    for name in names:
        if name in ("mixture", HpssEstimator.name):
            raise UserError(f"{name} cannot be scored on the removal of a sound; leave it out.")
    masks = {name: ideal(mask_of(name)) for name in names if name.startswith(ORACLE)}
    models = {name: find(name) for name in names if name not in masks}
    if not models:
        raise UserError(f"an ideal mask stands beside a model; name one too: model=any,{names[0]}")
    target, *more = parse(keep, next(iter(models.values())).tree)
    if more:
        raise UserError(f"keep={keep}: expected one target; leave the comma.")
    made = {name: _remixed(model, name, target) for name, model in models.items()} | masks
    return target, models, {name: made[name] for name in names}


def _remixed(model: Separator, name: str, target: Target) -> Estimate:
    try:
        remix = formable(target, model.scope, model.outputs, model.names, model.tree)
    except UserError as error:
        raise UserError(f"{name}: {error}") from None
    return remixed(model, remix)
