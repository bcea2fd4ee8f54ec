"""Model files: safetensors with a JSON header, never pickles."""

import json
import os
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes

from soundsieve.errors import UserError
from soundsieve.models.asteroid.model import Asteroid
from soundsieve.models.asteroid.networks import NETWORKS
from soundsieve.models.asteroid.xumx import Xumx
from soundsieve.models.catalog import HEADER, header
from soundsieve.models.mask import MaskModel
from soundsieve.models.multihead import MultiHead
from soundsieve.models.roformer import Roformer
from soundsieve.models.separator import Separator
from soundsieve.models.songs import Songs

MODELS: dict[str, type[Separator]] = {
    "mask": MaskModel,
    "multihead": MultiHead,
    "songs": Songs,
    "songs/roformer": Roformer,
    **dict.fromkeys(NETWORKS, Asteroid),
    "asteroid/xumx": Xumx,
}
"""Families that have weights, by name."""


def save(model: Separator, path: Path, about: dict[str, Any]) -> None:
    """Writes weights and header under a temporary name, then renames.

    `about` says how the model was trained; what is needed to build it again is added here.
    """
    about = {"family": model.family, "config": model.config, **about}
    # Copies, since a network may have one tensor under two names, which the format refuses.
    weights = {
        name: p.detach().cpu().contiguous().clone() for name, p in model.state_dict().items()
    }
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(to_bytes(weights, {HEADER: json.dumps(about)}))
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
