"""The whole way of a run: data, model, training, scores, report, one after another."""

import json
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from soundsieve.data.conflicts import check_conflicts
from soundsieve.data.opening import held_out, pool_of
from soundsieve.data.pool import Pool, fingerprint
from soundsieve.evaluation.command import baselines, print_scores
from soundsieve.evaluation.estimators import ModelEstimator
from soundsieve.evaluation.scoring import score_scenes
from soundsieve.models.build import check_family
from soundsieve.models.files import load, save
from soundsieve.models.find import WEIGHTS, find
from soundsieve.models.separator import Separator, digest, parameters
from soundsieve.progress import progress_bar
from soundsieve.recipe import Recipe
from soundsieve.report.run import write_report
from soundsieve.runs import discard, locked, make_folder, run_folder, versions, write_start
from soundsieve.training.machine import device_name, pick_device
from soundsieve.training.module import Training
from soundsieve.training.place import ALONE
from soundsieve.training.rank import train_along
from soundsieve.training.together import launched, together
from soundsieve.training.train import train_recipe


def run(recipe: Recipe, console: Console | None = None) -> Path:
    """Trains, scores and reports a recipe; the same one on the same data goes on where it stopped.

    Returns the run folder. Raises UserError for what the user can mend, KeyboardInterrupt after
    Ctrl-C, when all is saved.
    """
    check_family(recipe.model.family)
    make_folder(Path(recipe.out))  # a wrong one is told before anything is read
    place = launched(recipe) or ALONE
    console = (console or Console()) if place.first else Console(quiet=True)
    with progress_bar(console) as progress:
        pool = pool_of(recipe, progress)
        start = recipe.train.start
        heard = fingerprint(pool.sources) + (digest(find(start)) if start else "")
        folder = run_folder(recipe, heard)
        if place.first:
            with locked(folder):
                _complete(recipe, pool, folder, progress)
        elif recipe.fresh or not (folder / WEIGHTS).exists():
            train_along(recipe, pool, folder, place)
    if place.first:
        print_scores(folder, console)
        command = f"recipe separate FILE keep={recipe.keep} model={folder}"
        console.print(f"separate with it: {command}", soft_wrap=True, markup=False)
    return folder


def _complete(recipe: Recipe, pool: Pool, folder: Path, progress: Progress) -> None:
    """Does what a run folder lacks."""
    if recipe.fresh:
        discard(folder)
    if (folder / "scores.json").exists():
        return
    progress.console.print(f"run folder: {folder}", soft_wrap=True, markup=False)
    write_start(folder, recipe)
    if not (folder / WEIGHTS).exists():  # written when training is done
        check_conflicts(recipe, pool, folder, progress)
        with together(recipe, folder) as place:
            training = train_recipe(recipe, pool, folder, progress, place)
        save(training.model, folder / WEIGHTS, _about(recipe, pool, training))
    _score(recipe, load(folder / WEIGHTS), pool, folder, progress)


def _about(recipe: Recipe, pool: Pool, training: Training) -> dict:
    """What a model's header says of its making."""
    model = training.model
    steps = training.trainer.global_step
    licences = sorted({source.licence for source in pool.sources if source.licence})
    return {
        "target": recipe.keep,
        "stems": recipe.stems,
        "parameters": parameters(model),
        "causal": model.causal,
        "latency_seconds": model.latency / model.sample_rate,
        "training": {
            "recipe": json.loads(recipe.model_dump_json()),
            "steps": steps,
            "best_step": training.best_step,
            "seconds": round(training.seconds, 1),
            "audio_hours": round(steps * training.audio_a_step / 3600, 3),
            "valid_si_sdri": round(training.best_score, 3),
            "device": device_name(pick_device(recipe.device)),
            "versions": versions(),
            "data_licences": licences,
        },
    }


def _score(recipe: Recipe, model: Separator, pool: Pool, folder: Path, progress: Progress) -> None:
    mixer = held_out(recipe, pool, recipe.score.split)
    estimators = [ModelEstimator(model, "model"), *baselines(recipe)]
    scores = score_scenes(estimators, mixer, recipe, progress)
    write_report(folder, estimators, mixer, recipe, scores)
    scores.save(folder)
