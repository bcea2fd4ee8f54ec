"""The coherence dial: trained on parts of one song, on parts of any songs, or on both in turn.

The models have a head for each part of a song and are scored on excerpts of held-out songs as they
were recorded, parts in their own balance. compare.py says which words it takes.
"""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from compare import MEASURE, Result, Variant, compare, facts, paired, resolved, train, trained
from page import cell, gap, page, verdict
from render import table
from rich.console import Console

from soundsieve.data.mixer import Scenes
from soundsieve.data.opening import pool_of
from soundsieve.data.pool import Entry, Pool
from soundsieve.errors import UserError
from soundsieve.evaluation.estimators import Estimator, ModelEstimator
from soundsieve.evaluation.intervals import Bootstrap
from soundsieve.evaluation.scores import ALL, MIXED, Row, Scores
from soundsieve.evaluation.scoring import measures
from soundsieve.knobs import knobs
from soundsieve.progress import progress_bar
from soundsieve.recipe import Recipe

PARTS = ("vocals", "drums", "bass", "other")
HALF, SONGS, RANDOM, MATCHED = "half and half", "coherent", "random", "matched by key and tempo"
DIAL = {
    HALF: ("mix.coherence=0.5",),
    SONGS: ("mix.coherence=1",),
    RANDOM: ("mix.coherence=0",),
    MATCHED: ("mix.coherence=0", "mix.matched=1"),
}
SECONDS = 6.0
EXCERPTS = 48
BATCH = 8
FAINT = 25.0
"""A part so many dB under its song, or more, has no score in that excerpt."""
TEXT = """\
Models with a head for each part of a song: the same network, data, seed and steps. Only what the
parts of a training scene have in common differs: one song (`mix.coherence=1`), nothing (0), one
song in half of the scenes, or key and tempo (`mix.matched=1`). Mean SI-SDR improvement
in dB over {scenes} excerpts of {seconds:g} s, as they were recorded, with the parts in their own
balance. Held-out songs: {songs}. Where a part is {faint:g} dB or more under its song, it is not
scored. The intervals speak of other excerpts of these songs, not of other songs.
Under 0 dB a model is worse than the mixture as it is: its steps are few."""


def measure(options: Namespace) -> Result:
    """Trains a model for each setting of the dial, and scores all on the same songs."""
    dial = {label: own for label, own in DIAL.items() if set(map(_key, own)) <= knobs().keys()}
    words = f"keep={','.join(held_out(options))}", "model=multihead"
    variants = [Variant(label, (*words, *own)) for label, own in dial.items()]
    recipe, pool, models = models_of(variants, options)
    songs = pool.songs(recipe.score.split, pool.scope)
    scores = score_songs(models, pool, songs, recipe, options.scenes or EXCERPTS)
    found = scores.summary()["scores"]
    return {
        **facts(recipe, scores),
        "scored": f"{scores.about['scenes']} excerpts",
        "songs": len(songs),
        "seconds": SECONDS,
        "faint": FAINT,
        "scores": {label: _by_part(found, label) for label in dial},
        "mean": {label: _mean(scores, label) for label in dial},
        "differences": {label: paired(scores, label, HALF)[ALL] for label in dial if label != HALF},
    }


def models_of(
    variants: Sequence[Variant], options: Namespace
) -> tuple[Recipe, Pool, list[ModelEstimator]]:
    """What is trained of the variants, with the recipe and the pool that they are scored by."""
    folders = train(variants, options)
    recipe = resolved(variants[0], options)
    with progress_bar(Console()) as progress:
        pool = pool_of(recipe, progress)
    return recipe, pool, [trained(folder, label, recipe) for label, folder in folders.items()]


def held_out(options: Namespace) -> list[str]:
    """The parts that can be validated and scored; the models have a head for the others as well."""
    recipe = resolved(Variant("all", (f"keep={','.join(PARTS)}",)), options)
    with progress_bar(Console()) as progress:
        pool = pool_of(recipe, progress)
    splits = {"valid", recipe.score.split}
    if not all(pool.songs(split, pool.scope) for split in splits):
        raise UserError(
            f"expected songs in parts in {recipe.data.path}, for {' and '.join(splits)}."
        )
    return [part for part in PARTS if all(pool.entries[part, split] for split in splits)]


def score_songs(
    models: Sequence[Estimator],
    pool: Pool,
    songs: Mapping[str, Mapping[str, Entry]],
    recipe: Recipe,
    count: int,
) -> Scores:
    """Scores of all models on excerpts of songs, for every part."""
    gains = [target.gains(pool.scope, recipe.tree) for target in recipe.targets]
    about = {"split": recipe.score.split, "scenes": count, "seed": recipe.seed}
    rows = []
    for first in range(0, count, BATCH):
        indices = range(first, min(first + BATCH, count))
        scenes = excerpts(pool, songs, count, indices)
        for model in models:
            estimates = model.estimate(scenes, gains)
            for place, target in enumerate(recipe.targets):
                values = measures(estimates[:, place], scenes, gains[place])[MEASURE]
                values = values.masked_fill(faint(scenes, gains[place]), torch.nan)
                rows += [
                    Row(model.name, str(target), MIXED, 0.0, index, "", "", {MEASURE: float(value)})
                    for index, value in zip(indices, values, strict=True)
                ]
    return Scores(rows, about)


def excerpts(
    pool: Pool, songs: Mapping[str, Mapping[str, Entry]], count: int, indices: Sequence[int]
) -> Scenes:
    """Excerpts of songs as they are: of `count`, spread over all songs and over their length."""
    frames = round(SECONDS * pool.sample_rate)
    stems = np.zeros((len(indices), len(pool.scope), pool.channels, frames), np.float32)
    each = -(-count // len(songs))
    for row, index in enumerate(indices):
        song = list(songs.values())[index % len(songs)]
        shortest = min(entry.frames for entry in song.values())
        start = int((index // len(songs) + 0.5) / each * max(shortest - frames, 0))
        for stem, entry in song.items():
            sound = pool.crop(entry, start, frames)
            stems[row, pool.scope.index(stem), :, : sound.shape[1]] = sound
    whole = torch.from_numpy(stems)
    return Scenes(pool.scope, whole, torch.ones(whole.shape[:2]), sample_rate=pool.sample_rate)


def faint(scenes: Scenes, gains: Sequence[float]) -> torch.Tensor:
    """Which scenes have next to nothing of a target. Shape: `-> [batch]`."""
    powers = (
        audio.square().mean((1, 2)).clamp_min(1e-12)
        for audio in (scenes.mixture, scenes.target(gains))
    )
    song, part = powers
    return 10 * torch.log10(song / part) >= FAINT


def render(result: Result) -> str:
    """The page of a result."""
    found, mean, apart = result["scores"], result["mean"], result["differences"]
    parts = list(next(iter(found.values())))
    rows = [
        [
            label,
            *(cell(found[label][part]) for part in parts),
            cell(mean[label]),
            gap(apart.get(label)),
        ]
        for label in found
    ]
    columns = ["trained on", *parts, "all parts", f"against {HALF}, paired"]
    silent = [p for p in PARTS if not any(cell(of.get(p)) for of in found.values())]
    says = [
        verdict(f"training on '{label}'", f"on '{HALF}'", difference)
        for label, difference in apart.items()
    ]
    if silent:
        says.append(f"The songs have no {' and no '.join(silent)} to score.")
    return page(
        "Songs that belong together",
        result,
        TEXT.format(**result),
        table({"columns": columns, "rows": rows}),
        "\n".join(says),
    )


def _by_part(found: Mapping[str, Any], label: str) -> dict[str, Any]:
    return {part: of[label][ALL].get(MEASURE) for part, of in found.items()}


def _mean(scores: Scores, label: str) -> dict[str, Any]:
    """Over all parts and excerpts."""
    rows = [row for row in scores.rows if row.estimator == label]
    values = np.array([row.values[MEASURE] for row in rows])
    clusters = np.array([row.index for row in rows])
    return Bootstrap(scores.about["seed"]).interval(values, clusters).plain()


def _key(word: str) -> str:
    return word.partition("=")[0]


if __name__ == "__main__":
    compare("coherence", __doc__, measure, render)
