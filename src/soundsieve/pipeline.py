"""The whole way of a run: data, model, training, scores, report, one after another."""

import json
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from soundsieve.data.conflicts import check_conflicts
from soundsieve.data.opening import HELD_OUT, mixer_of, pool_of
from soundsieve.data.pool import Pool, fingerprint
from soundsieve.errors import UserError
from soundsieve.evaluation.command import baselines, print_scores
from soundsieve.evaluation.estimators import ModelEstimator
from soundsieve.evaluation.scoring import score_scenes
from soundsieve.models.build import build
from soundsieve.models.files import load, save
from soundsieve.models.find import WEIGHTS, find
from soundsieve.models.separator import Separator, parameters
from soundsieve.models.spectral import SpectralModel
from soundsieve.progress import progress_bar
from soundsieve.recipe import Recipe
from soundsieve.report.run import write_report
from soundsieve.runs import discard, locked, run_folder, versions, write_start
from soundsieve.training.fit import fit, seed_weights
from soundsieve.training.machine import pick_device
from soundsieve.training.module import Training


def run(recipe: Recipe, console: Console | None = None) -> Path:
    """Trains, scores and reports a recipe; the same one on the same data goes on where it stopped.

    Returns the run folder. Raises UserError for what the user can mend, KeyboardInterrupt after
    Ctrl-C, when all is saved.
    """
    console = console or Console()
    with progress_bar(console) as progress:
        pool = pool_of(recipe, progress)
        folder = run_folder(recipe, fingerprint(pool.sources))
        with locked(folder):
            if recipe.fresh:
                discard(folder)
            if not (folder / "scores.json").exists():
                console.print(f"run folder: {folder}")
                write_start(folder, recipe)
                if not (folder / WEIGHTS).exists():  # written when training is done
                    check_conflicts(recipe, pool, folder, progress)
                    _train(recipe, pool, folder, progress)
                _score(recipe, load(folder / WEIGHTS), pool, folder, progress)
    print_scores(folder, console)
    command = f"recipe separate FILE keep={recipe.keep} model={folder}"
    console.print(f"separate with it: {command}", soft_wrap=True)
    return folder


def _train(recipe: Recipe, pool: Pool, folder: Path, progress: Progress) -> None:
    seed_weights(recipe.seed)
    model = build(
        recipe.model.family,
        pool.scope,
        recipe.targets,
        stems=recipe.tree,
        size=recipe.model.size,
        channels=recipe.model.channels,
        blocks=recipe.model.blocks,
        kind=recipe.mask.kind,
        activation=recipe.mask.activation,
        sample_rate=pool.sample_rate,
    )
    assert isinstance(model, SpectralModel)
    if recipe.train.start is not None:
        _start_from(model, recipe.train.start)
    device = pick_device(recipe.device)
    train = mixer_of(recipe, pool, "train", recipe.seed, device)
    valid = mixer_of(recipe, pool, "valid", recipe.seed + HELD_OUT, device)
    training = fit(model, train, valid, recipe, folder, progress)
    save(model, folder / WEIGHTS, _about(recipe, pool, model, training))


def _start_from(model: SpectralModel, name: str) -> None:
    """Takes over the weights of another model, which has to be of the same shape."""
    other = find(name)
    if (other.family, other.scope, other.outputs) != (model.family, model.scope, model.outputs):
        raise UserError(
            f"train.start={name} is a {other.family} model for {', '.join(other.names)} over "
            f"{', '.join(other.scope)}; the recipe makes a {model.family} model for "
            f"{', '.join(model.names)} over {', '.join(model.scope)}."
        )
    try:
        model.load_state_dict(other.state_dict())
    except RuntimeError as error:
        text = f"train.start={name} has another size; set model.size to its own."
        raise UserError(text) from error


def _about(recipe: Recipe, pool: Pool, model: SpectralModel, training: Training) -> dict:
    """What a model's header says of its making."""
    steps = training.trainer.global_step
    licences = sorted({source.licence for source in pool.sources if source.licence})
    return {
        "target": recipe.keep,
        "stems": recipe.stems,
        "parameters": parameters(model),
        "latency_seconds": model.latency / model.sample_rate,
        "training": {
            "recipe": json.loads(recipe.model_dump_json()),
            "steps": steps,
            "best_step": training.best_step,
            "seconds": round(training.seconds, 1),
            "audio_hours": round(steps * training.audio_a_step / 3600, 3),
            "valid_si_sdri": round(training.best_score, 3),
            "versions": versions(),
            "data_licences": licences,
        },
    }


def _score(recipe: Recipe, model: Separator, pool: Pool, folder: Path, progress: Progress) -> None:
    mixer = mixer_of(recipe, pool, recipe.score.split, recipe.seed + HELD_OUT)
    estimators = [ModelEstimator(model, "model"), *baselines(recipe)]
    scores = score_scenes(estimators, mixer, recipe, progress)
    write_report(folder, estimators, mixer, recipe, scores)
    scores.save(folder)
