"""Run folders: a name that is the run's identity, and files that are whole or not there."""

import hashlib
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from soundsieve.config import dump
from soundsieve.errors import UserError
from soundsieve.locks import held
from soundsieve.recipe import Recipe, identity, slug

LIBRARIES = ("soundsieve", "torch", "torchaudio", "numpy", "pytorch-lightning")


def run_folder(recipe: Recipe, fingerprint: str) -> Path:
    """Where the run of this recipe on this data lives: the same command finds the same folder."""
    facts = json.dumps([identity(recipe), fingerprint], sort_keys=True)
    return Path(recipe.out) / f"{slug(recipe)}-{hashlib.sha256(facts.encode()).hexdigest()[:6]}"


def make_folder(folder: Path) -> None:
    """Makes a folder to write into, where there is none yet.

    Raises UserError where that cannot be.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or "no folder").lower()
        raise UserError(f"{folder}: cannot be made ({reason}); choose another out=.") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UserError(f"{folder}: cannot be written to (permission denied); choose another out=.")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary path that becomes `path` when the block ends well, and is removed when not."""
    make_folder(path.parent)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds a run folder for one process; the lock ends with the process, however it ends.

    Raises UserError where another process holds it.
    """
    make_folder(folder.parent)
    with held(folder.with_name(f".{folder.name}.lock"), folder):
        yield


def discard(folder: Path) -> None:
    """Removes a run folder; it is renamed first, so that half of it is never taken for a run."""
    if folder.exists():
        gone = folder.with_name(f".{folder.name}.{os.getpid()}.old")
        folder.rename(gone)
        shutil.rmtree(gone)


def write_json(path: Path, value: Any) -> None:
    """Writes a JSON file, whole or not at all."""
    with whole(path) as part:
        part.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_start(folder: Path, recipe: Recipe) -> None:
    """What a run folder holds from its first second on: the recipe, itself runnable, versions."""
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
    here = Path(__file__).resolve()
    # An installed package may stand in a checkout of something else, which does not know this file.
    if not _git(here.parent, "ls-files", here.name):
        return "none"
    told = _git(here.parent, "describe", "--always", "--dirty=+", "--abbrev=10", "--exclude=*")
    return told or "none"


def _git(folder: Path, *words: str) -> str:
    """What git says, or nothing where it is missing or refuses."""
    try:
        found = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return found.stdout.strip()
