"""Wires model, scenes and optimizer into Lightning, runs it, and gives back the best weights."""

import logging
from pathlib import Path
from typing import Any
from warnings import catch_warnings

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities import CombinedLoader
from rich.progress import Progress

from soundsieve.data.mixer import Mixer
from soundsieve.memory import keep_memory
from soundsieve.models.separator import Separator
from soundsieve.recipe import Recipe, Train
from soundsieve.training.ahead import Batches, Indices, pick_workers
from soundsieve.training.average import Average
from soundsieve.training.callbacks import Keeper
from soundsieve.training.course import Course
from soundsieve.training.machine import (
    pick_compile,
    pick_device,
    pick_precision,
)
from soundsieve.training.module import Training
from soundsieve.training.place import ALONE, Place

VALID_SCENES = 48
CLIP = 1.0
"""The largest norm of the gradients of a step."""


def fit(
    model: Separator,
    train: Mixer,
    valid: Mixer,
    recipe: Recipe,
    folder: Path,
    progress: Progress,
    place: Place = ALONE,
) -> Training:
    """Trains the model in place, from the folder's checkpoint where there is one.

    Raises KeyboardInterrupt after Ctrl-C, when all is saved.
    """
    device = pick_device(recipe.device)
    options = recipe.train
    module = Training(
        model,
        train,
        valid,
        **settings(options, device),
        valid_indices=list(range(VALID_SCENES)),
        valid_snr=recipe.score.snr,
        place=place,
    )
    batches = Batches(module, train, pick_workers(options.workers, device), options.reuse)
    follow(module, options, device, folder, progress, batches)
    Average.copy(module.best_weights, model)
    return module


def settings(options: Train, device: torch.device) -> dict[str, Any]:
    """What every kind of training takes from a recipe, as keywords."""
    return {
        "steps": options.steps,
        "minutes": options.minutes,
        "batch": options.batch,
        "rate": options.rate,
        "warmup": options.warmup,
        "snr_weight": options.snr_weight,
        "decay": options.ema,
        "precision": pick_precision(options.precision, device),
    }


def follow(
    course: Course,
    options: Train,
    device: torch.device,
    folder: Path,
    progress: Progress,
    batches: Batches | Indices,
) -> None:
    """Runs a course to its end, from the folder's checkpoint where there is one.

    Raises KeyboardInterrupt after Ctrl-C, when all is saved.

    Args:
        batches: what each step is given, one after another.
    """
    keep_memory()
    if pick_compile(options.compile, options.minutes or options.steps / course.steps_a_minute):
        course.compile_parts()
    for name in ("pytorch_lightning", "lightning.pytorch", "pytorch_lightning.utilities.rank_zero"):
        logging.getLogger(name).setLevel(logging.WARNING)
    place = course.place
    keeper = Keeper(folder, progress, options.validate_every, options.patience, place)
    trainer = pl.Trainer(
        accelerator=device.type,
        devices=1 if place.ranks == 1 else options.devices,
        num_nodes=1 if place.ranks == 1 else options.nodes,
        strategy=place.strategy(),
        use_distributed_sampler=False,  # `Batches` shares out by itself
        max_epochs=-1,
        max_steps=-1 if options.minutes else options.steps,
        callbacks=[keeper],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        gradient_clip_val=CLIP,
    )
    # Lightning 2.6 makes it of what torch 2.14 deprecates, which is nothing a user can act on.
    with catch_warnings(action="ignore", category=FutureWarning):
        loader = CombinedLoader(batches)
    resume = keeper.path if keeper.path.exists() else None
    with keeper.stopping():
        trainer.fit(course, loader, ckpt_path=resume, weights_only=True)
    if keeper.interrupted:
        raise KeyboardInterrupt


def seed_weights(seed: int) -> None:
    """Makes the initial weights a function of the seed."""
    torch.manual_seed(seed)
