"""Keep the sounds that you choose and remove the rest.

    model = soundsieve.load("runs/...")
    kept = model.separate(audio, sample_rate, keep="speech+music")
    stream = model.stream(keep="speech+music")

The names below are imported when they are first used, so that `import soundsieve` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from soundsieve.config import resolve as resolve
    from soundsieve.errors import UserError as UserError
    from soundsieve.finetuning import finetune as finetune
    from soundsieve.inference.api import load as load
    from soundsieve.pipeline import run as run
    from soundsieve.recipe import Recipe as Recipe
    from soundsieve.target import parse as parse

HOMES = {
    "Recipe": "soundsieve.recipe",
    "UserError": "soundsieve.errors",
    "finetune": "soundsieve.finetuning",
    "load": "soundsieve.inference.api",
    "parse": "soundsieve.target",
    "resolve": "soundsieve.config",
    "run": "soundsieve.pipeline",
}
__all__ = ["Recipe", "UserError", "finetune", "load", "parse", "resolve", "run"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("soundsieve")
    if name not in HOMES:
        raise AttributeError(f"module 'soundsieve' has no attribute {name!r}")
    return getattr(import_module(HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *HOMES, "__version__"])
