"""How the outputs of one input lie on disk: a file each, a folder as in MUSDB, one STEMS file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from soundsieve.audio import ffmpeg
from soundsieve.audio.io import Writer
from soundsieve.errors import UserError

if TYPE_CHECKING:
    from soundsieve.inference.plan import Job

FILES, MUSDB, STEMS = "files", "musdb", "stems.mp4"
LAYOUTS = (FILES, MUSDB, STEMS)
MIXTURE = "mixture"
PARTS = ("drums", "bass", "other", "vocals")
"""Of a song, in the order of the streams of a STEMS file, in which the mixture is the first."""
_WIDE = ("PCM_24", "PCM_32", "FLOAT", "DOUBLE")


def check_layout(layout: str, names: Sequence[str]) -> None:
    """Raises UserError where outputs of these names have no place in a layout."""
    if layout not in LAYOUTS:
        raise UserError(f"format={layout}: expected one of {', '.join(LAYOUTS)}.")
    if layout == FILES:
        return
    if sorted(names) != sorted(PARTS):
        raise UserError(
            f"format={layout} has a place for the four parts of a song: expected "
            f"keep=vocals,drums,bass,other and no residual, got {', '.join(names)}."
        )
    if layout == STEMS and not ffmpeg.there():
        raise UserError(
            f"format={layout} is written by ffmpeg, which is not installed; install it, or take "
            f"format={MUSDB}."
        )


def places(layout: str, folder: Path, stem: str, names: Sequence[str], suffix: str) -> list[Path]:
    """What is written for an input of the name `stem`: files, or one folder.

    >>> [str(path) for path in places("stems.mp4", Path("out"), "song", PARTS, ".wav")]
    ['out/song.stem.mp4']
    """
    song = stem.removesuffix(".stem")  # of an input that is a STEMS file itself
    if layout == MUSDB:
        return [folder / song]
    if layout == STEMS:
        return [folder / f"{song}.stem.mp4"]
    return [folder / f"{stem}.{name}{suffix}" for name in names]


def kind_of(layout: str, format: str, subtype: str) -> tuple[str, str]:
    """Format and subtype of the files, where outputs of their own would have these.

    A STEMS file has whole numbers of 16 or 24 bits, as a wav of MUSDB has where it is not float.
    """
    if layout == FILES:
        return format, subtype
    wide = subtype in _WIDE
    if layout == STEMS:
        return "WAV", "PCM_24" if wide else "PCM_16"
    return "WAV", subtype if wide else "PCM_16"


@contextmanager
def opened(job: Job, names: Sequence[str]) -> Iterator[dict[str, Writer]]:
    """A writer for each output, and for the mixture where the layout has it.

    All of it is there when the block ends well, and nothing of it when not.
    """
    if job.layout == FILES:
        with ExitStack() as stack:
            files = zip(names, job.outputs, strict=True)
            yield {name: stack.enter_context(_writer(job, path)) for name, path in files}
        return
    whole = job.outputs[0]
    part = _beside(job)
    try:
        files = {name: part / f"{name}.wav" for name in (MIXTURE, *PARTS)}
        with ExitStack() as stack:
            yield {name: stack.enter_context(_writer(job, path)) for name, path in files.items()}
        if job.layout == STEMS:
            ffmpeg.join(files, part / whole.name)
            os.replace(part / whole.name, whole)
        else:
            _put(part, whole)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _writer(job: Job, path: Path) -> Writer:
    found = job.info
    return Writer(path, found.sample_rate, found.channels, job.format, job.subtype, found.frames)


def _beside(job: Job) -> Path:
    """A new folder next to the output, from which this is renamed when it is whole."""
    whole = job.outputs[0]
    if job.layout == STEMS and whole.is_dir():
        raise UserError(f"{whole}: expected a file to write, got a folder; choose another out=.")
    if job.layout == MUSDB and whole.exists():
        ours = {f"{name}.wav" for name in (MIXTURE, *PARTS)}
        held = {path.name for path in whole.iterdir()} if whole.is_dir() else {"no folder"}
        if not held <= ours:
            strange = min(held - ours)
            raise UserError(
                f"{whole}: expected a song or nothing there, got {strange}; choose another out=."
            )
    part = whole.with_name(f".{whole.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    return part


def _put(part: Path, whole: Path) -> None:
    """Renames a folder, after one that was there before has been put out of the way."""
    old = part.with_suffix(".old")
    if whole.exists():
        whole.rename(old)
    part.rename(whole)
    shutil.rmtree(old, ignore_errors=True)
