"""A model by name: shipped, a run folder, or a file."""

from pathlib import Path

from soundsieve.errors import UserError, suggest
from soundsieve.models.classical import CLASSICAL
from soundsieve.models.files import load
from soundsieve.models.separator import Separator

SHIPPED = Path(__file__).with_name("shipped")
"""Folder of the weights that the package brings along."""
WEIGHTS = "model.safetensors"
"""Name of the weights in a run folder."""
DEFAULT = "any"
"""The shipped model that serves when none is named."""


def shipped() -> dict[str, Path]:
    """The models in the package by name."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.safetensors"))}


def find(name: str | None = None) -> Separator:
    """The model of a shipped name, a run folder, a file or a classical method.

    Without a name: the shipped default, or else the newest run. Raises UserError where nothing
    fits.
    """
    if name is None:
        return load(shipped().get(DEFAULT) or _newest_run())
    if name in CLASSICAL:
        return CLASSICAL[name]()
    if name in shipped():
        return load(shipped()[name])
    path = Path(name).expanduser()
    if path.is_dir():
        if not (path / WEIGHTS).is_file():
            raise UserError(
                f"{path} holds no {WEIGHTS}: it is no finished run; the command that began it "
                "finishes it."
            )
        return load(path / WEIGHTS)
    if path.exists():
        return load(path)
    known = [*shipped(), *CLASSICAL]
    hint = suggest(name, known) or f"The shipped models are {', '.join(known)}."
    raise UserError(f"no model {name!r}: it is no run folder, no file and no shipped name. {hint}")


def _newest_run() -> Path:
    runs = sorted(Path("runs").glob(f"*/{WEIGHTS}"), key=lambda path: path.stat().st_mtime)
    if not runs:
        raise UserError(
            "no model yet: `recipe run keep=speech+music` trains one, or name one with model=."
        )
    return runs[-1]
