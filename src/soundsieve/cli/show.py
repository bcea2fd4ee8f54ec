"""`recipe show`: a recipe with all its keys."""

from __future__ import annotations

from collections.abc import Sequence

from soundsieve.cli.words import at_most_one, sort

HELP = """\
recipe show [RECIPE] [key=value...]

Prints a recipe with all its keys and their values, as YAML; the output is itself a recipe.
RECIPE is a name of `recipe list recipes`, a YAML file or a run folder; without it, `keep`. A file
may begin with what it changes: `extends: keep`, or `extends: [keep, mix/real]`, rooms and codecs.

examples:
  recipe show
  recipe show keep=music-vocals train.steps=2000 > mine.yaml
  recipe show mine.yaml mix.snr=5
  recipe show runs/NAME
"""


def help_text() -> str:
    """The help of the verb."""
    return HELP


def main(words: Sequence[str]) -> int:
    """Print the resolved recipe."""
    from soundsieve.config import dump, resolve

    names, pairs = sort(words)
    print(dump(resolve(at_most_one(names), pairs)), end="")
    return 0
