"""From recordings of a sound and a trained model to the model that knows the sound."""

from dataclasses import dataclass
from pathlib import Path

import torch
from rich.progress import Progress

from soundsieve.data.lessons import Lessons, OtherVoice, Sound, mix_of
from soundsieve.data.mixer import Mixer
from soundsieve.data.opening import HELD_OUT, every_kind, held_out, mixer_of
from soundsieve.data.pool import Pool
from soundsieve.data.recordings import Recordings
from soundsieve.models.spectral import SpectralModel
from soundsieve.recipe import Mix, Recipe
from soundsieve.training.ahead import Indices
from soundsieve.training.finetune.aims import Aims, truth_of
from soundsieve.training.finetune.judge import Judge
from soundsieve.training.finetune.tuning import Tuning
from soundsieve.training.finetune.update import Update, changed
from soundsieve.training.fit import follow, seed_weights, settings
from soundsieve.training.machine import pick_device


@dataclass(frozen=True)
class Material:
    """What a fine-tune hears: the new sound, pools of other sounds (the starter first), audio."""

    recordings: Recordings
    pools: tuple[Pool, ...]
    audio: Recordings | None = None


def teach(
    model: SpectralModel,
    aims: Aims,
    recipe: Recipe,
    material: Material,
    folder: Path,
    progress: Progress,
) -> Tuning:
    """Changes the model in place; the same call goes on where it stopped.

    Raises KeyboardInterrupt after Ctrl-C, when all is saved.
    """
    seed_weights(recipe.seed)
    options, own = recipe.train, recipe.finetune
    device = pick_device(recipe.device)
    lessons = lessons_of(recipe, material, aims.stem, "train", device)
    tree = model.tree
    truth = truth_of(model, lessons.scope, tree)
    judge = Judge(
        model,
        lessons_of(recipe, material, aims.stem, "valid", device),
        truth,
        outputs=aims.others,
        keep=aims.remix,
        gains=aims.kept.gains_if_there(lessons.scope, tree),
        other=_others(recipe, material, aims, device),
    )
    tuning = Tuning(
        model,
        Update(model, own.method, own.rank),
        lessons,
        judge,
        stem=aims.stem,
        truth=truth,
        taught=aims.taught,
        emphasis=own.emphasis,
        teacher=own.teacher,
        **settings(options, device),
    )
    follow(tuning, options, device, folder, progress, Indices(tuning))
    task = progress.add_task("weighing the change", total=None, detail="")
    tuning.settle()
    progress.remove_task(task)
    changed(model.cpu(), tuning.update.cpu().weights(model))
    return tuning


def lessons_of(
    recipe: Recipe,
    material: Material,
    stem: str,
    split: str,
    device: torch.device | str = "cpu",
) -> Lessons:
    """The lessons of a split; those that are not for training are of recordings as they are."""
    own, training = recipe.finetune, split == "train"
    sounds = material.recordings
    teacher = own.teacher and training  # only a teacher can tell what is in these
    heard = material.audio if teacher else None
    voice = stem == "prompts"
    way = {"stems": recipe.tree, "device": device}
    mix = mix_of(recipe.mix, stem, training)
    return Lessons(
        Sound(sounds, split, mix, **way),
        [_mixer(recipe, pool, split, device) for pool in material.pools],
        audio=Sound(heard, split, Mix(segment=recipe.mix.segment), device=device)
        if heard
        else None,
        other=OtherVoice(sounds, split, mix, **way) if voice and teacher else None,
        snr=own.snr,
        alone=own.alone,
        without=own.without,
        others=own.others,
        talkers=own.talkers * voice,
        mix=recipe.mix,
        seed=recipe.seed + HELD_OUT * (not training),
        stems=recipe.tree,
    )


def _others(
    recipe: Recipe, material: Material, aims: Aims, device: torch.device | str
) -> OtherVoice | None:
    """Voices made of those recordings of a new one that are held out, where talkers stay."""
    if aims.stem != "prompts" or not any(aims.kept.gains_if_there(["speech"], recipe.tree)):
        return None
    mix = mix_of(recipe.mix, aims.stem, training=False)
    return OtherVoice(material.recordings, "valid", mix, stems=recipe.tree, device=device)


def _mixer(recipe: Recipe, pool: Pool, split: str, device: torch.device | str) -> Mixer:
    each = every_kind(recipe, pool)
    if split == "train":
        return mixer_of(each, pool, split, recipe.seed, device)
    return held_out(each, pool, split, device)
