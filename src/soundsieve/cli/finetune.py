"""`recipe finetune`: teach a trained model a sound of your own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from soundsieve.cli.run import entries
from soundsieve.cli.words import sort
from soundsieve.errors import UserError

PARTS = {"prompts": "finetune/own", "noise": "finetune/noise"}
"""The part of `configs/` that a fine-tune of a sound starts from."""
SOUNDS = ("noise", "prompts", "audio")
"""Words that are short for `finetune.WORD`."""
UNUSED = [f"train.{k}" for k in ("devices", "nodes", "workers", "reuse", "start")]
"""Keys of a training that a fine-tune goes without."""
HELP = """\
recipe finetune MODEL noise=FOLDER [audio=FOLDER] [data=POOL] [keep=...] [key=value...]

Teaches a model a sound of your own in minutes: a noise that it leaves in, or a prompt voice that
it takes for a talker (noise= or prompts=, one at a time). MODEL is a shipped name, a run folder or
a file; what comes out is the same kind of model, as fast, with the same outputs: every keep= works
as before.

What you need are recordings of that sound alone: half a minute helps, two minutes are good. A part
of them is held out and scored. Everything else the model knows, it teaches itself: what it makes
of a scene without the new sound is what it is to make of it with that sound. Scenes are of the
built-in corpus, and better with yours:

  audio=FOLDER     recordings of your calls or drives, without labels
  data=POOL        clean recordings by stem, as for recipe run
  keep=TARGET      what matters most; everything but the new sound where it is not given

The run folder holds the model, report.md with sounds before and after, scores.json, and
recordings.csv. The same command goes on where it was stopped. With another finetune.strength it
trains nothing anew: 0 is the model as it was, 1 as much of the change as did no harm where that was
tried, 1.5 removes more at a price. If an old ability suffers, you are told which strength it bears.
A training whose train.steps= or train.minutes= you give does not stop before.

examples:
  recipe finetune any noise=~/our-lathe
  recipe finetune any prompts=~/navi-voice audio=~/drives
  recipe finetune any noise=~/our-lathe finetune.strength=0.6
  recipe finetune any prompts=~/navi-voice data=pools/mine train.steps=1000   half an hour
  recipe finetune runs/NAME noise=~/our-lathe data=pools/mine keep=speech+music
  recipe evaluate model=any,runs/finetune-any-0123ab prompts=~/navi-voice

keys, with the defaults for a prompt voice (a noise takes fewer steps at a lower rate:
configs/finetune/noise.yaml); mix.KEY and data.KEY of recipe run work too:
"""


def help_text() -> str:
    """The help of the verb, with the keys that are its own and those of its training."""
    from soundsieve.config import resolve
    from soundsieve.knobs import knobs

    set_here = resolve(part("prompts")).train.model_dump()
    own = [knob for knob in knobs().values() if knob.key.startswith("finetune.")]
    train = [knobs()[f"train.{name}"] for name in ("steps", "minutes", "batch", "rate", "patience")]
    train = [knob._replace(default=set_here[knob.key.partition(".")[2]]) for knob in train]
    return HELP + entries([*own, *train])


def main(words: Sequence[str]) -> int:
    """Resolve the words, then hand them to the fine-tune."""
    from soundsieve.config import resolve

    names, pairs = sort(words)
    if len(names) != 1:
        came = " and ".join(names) or "none"
        raise UserError(f"expected one model, got {came}; write recipe finetune any noise=FOLDER.")
    keep = [pair.partition("=")[2] for pair in pairs if pair.startswith("keep=")]
    own = [f"finetune.{p}" if p.partition("=")[0] in SOUNDS else p for p in pairs]
    for key in (pair.partition("=")[0] for pair in own):
        if key in UNUSED or key.partition(".")[0] in ("model", "mask", "score"):
            raise UserError(f"{key} is of recipe run and evaluate; a fine-tune has no use for it.")
    sound = "noise" if any(pair.startswith("finetune.noise=") for pair in own) else "prompts"
    own = [pair for pair in own if not pair.startswith("keep=")]
    recipe = resolve(part(sound), [*until_the_end(own), *own])

    from rich.console import Console

    from soundsieve.finetuning import finetune

    finetune(names[0], recipe, keep[-1] if keep else None, Console(highlight=False))
    return 0


def until_the_end(pairs: Sequence[str]) -> list[str]:
    """No patience where the length of the training is given: then it is as long as that.

    >>> until_the_end(["train.steps=1000"])
    ['train.patience=0']
    """
    long = any(pair.startswith(("train.steps=", "train.minutes=")) for pair in pairs)
    return ["train.patience=0"] if long else []


def part(sound: str) -> Path:
    """The file that the recipe of a fine-tune starts from: for a noise, or for prompts."""
    from soundsieve.config import shipped_parts

    return shipped_parts()[PARTS[sound]]
