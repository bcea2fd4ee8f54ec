"""The training of a recipe, as each of its processes does it: model, scenes, fit."""

from pathlib import Path

from rich.progress import Progress

from soundsieve.data.opening import held_out, mixer_of
from soundsieve.data.pool import Pool
from soundsieve.errors import UserError
from soundsieve.models.build import build
from soundsieve.models.find import find
from soundsieve.models.growth import can_grow, grow
from soundsieve.models.separator import Separator
from soundsieve.recipe import Recipe
from soundsieve.training.ahead import pick_workers
from soundsieve.training.fit import fit, seed_weights
from soundsieve.training.machine import pick_device
from soundsieve.training.module import Training
from soundsieve.training.place import ALONE, Place


def train_recipe(
    recipe: Recipe, pool: Pool, folder: Path, progress: Progress, place: Place = ALONE
) -> Training:
    """Trains a recipe's model into a run folder; the same call goes on where it stopped."""
    model = first_model(recipe, pool)
    device = place.device(pick_device(recipe.device))
    # A process that draws ahead was forked, and cannot use a GPU.
    drawn_on = "cpu" if pick_workers(recipe.train.workers, device) else device
    train = mixer_of(recipe, pool, "train", recipe.seed, drawn_on)
    valid = held_out(recipe, pool, "valid", device)
    return fit(model, train, valid, recipe, folder, progress, place)


def first_model(recipe: Recipe, pool: Pool) -> Separator:
    """The model with its first weights, which the seed or another model gives."""
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
    if recipe.train.precision == "bf16" and model.stft is None:
        raise UserError(
            f"train.precision=bf16 would round the sound itself, which model={model.family} works "
            "on; leave it at auto or float32."
        )
    if recipe.train.start is not None:
        _start_from(model, recipe.train.start)
    return model


def _start_from(model: Separator, name: str) -> None:
    """Takes over the weights of another model of the same shape, or of a smaller one."""
    other = find(name)
    if (other.family, other.scope, other.outputs) != (model.family, model.scope, model.outputs):
        raise UserError(
            f"train.start={name} is a {other.family} model for {', '.join(other.names)} over "
            f"{', '.join(other.scope)}; the recipe makes a {model.family} model for "
            f"{', '.join(model.names)} over {', '.join(model.scope)}."
        )
    if can_grow(other, model):
        grow(other, model)
        return
    try:
        model.load_state_dict(other.state_dict())
    except RuntimeError as error:
        text = f"train.start={name} is of another shape; set model.size to its own or a larger one."
        raise UserError(text) from error
