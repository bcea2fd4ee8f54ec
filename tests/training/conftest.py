"""A training of a very small model, short enough to be run whole several times."""

import signal

import pytest
import torch
from rich.console import Console
from rich.progress import Progress

from soundsieve.models.build import build
from soundsieve.recipe import Recipe
from soundsieve.target import parse
from soundsieve.training.callbacks import Keeper
from soundsieve.training.fit import fit, seed_weights


def recipe_of(keep: str = "speech+music", **train) -> Recipe:
    """Twelve steps of two scenes, validated every four."""
    options = {"steps": 12, "batch": 2, "validate_every": 4, "warmup": 2, "precision": "float32"}
    return Recipe.model_validate(
        {
            "keep": keep,
            "device": "cpu",
            "train": {**options, "compile": "no", **train},
            "score": {"snr": [0.0, 5.0]},
        }
    )


@pytest.fixture
def train(mixers, monkeypatch):
    """Trains in a folder and gives the training; `stop_at` is a Ctrl-C in that step."""
    monkeypatch.setattr("soundsieve.training.fit.VALID_SCENES", 4)

    def run(folder, keep="speech+music", family="mask", stop_at=None, **options):
        recipe = recipe_of(keep, **options)
        seed_weights(recipe.seed)
        mixer = mixers(keep)
        model = build(family, mixer.scope, parse(keep), channels=8, blocks=1)
        if stop_at is not None:
            ctrl_c_at(monkeypatch, stop_at)
        progress = Progress(console=Console(quiet=True))
        valid = mixers(keep, split="valid", seed=1)
        return fit(model, mixer, valid, recipe, folder, progress)

    return run


def ctrl_c_at(monkeypatch, step: int, times: int = 1, signum: int = signal.SIGINT) -> None:
    """Presses Ctrl-C at the end of a step, or sends another signal."""
    plain = Keeper.on_train_batch_end

    def pressed(self, trainer, *rest):
        for _ in range(times if trainer.global_step == step else 0):
            signal.raise_signal(signum)
        plain(self, trainer, *rest)

    monkeypatch.setattr(Keeper, "on_train_batch_end", pressed)


def weights_of(training) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in training.model.parameters()])
