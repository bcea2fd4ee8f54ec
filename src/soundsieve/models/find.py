"""A model by name: shipped, a run folder, or a file."""

from pathlib import Path

from soundsieve.errors import UserError, suggest
from soundsieve.models.asteroid.pretrained import SUFFIXES, load_pretrained
from soundsieve.models.catalog import DEFAULT, GRAPH_SUFFIX, WEIGHTS, newest_run, shipped
from soundsieve.models.classical import CLASSICAL
from soundsieve.models.files import load
from soundsieve.models.onnx import load_onnx
from soundsieve.models.separator import Separator


def find(name: str | None = None) -> Separator:
    """The model of a shipped name, a run folder, a file or a classical method.

    A file is one of ours, its ONNX form, or what asteroid saved.

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
        return _of_file(path)
    known = [*shipped(), *CLASSICAL]
    hint = suggest(name, known) or f"The shipped models are {', '.join(known)}."
    raise UserError(f"no model {name!r}: it is no run folder, no file and no shipped name. {hint}")


def _of_file(path: Path) -> Separator:
    if path.suffix == GRAPH_SUFFIX:
        return load_onnx(path)
    return load_pretrained(path) if path.suffix in SUFFIXES else load(path)


def _newest_run() -> Path:
    found = newest_run()
    if found is None:
        raise UserError(
            "no model yet: `recipe run keep=speech+music` trains one, or name one with model=."
        )
    return found
