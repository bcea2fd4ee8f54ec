"""Model files: safetensors with a JSON header, never pickles."""

import json
import os
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes

from soundsieve.errors import UserError
from soundsieve.models.mask import MaskModel
from soundsieve.models.multihead import MultiHead
from soundsieve.models.separator import Separator

MODELS: dict[str, type[Separator]] = {"mask": MaskModel, "multihead": MultiHead}
"""Families that have weights, by name."""
HEADER = "soundsieve"
"""Key of the JSON header in the file's metadata."""


def save(model: Separator, path: Path, about: dict[str, Any]) -> None:
    """Writes weights and header under a temporary name, then renames.

    `about` says how the model was trained; what is needed to build it again is added here.
    """
    header = {"family": model.family, "config": model.config, **about}
    weights = {name: p.detach().cpu().contiguous() for name, p in model.state_dict().items()}
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(to_bytes(weights, {HEADER: json.dumps(header)}))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def load(path: Path) -> Separator:
    """The model in a file, ready to run; its header is `model.about`.

    Raises UserError for anything that is no model of ours. Nothing in the file is executed.
    """
    about = header(path)
    family, config = about.get("family"), about.get("config")
    if not isinstance(family, str) or family not in MODELS or not isinstance(config, dict):
        raise UserError(
            f"{path} holds a model of the family {family!r}; this version knows "
            f"{', '.join(MODELS)}."
        )
    try:
        model = MODELS[family](**config)
        with safe_open(path, "pt") as file:
            model.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    except (KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        reason = " ".join(str(error).split()[:30]).rstrip(".")
        raise UserError(f"{path} does not fit this version of soundsieve ({reason}).") from error
    model.about = about
    return model.eval()


def header(path: Path) -> dict[str, Any]:
    """What a model file says of itself, without its weights."""
    if not path.is_file():
        raise UserError(f"no model at {path}. `recipe list models` shows what there is.")
    try:
        with safe_open(path, "pt") as file:
            text = (file.metadata() or {}).get(HEADER)
    except (SafetensorError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"{path} is no soundsieve model: expected safetensors ({reason})."
        ) from error
    about = _parsed(text)
    if about is None:
        raise UserError(f"{path} is no soundsieve model: its header does not say how to build it.")
    return about


def _parsed(text: str | None) -> dict[str, Any] | None:
    try:
        about = json.loads(text or "null")
    except json.JSONDecodeError:
        return None
    return about if isinstance(about, dict) else None
