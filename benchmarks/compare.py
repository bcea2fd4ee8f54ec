"""Variants of a recipe, trained alike and scored on the same scenes; a page is made of the JSON.

Every comparison takes the same words, and the variants differ in nothing but what they are about:

    python benchmarks/NAME.py [--data FOLDER] [--steps N] [--seed S] [--jobs 2] [key=value ...]

`--minutes M` gives each training so much time in place of steps. Each variant is a run of its own,
so a comparison that was stopped goes on with the same command.
What is measured goes to benchmarks/results/trained/NAME.json, and the page docs/NAME.md is written
from that file alone: `--render` writes it anew. `--out FOLDER` puts both elsewhere.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
from rich.console import Console

import soundsieve
from soundsieve.data.mixer import Mixer
from soundsieve.data.opening import held_out, pool_of
from soundsieve.data.pool import fingerprint
from soundsieve.errors import UserError
from soundsieve.evaluation.estimators import Estimator, ModelEstimator
from soundsieve.evaluation.intervals import Bootstrap
from soundsieve.evaluation.scores import ALL, Scores
from soundsieve.evaluation.scoring import score_scenes
from soundsieve.models.files import load
from soundsieve.models.find import WEIGHTS
from soundsieve.progress import progress_bar
from soundsieve.recipe import Recipe
from soundsieve.runs import run_folder, versions, whole, write_json

ROOT = Path(__file__).parents[1]
RESULTS = Path("benchmarks", "results", "trained")
FIGURES = Path("docs", "figures")
RUN = "import sys; from soundsieve.cli import main; sys.exit(main(sys.argv[1:]))"
OWN_SCORES = "score.scenes=8"
"""Of each run: the comparison scores anew, all on the same scenes."""
MEASURE = "si_sdr_improvement"
Result = dict[str, Any]


@dataclass(frozen=True)
class Variant:
    """One of the things compared: what it is called, and the recipe and words that make it."""

    label: str
    words: tuple[str, ...] = ()
    recipe: str = "keep"


def compare(
    name: str,
    doc: str | None,
    measure: Callable[[argparse.Namespace], Result],
    page: Callable[[Result], str],
) -> None:
    """Measures (or with `--render` reads) the result of a comparison, and writes its page."""
    options = parser(name, doc).parse_intermixed_args()
    stored = options.out / RESULTS / f"{name}.json"
    try:
        if not options.render:
            write_json(stored, {"command": command(name, options), **measure(options)})
        if not stored.exists():
            raise UserError(f"no {stored}: run the comparison without --render first.")
    except UserError as error:
        sys.exit(str(error))
    with whole(options.out / "docs" / f"{name}.md") as part:
        part.write_text(page(json.loads(stored.read_text(encoding="utf-8"))), encoding="utf-8")
    print(f"written: {options.out / 'docs' / name}.md")


def parser(name: str, doc: str | None) -> argparse.ArgumentParser:
    """The command line of a comparison."""
    words = argparse.ArgumentParser(f"benchmarks/{_script(name)}", description=doc)
    words.add_argument("words", nargs="*", metavar="key=value", help="of the recipe, for all")
    words.add_argument("--data", default="starter", help="recordings to train and score on")
    words.add_argument("--steps", type=int, help="of each training; the recipe's by default")
    words.add_argument("--minutes", type=float, help="of each training, in place of steps")
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--scenes", type=int, help="scored at each SNR; the recipe's by default")
    words.add_argument("--jobs", type=int, default=1, help="trainings at once, a thread each")
    words.add_argument("--out", type=Path, default=ROOT, help="in place of this checkout")
    words.add_argument("--render", action="store_true", help="only write the page anew")
    return words


def command(name: str, options: argparse.Namespace) -> str:
    """The command of a comparison, with the data by name."""
    values = {"data": Path(options.data).name, "steps": options.steps}
    values |= {"minutes": options.minutes, "seed": options.seed}
    values |= {"scenes": options.scenes, "jobs": options.jobs if options.jobs > 1 else None}
    flags = [f"--{key} {value}" for key, value in values.items() if value is not None]
    words = shlex.join(word for word in options.words if not word.startswith("out="))
    return f"python benchmarks/{_script(name)} {' '.join(flags)} {words}".strip()


def words_of(variant: Variant, options: argparse.Namespace) -> list[str]:
    """All words of a variant's recipe; its own come last and win."""
    words = [f"data={options.data}", f"seed={options.seed}"]
    if options.steps is not None:
        words.append(f"train.steps={options.steps}")
    if options.minutes is not None:
        words.append(f"train.minutes={options.minutes}")
    if options.scenes is not None:
        words.append(f"score.scenes={options.scenes}")
    return [*words, *options.words, *variant.words]


def resolved(variant: Variant, options: argparse.Namespace) -> Recipe:
    """The recipe by which scenes are scored."""
    return soundsieve.resolve(variant.recipe, words_of(variant, options))


def train(variants: Sequence[Variant], options: argparse.Namespace) -> dict[str, Path]:
    """The run folder of each variant by its label; what is not finished is trained first.

    Raises UserError where a training fails, KeyboardInterrupt after Ctrl-C, when all is saved.
    """
    folders: dict[str, Path] = {}
    missing: list[tuple[Variant, list[str]]] = []
    for variant in variants:
        words = [*words_of(variant, options), OWN_SCORES]
        recipe = soundsieve.resolve(variant.recipe, words)
        with progress_bar(Console()) as progress:
            sources = pool_of(recipe, progress).sources
        folder = folders[variant.label] = run_folder(recipe, fingerprint(sources))
        if recipe.fresh or not (folder / "scores.json").exists():
            missing.append((variant, words))
    failed, executor = Event(), ThreadPoolExecutor(options.jobs)
    beside = options.jobs > 1
    trainings = [executor.submit(_run, one, words, beside, failed) for one, words in missing]
    try:
        for training in trainings:
            training.result()
    finally:
        executor.shutdown(cancel_futures=True)
    return folders


def _run(variant: Variant, words: list[str], beside_others: bool, failed: Event) -> None:
    """Trains a variant in a process of its own, unless another one has failed."""
    if failed.is_set():
        return
    print(f"training: {variant.label}", flush=True)
    environment = dict(os.environ) | ({"OMP_NUM_THREADS": "1"} if beside_others else {})
    done = subprocess.run(
        [sys.executable, "-c", RUN, "run", variant.recipe, *words],
        env=environment,
        stdout=subprocess.DEVNULL if beside_others else None,
        check=False,
    )
    if done.returncode:
        failed.set()
    if done.returncode == 130:
        raise KeyboardInterrupt
    if done.returncode:
        raise UserError(f"the training of '{variant.label}' ended with code {done.returncode}.")


def trained(folder: Path, label: str, recipe: Recipe) -> ModelEstimator:
    """The model of a run folder, to be scored under a label."""
    model = load(folder / WEIGHTS)
    return ModelEstimator(model, label, stems=recipe.tree)


def score(estimators: Sequence[Estimator], recipe: Recipe) -> tuple[Scores, Mixer]:
    """Scores of all on the recipe's held-out scenes, and the mixer that drew these."""
    with progress_bar(Console()) as progress:
        pool = pool_of(recipe, progress)
        mixer = held_out(recipe, pool, recipe.score.split)
        return score_scenes(estimators, mixer, recipe, progress), mixer


def by_snr_alone(scores: Scores, recipe: Recipe) -> dict[str, dict[str, Any]]:
    """What pages show of the scores of a target, by estimator: over all scenes, and by SNR."""
    return {
        name: {group: of for group, of in groups.items() if group == ALL or group[:4] == "snr "}
        for name, groups in scores.summary()["scores"][recipe.keep].items()
    }


def paired(scores: Scores, one: str, other: str) -> dict[str, Any]:
    """How much more one reached than the other on the same mixed scenes: over all, and by SNR."""
    bootstrap = Bootstrap(scores.about["seed"])
    both = [
        [r for r in scores.rows if r.estimator == name and r.heard == "mixed"]
        for name in (one, other)
    ]
    assert [(r.scene, r.target) for r in both[0]] == [(r.scene, r.target) for r in both[1]]
    values = np.array([a.values[MEASURE] - b.values[MEASURE] for a, b in zip(*both, strict=True)])
    clusters = np.array([row.index for row in both[0]])
    snr = np.array([np.nan if row.snr is None else row.snr for row in both[0]])
    found = {ALL: bootstrap.interval(values, clusters).plain()}
    for value in np.unique(snr[np.isfinite(snr)]):
        at = snr == value
        found[f"snr {value:g}"] = bootstrap.interval(values[at], clusters[at]).plain()
    return found


def facts(recipe: Recipe, scores: Scores) -> Result:
    """What every page says of how its figures came about."""
    about: Mapping[str, Any] = scores.about
    return {
        "data": Path(recipe.data.path).name,
        "keep": recipe.keep,
        "steps": recipe.train.steps,
        "minutes": recipe.train.minutes,
        "batch": recipe.train.batch,
        "seed": recipe.seed,
        "split": about["split"],
        "scenes": about["scenes"],
        "scored": f"{about['scenes']} scenes at each SNR",
        "versions": versions(),
    }


def _script(name: str) -> str:
    return f"{name.replace('-', '_')}.py"
