"""From a recipe to its pool and to the mixer of one of its splits."""

from collections.abc import Sequence

import torch
from rich.progress import Progress

from soundsieve.data.mixer import Mixer
from soundsieve.data.pool import Pool, open_pool
from soundsieve.errors import UserError
from soundsieve.forms import Form, form_of
from soundsieve.recipe import Recipe
from soundsieve.target import Target

HELD_OUT = 1
"""Added to a recipe's seed for scenes of validation and scores, which are not those of training."""
TOLD = 10
"""Left-out files that are named; the rest is counted."""


def pool_of(
    recipe: Recipe,
    progress: Progress,
    form: Form | None = None,
    targets: Sequence[Target] | None = None,
) -> Pool:
    """The pool that a recipe names, decoded; what had to be left out is said.

    Args:
        form: sample rate and channels; by default those of the recipe's model.
        targets: what it must have the stems for, in place of the recipe's.
    """
    form = form or form_of(recipe.model.family)
    task = progress.add_task(f"reading {recipe.data.path}", total=None, detail="")
    pool = open_pool(
        recipe.data.path,
        form.sample_rate,
        recipe.targets if targets is None else targets,
        recipe.tree,
        progress=lambda done, of: progress.update(task, completed=done, total=of),
        licences=recipe.data.licences,
        channels=form.channels,
    )
    progress.remove_task(task)
    dropped = pool.store.dropped
    for path, reason in list(dropped.items())[:TOLD]:
        progress.console.print(f"left out: {path}: {reason}", soft_wrap=True, markup=False)
    if len(dropped) > TOLD:
        progress.console.print(f"left out: {len(dropped) - TOLD} files more")
    return pool


def held_out(recipe: Recipe, pool: Pool, split: str, device: torch.device | str = "cpu") -> Mixer:
    """Scenes to validate and score on: others than those of training, of recordings as they are.

    What makes more sounds from few, speeds, formants and equalisers, is for training alone.
    """
    effects = recipe.mix.effects.model_copy(update={"speed": 0.0, "formant": 0.0})
    mix = recipe.mix.model_copy(update={"eq": 0.0, "effects": effects})
    natural = recipe.model_copy(update={"mix": mix})
    return mixer_of(natural, pool, split, recipe.seed + HELD_OUT, device)


def every_kind(recipe: Recipe, pool: Pool) -> Recipe:
    """The recipe with a target for each kind of sound that a pool has.

    Raises UserError where it has one kind only, of which no scene can be mixed.
    """
    tops = dict.fromkeys(recipe.tree.path(stem)[1] for stem in pool.scope)
    if len(tops) < 2:
        raise UserError(
            f"the data has {next(iter(tops), 'nothing')} only, expected two kinds of sound or more "
            "to mix; hand it to audio=, which needs no labels."
        )
    return recipe.model_copy(update={"keep": ",".join(tops)})


def mixer_of(
    recipe: Recipe, pool: Pool, split: str, seed: int, device: torch.device | str = "cpu"
) -> Mixer:
    """The recipe's scenes of one split."""
    gains = [target.gains(pool.scope, recipe.tree) for target in recipe.targets]
    settings = {name: getattr(recipe.mix, name) for name in type(recipe.mix).model_fields}
    return Mixer(pool, gains, split=split, seed=seed, stems=recipe.tree, device=device, **settings)
