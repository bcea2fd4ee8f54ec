"""`recipe run`: draw, train, score, report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

from soundsieve.cli.words import at_most_one, sort

HELP = """\
recipe run [RECIPE] [key=value...]

Draws scenes, trains a model for what you keep, scores it on held-out scenes, and leaves all of it
in a folder runs/<recipe>-<target>-<six hex digits>. The same command finds the same folder: it
goes on where it was interrupted, and prints the result where it is done (fresh=yes starts anew).
RECIPE is a name of `recipe list recipes`, a YAML file or a run folder; without it, `keep`.

examples:
  recipe run keep=speech+music                     on the built-in synthetic corpus
  recipe run keep=speech+music data=~/recordings   folders speech/ music/ noise/ prompts/
  recipe run keep=speech data=~/pairs              paired folders noisy/ and clean/
  recipe run keep=all-prompts mix.snr=-5..20       SNR drawn between -5 and 20 dB
  recipe run mine.yaml train.minutes=10            stop after ten minutes

A law (of a random draw) is 5 (fixed), -5..20 (uniform), [0,5] (one of) or {normal: [5, 2]}.
A list is a,b,c. yes and true are the same, no and false too.

keys, with what they are in the recipe `keep`; recipe show RECIPE prints what another one has:
"""


def help_text() -> str:
    """The help of the verb, with every key of the schema and its value in the usual recipe."""
    from soundsieve.config import resolve
    from soundsieve.knobs import knobs

    usual = resolve()
    own = [k for k in knobs().values() if not k.key.startswith("finetune.")]
    return HELP + entries(k._replace(default=reduce(getattr, k.key.split("."), usual)) for k in own)


def main(words: Sequence[str]) -> int:
    """Resolve the recipe, then hand it to training."""
    from soundsieve.config import resolve

    names, pairs = sort(words)
    recipe = resolve(at_most_one(names), pairs)
    from rich.console import Console

    from soundsieve.pipeline import run

    run(recipe, Console(highlight=False))
    return 0


def entries(knobs: Iterable[Any]) -> str:
    """Two lines on each key."""
    return "".join(map(_entry, knobs))


def _entry(knob: Any) -> str:
    """Two lines on a key: its default and meaning, then what it takes."""
    expects = knob.expects.replace("a law (5, -5..20, [0,5] or {normal: [5, 2]})", "a law")
    unit = f", in {knob.unit}" if knob.unit else ""
    return f"  {knob.key}={_plain(knob.default)}\n      {knob.text} ({expects}{unit})\n"


def _plain(value: Any) -> str:
    """A default as one would type it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ",".join(map(_plain, value)) or "[]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_plain(item)}" for key, item in value.items()) + "}"
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
