"""Which files are read and which are written, settled and checked before any work begins."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from soundsieve.audio.io import AudioInfo, info
from soundsieve.errors import UserError
from soundsieve.inference.layouts import FILES, check_layout, kind_of, places
from soundsieve.target import Target

SUFFIXES = (
    *(".wav", ".wave", ".w64", ".rf64", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif"),
    *(".au", ".caf", ".m4a", ".mp4", ".aac", ".wma", ".mka", ".webm"),
)
"""Files of a folder that are taken for audio; a file that is named may be called anything."""
WAV_KINDS = {"WAV": ".wav", "WAVEX": ".wav", "RF64": ".wav", "W64": ".w64"}
# The kinds of wav that can have any length; ADPCM and its like are cut in blocks.
_EXACT = ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW")


@dataclass(frozen=True)
class Job:
    """One input, what it is, and the outputs to write from it, of which a layout may make one."""

    source: Path
    info: AudioInfo
    outputs: tuple[Path, ...]
    format: str
    subtype: str
    layout: str = FILES


def plan(
    inputs: Sequence[str | Path],
    targets: Sequence[Target],
    out: str | Path,
    residual: bool,
    layout: str = FILES,
) -> tuple[list[Job], list[str]]:
    """The jobs, and one line for each input that cannot be one.

    Of two inputs that would write one output, the second is none. Raises a `UserError` where an
    output would replace an input.
    """
    out = Path(out)
    for part in (out, *out.parents):
        if part.exists() and not part.is_dir():
            raise UserError(
                f"out={out}: expected a folder, but {part} is a file; choose another folder."
            )
    names = [*map(str, targets), *(["residual"] if residual else [])]
    check_layout(layout, names)
    jobs: dict[tuple[Path, Path], Job] = {}
    errors: list[str] = []
    for source, folder, fault in _sources(inputs, out):
        try:
            if fault:
                raise UserError(fault)
            job = _job(source, out / folder, names, layout)
            jobs[source.resolve(), job.outputs[0]] = job
        except UserError as error:
            errors.append(str(error))
    return _apart(list(jobs.values()), errors), errors


def kind_like(source: Path, found: AudioInfo) -> tuple[str, str, str]:
    """Suffix, format and subtype of the outputs: wav and flac stay, others become 16-bit flac."""
    if found.format in WAV_KINDS:
        usual = WAV_KINDS[found.format]
        suffix = source.suffix if source.suffix.lower() in (usual, ".wave") else usual
        return suffix, found.format, found.subtype if found.subtype in _EXACT else "PCM_16"
    if found.format == "FLAC":
        return ".flac", "FLAC", found.subtype
    high = found.sample_rate > 65535 and found.sample_rate % 10
    if found.channels > 8 or high:  # what flac cannot hold
        return ".wav", "WAV", "PCM_16"
    return ".flac", "FLAC", "PCM_16"


def _sources(inputs: Sequence[str | Path], out: Path) -> Iterator[tuple[Path, Path, str]]:
    """Each input with its folder under `out`, or with what is wrong with it."""
    for given in map(Path, inputs):
        if not given.is_dir():
            yield given, Path(), ""
            continue
        found = list(_walk(given, out.resolve()))
        if not found:
            yield (
                given,
                Path(),
                f"{given}: expected audio files in the folder, found none; check the name.",
            )
        for path in found:
            yield path, path.parent.relative_to(given), ""


def _walk(folder: Path, out: Path) -> Iterator[Path]:
    """The audio files of a folder in order, less what an earlier call wrote to `out` inside it."""
    inside_out = folder.resolve() == out
    for place, folders, files in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(f for f in folders if (here / f).resolve() != out or inside_out)
        for name in sorted(files):
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith("."):
                yield here / name


def _job(source: Path, folder: Path, names: Sequence[str], layout: str) -> Job:
    found = info(source)
    suffix, format, subtype = kind_like(source, found)
    outputs = places(layout, folder, source.stem, names, suffix)
    return Job(source, found, tuple(outputs), *kind_of(layout, format, subtype), layout)


def _apart(jobs: Sequence[Job], errors: list[str]) -> list[Job]:
    """The jobs that write files of their own; a line more for each that does not."""
    sources = {job.source.resolve(): job.source for job in jobs}
    written: dict[Path, Path] = {}
    found = []
    for job in jobs:
        ours = {output.resolve(): output for output in job.outputs}
        for place in ours.keys() & sources:
            raise UserError(
                f"{ours[place]}: the output would replace the input {sources[place]}; "
                "choose another out=."
            )
        taken = next(iter(ours.keys() & written), None)
        if taken:
            errors.append(
                f"{written[taken]} and {job.source} would both be written to {ours[taken]}; "
                "rename one, or separate them in two calls with two folders."
            )
        else:
            written |= dict.fromkeys(ours, job.source)
            found.append(job)
    return found
