"""Scenes from tones and noises, and a mixer that makes them."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from soundsieve.data.mixer import Scenes
from soundsieve.recipe import Recipe

SCOPE = ("speech", "music", "noise")
FRAMES = 8000


def stems_of(index):
    """Bursts of a voice-like buzz, a chord, and hiss: `[stem, time]`."""
    generator = torch.Generator().manual_seed(index)
    time = torch.arange(FRAMES) / 16000
    pitch = 110 + 10 * (index % 7)
    buzz = sum(torch.sin(2 * torch.pi * pitch * k * time) / k for k in range(1, 20))
    chord = sum(torch.sin(2 * torch.pi * 261 * k * time) for k in (1, 1.25, 1.5))
    hiss = torch.randn(FRAMES, generator=generator)
    stems = torch.stack([buzz * (time % 0.25 < 0.15), chord, hiss])
    return 0.1 * stems / stems.square().mean(-1, keepdim=True).sqrt()


class ToneMixer:
    """Stands in for the mixer of recordings: the same call, sounds of its own."""

    def __init__(self, targets, split="valid", seed=0):
        self.scope, self.targets = SCOPE, np.asarray(targets, float)
        self.split, self.seed, self.segment, self.frames = split, seed, FRAMES / 16000, FRAMES
        self.sample_rate, self.odds = 16000, np.ones(3)

    def scenes(self, indices, *, snr=None, level=None, absent=(), both=False):
        stems = torch.stack([stems_of(index) for index in indices])
        present = torch.tensor([stem not in absent for stem in SCOPE]).float()
        wanted = torch.tensor(self.targets[0]).float()
        stems = stems * present[:, None]
        if snr is not None:
            target = (stems * wanted[:, None]).sum(1).square().mean(-1)
            rest = (stems * (wanted == 0)[:, None]).sum(1).square().mean(-1)
            gain = (target / rest / 10 ** (snr / 10)).sqrt()
            stems = stems * torch.where(wanted == 0, gain[:, None], 1.0)[..., None]
        kinds = [{"noise": "hiss" if index % 2 else "rain"} for index in indices]
        textures = [{"noise": "stationary"} for _ in indices]
        return Scenes(
            SCOPE, stems[:, :, None], wanted.expand(len(indices), -1), {}, kinds, textures
        )


@pytest.fixture
def recipe():
    score = {"scenes": 4, "snr": [-5, 5]}
    return Recipe.model_validate({"keep": "speech+music", "score": score})


@pytest.fixture
def mixer(recipe):
    return ToneMixer([target.gains(SCOPE) for target in recipe.targets], seed=1)


@pytest.fixture
def scenes(mixer):
    return mixer.scenes([0, 1], snr=0.0)


@pytest.fixture
def progress():
    """A bar that nobody sees."""
    return SimpleNamespace(
        add_task=lambda *_, **__: 0,
        update=lambda *_, **__: None,
        advance=lambda *_, **__: None,
        remove_task=lambda *_: None,
    )
