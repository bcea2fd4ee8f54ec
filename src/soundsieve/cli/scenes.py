"""`recipe scenes`: what a model is taught, to listen to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from soundsieve.cli.words import at_most_one, options, sort, whole
from soundsieve.errors import UserError

KEYS = ("out", "split")
SPLITS = ("train", "valid", "test")
FOLDER = "scenes"
COUNT = "10"
HELP = """\
recipe scenes [N] [RECIPE] [keep=...] [data=...] [key=value...] [out=FOLDER] [split=SPLIT]

Writes N scenes (10) as training draws them: the mixture, the target and every stem as wav, a
scenes.json with all that was drawn, and scenes.png with how SNR, level, presence and reverberation
time are spread.

keys:
  out       the folder to write into; scenes
  split     train, valid or test; train
  others    those of `recipe run`: data=, keep=, seed=, mix.KEY=, mix.effects.KEY=...

examples:
  recipe scenes 20 keep=speech+music
  recipe scenes 20 keep=speech+music data=~/recordings mix.effects.room=1
  recipe scenes 5 mine.yaml split=valid out=look
"""


def help_text() -> str:
    """The help of the verb."""
    return HELP


def main(words: Sequence[str]) -> int:
    """Check the words, then draw and write."""
    from soundsieve.config import resolve

    names, pairs = sort(words)
    counts = [name for name in names if name.isdigit()]
    count = whole({"N": counts[0] if counts else COUNT}, "N")
    mine = [pair for pair in pairs if pair.partition("=")[0] in KEYS]
    found = options(mine, KEYS, "scenes")
    split = found.get("split", SPLITS[0])
    if split not in SPLITS:
        raise UserError(f"split expects one of {', '.join(SPLITS)}, got {split!r}.")
    others = [name for name in names if name not in counts[:1]]
    recipe = resolve(at_most_one(others), [pair for pair in pairs if pair not in mine])
    out = Path(found.get("out", FOLDER)).expanduser()

    from rich.console import Console

    from soundsieve.data.opening import mixer_of, pool_of
    from soundsieve.progress import progress_bar
    from soundsieve.report.scenes import write_scenes
    from soundsieve.runs import make_folder

    console = Console(highlight=False)
    make_folder(out)
    with progress_bar(console) as progress:
        mixer = mixer_of(recipe, pool_of(recipe, progress), split, recipe.seed)
        task = progress.add_task("scenes", total=count, detail="")
        for _ in write_scenes(out, mixer, count or 0, recipe.keep):
            progress.advance(task)
    console.print(f"{count} scenes in {out}: wav files, scenes.json, scenes.png")
    return 0
