"""Scenes of training and scenes to score on come from one recipe."""

import torch
from rich.console import Console
from rich.progress import Progress

import soundsieve
from soundsieve.data.opening import held_out, mixer_of, pool_of


def test_what_is_scored_are_recordings_as_they_are(starter_folder, monkeypatch):
    monkeypatch.chdir(starter_folder)
    more = ["mix.effects.speed=1", "mix.effects.formant=1", "mix.eq=1", "mix.segment=0.5"]
    none = ["mix.effects.speed=0", "mix.effects.formant=0", "mix.eq=0", "mix.segment=0.5"]
    scenes, trained = [], []
    for words in (more, none):
        recipe = soundsieve.resolve("keep", ["keep=speech", *words])
        pool = pool_of(recipe, Progress(console=Console(quiet=True)))
        scenes.append(held_out(recipe, pool, "valid").scenes(range(4)).stems)
        trained.append(mixer_of(recipe, pool, "valid", recipe.seed).scenes(range(4)).stems)
    assert torch.equal(*scenes)
    assert not torch.allclose(*trained, atol=1e-3)
