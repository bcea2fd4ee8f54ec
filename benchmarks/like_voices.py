"""The hard case of a voice that is taught: it is to go while somebody of the same pitch talks."""

from collections.abc import Sequence
from pathlib import Path

import librosa
import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress
from torch import Tensor

from soundsieve.data.draws import Draws
from soundsieve.data.lessons import Sound, beside, mix_of
from soundsieve.data.opening import pool_of
from soundsieve.data.recordings import read_recordings
from soundsieve.evaluation.new_sound import FIRST, SNR, Part, Values, measure, unheard
from soundsieve.evaluation.removal import named
from soundsieve.forms import LIVE, Form
from soundsieve.recipe import Recipe

LIKE = 3.0
"""Semitones within which two voices are of one pitch; a woman's lies ten above a man's."""
DRAWN = 4
"""Scenes looked at for every one that is wanted."""
RANGE = (60.0, 420.0)
NAME = "new sound and a like voice"


def like_voices(names: Sequence[str], path: Path, recipe: Recipe) -> dict[str, Values]:
    """By name of a model, what of a voice goes beside talkers of its pitch, and what they lose."""
    _, models, made = named(names, "all-prompts")
    rate = next(iter(models.values())).sample_rate
    with Progress(disable=True) as progress:
        pool = pool_of(recipe, progress, Form(rate, LIVE.channels), targets=())
    sounds = read_recordings(str(path), "prompts", rate, heard=())  # all of it is held out
    mixer = unheard(recipe, pool, recipe.score.split)
    sound = Sound(sounds, "valid", mix_of(recipe.mix, "prompts", False), stems=recipe.tree)
    indices = range(FIRST, FIRST + DRAWN * recipe.score.scenes)
    others = [stem for stem in mixer.scope if recipe.tree.path(stem)[1] != "speech"]
    talk, new = mixer.scenes(indices, absent=others).mixture, sound.draw(Draws(mixer.seed, indices))
    apart = 12 * np.abs(np.log2(_pitch(talk, rate) / _pitch(new, rate)))
    like = np.flatnonzero(apart < LIKE)[: recipe.score.scenes]
    part = Part(NAME, *beside(talk[like], new[like], SNR, rate), new=True)
    return {name: measure(each, [part]) for name, each in made.items()}


def _pitch(audio: Tensor, sample_rate: int) -> NDArray:
    """The median pitch of each row in Hz, nan where nobody speaks. Mauch and Dixon's pYIN, 2014."""
    found = []
    for row in audio.mean(1).numpy():
        pitch, voiced, _ = librosa.pyin(row, fmin=RANGE[0], fmax=RANGE[1], sr=sample_rate)
        found.append(np.median(pitch[voiced]) if voiced.any() else np.nan)
    return np.array(found)
