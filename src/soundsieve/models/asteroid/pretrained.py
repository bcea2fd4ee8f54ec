"""Files that asteroid saved: a class by name, its arguments and its weights, read as data only."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.torch_version import TorchVersion

from soundsieve.errors import UserError
from soundsieve.models.asteroid.model import Asteroid
from soundsieve.models.asteroid.networks import FAMILIES

SUFFIXES = (".bin", ".pth", ".pt", ".ckpt")
"""What asteroid and its users call such files."""
SCOPE = ("speech", "noise")
"""The stems of such a model: asteroid's are made for speech."""
NEEDED = ("model_name", "model_args", "state_dict")
OF_CLEAN_SPEECH = "sep_clean"
"""asteroid's word for telling talkers apart where nothing else sounds."""
_DEFAULT_RATE = 8000  # Hz, of every class of asteroid


def load_pretrained(path: Path) -> Asteroid:
    """The model in a file of asteroid, which keeps speech: of several talkers, their sum.

    Nothing in the file is executed. Raises UserError for anything else, for classes of asteroid
    that cannot be run, and where asteroid is not installed.
    """
    saved = _read(path)
    missing = [key for key in NEEDED if key not in saved]
    if missing:
        raise UserError(
            f"{path} is no model that asteroid saved: expected a dict with {', '.join(NEEDED)}, "
            f"got one without {', '.join(missing)}."
        )
    name, arguments = saved["model_name"], dict(saved["model_args"])
    if name not in FAMILIES:
        raise UserError(
            f"{path} holds asteroid's {name}, which cannot be run; expected one of "
            f"{', '.join(FAMILIES)}."
        )
    if saved.get("task") == OF_CLEAN_SPEECH:
        raise UserError(
            f"{path} tells talkers apart in clean speech, and no stem is one of two talkers; "
            "expected a model that takes noise away."
        )
    return _built(path, name, arguments, saved)


def _built(path: Path, name: str, arguments: dict[str, Any], saved: dict[str, Any]) -> Asteroid:
    rate = int(arguments.get("sample_rate") or saved.get("sample_rate") or _DEFAULT_RATE)
    arguments["sample_rate"] = rate
    sources = arguments.pop("n_src", 1)
    try:
        model = Asteroid(SCOPE, [(1.0, 0.0)], ["speech"], rate, name, sources, arguments)
        model.net.load_state_dict(saved["state_dict"])
    except (TypeError, ValueError, RuntimeError, AssertionError) as error:
        reason = " ".join(str(error).split()[:30]).rstrip(".")
        raise UserError(
            f"{path}: its weights or arguments do not fit asteroid's {name} ({reason})."
        ) from error
    model.about = {key: saved[key] for key in ("task", "dataset", "licenses") if key in saved}
    return model.eval()


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            foreign = not file.read(4).startswith(_STARTS)
        if foreign:
            raise UserError(
                f"{path} is nothing that PyTorch saved; expected the dict that asteroid saves. "
                "Nothing in it was run."
            )
        with torch.serialization.safe_globals(_PLAIN):
            saved = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UserError(
            f"{path} holds more than weights and plain values, or nothing that PyTorch saved; "
            "expected the dict that asteroid saves. Nothing in it was run."
        ) from error
    except (RuntimeError, EOFError, OSError, KeyError, ValueError) as error:
        reason = " ".join(str(error).split()[:20]).rstrip(".")
        raise UserError(f"{path} cannot be read as a file of PyTorch ({reason}).") from error
    if not isinstance(saved, Mapping):
        raise UserError(f"{path} holds a {type(saved).__name__}; expected asteroid's dict.")
    return dict(saved)


_STARTS = (b"PK", b"\x80\x02")
"""Of an archive, and of what PyTorch saved before 1.6; any other pickle is somebody else's."""
_SCALAR = np.float64().__reduce__()[0]
# Scores and versions that asteroid puts beside the weights: numbers and texts, though in classes.
_PLAIN: list[Any] = [
    TorchVersion,
    np.dtype,
    _SCALAR,
    (_SCALAR, "numpy.core.multiarray.scalar"),  # as numpy 1 called it
    *(type(np.dtype(kind)) for kind in ("f4", "f8", "i4", "i8", "?")),
]
