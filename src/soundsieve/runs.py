"""Run folders: a name that is the run's identity, and files that are whole or not there."""

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from soundsieve.config import dump
from soundsieve.recipe import Recipe, identity, slug

LIBRARIES = ("soundsieve", "torch", "torchaudio", "numpy", "pytorch-lightning")


def run_folder(recipe: Recipe, fingerprint: str) -> Path:
    """Where the run of this recipe on this data lives: the same command finds the same folder."""
    facts = json.dumps([identity(recipe), fingerprint], sort_keys=True)
    return Path(recipe.out) / f"{slug(recipe)}-{hashlib.sha256(facts.encode()).hexdigest()[:6]}"


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary path that becomes `path` when the block ends well, and is removed when not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Writes a JSON file, whole or not at all."""
    with whole(path) as part:
        part.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_start(folder: Path, recipe: Recipe) -> None:
    """What a run folder holds from its first second on: the recipe, itself runnable, and versions."""
    with whole(folder / "recipe.yaml") as part:
        part.write_text(dump(recipe), encoding="utf-8")
    write_json(folder / "versions.json", versions())


def versions() -> dict[str, str]:
    """Versions of what a result depends on, and the commit of a checkout."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "unknown"
    return found | {"commit": commit()}


def commit() -> str:
    """The commit of the checkout this code stands in, `+` where it was changed; else `none`."""
    here = Path(__file__).resolve().parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty=+", "--abbrev=10", "--exclude=*"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "none"
    return found.stdout.strip() or "none"
