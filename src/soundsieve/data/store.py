"""Recordings decoded once: int16 PCM in one file that training memory-maps."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray

from soundsieve.audio import io
from soundsieve.audio.resample import resample
from soundsieve.data.sources import Source
from soundsieve.errors import UserError

FULL_SCALE = 32000
SILENT = 1e-5
"""Peak under which a recording counts as silent, -100 dBFS."""
AHEAD = 256
"""Recordings that are decoded, at most, before they are written: what bounds the memory."""


class Store:
    """The PCM of a list of sources at one rate, mono, as crops of any length.

    Each recording is stored at its own scale, so that a quiet one loses nothing to 16 bits.
    """

    def __init__(self, folder: Path, sample_rate: int):
        self.folder, self.sample_rate = folder, sample_rate
        index = json.loads(_index(folder, sample_rate).read_text(encoding="utf-8"))
        self.starts = np.asarray(index["start"], np.int64)
        self.frames = np.asarray(index["frames"], np.int64)
        self.scales = np.asarray(index["scale"], np.float32)
        self.dropped: dict[str, str] = index["dropped"]
        size = int(self.frames.sum())
        self.pcm: NDArray[np.int16] = (
            np.memmap(_pcm(folder, sample_rate), np.int16, "r", shape=(size,))
            if size
            else np.zeros(0, np.int16)
        )

    def crop(self, row: int, start: int, frames: int) -> NDArray[np.float32]:
        """Frames of one recording, from `start`; fewer where it ends. Shape: `[time]`."""
        begin = int(self.starts[row]) + start
        stop = min(begin + frames, int(self.starts[row] + self.frames[row]))
        return self.pcm[begin:stop] * self.scales[row]


def decode(
    sources: Sequence[Source],
    folder: Path,
    sample_rate: int,
    progress: Callable[[int, int], None] | None = None,
) -> Store:
    """Decodes every source into the folder, unless it is there already, and opens the store.

    The index is written last, by renaming, so that an interrupted store is never taken for whole.
    A file that cannot be read keeps its row, empty, and is listed in `dropped` with the reason.

    Raises UserError where the folder cannot be written.
    """
    if _index(folder, sample_rate).exists() and _pcm(folder, sample_rate).exists():
        return Store(folder, sample_rate)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _whole(_pcm(folder, sample_rate)) as part, part.open("wb") as file:
            index = _write(sources, file, sample_rate, progress)
        with _whole(_index(folder, sample_rate)) as part:
            part.write_text(json.dumps(index), encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError(
            f"{folder}: decoded recordings are kept here, which failed ({reason}); make room or "
            "start in another folder."
        ) from error
    return Store(folder, sample_rate)


def _index(folder: Path, sample_rate: int) -> Path:
    return folder / f"store-{sample_rate}.json"


def _pcm(folder: Path, sample_rate: int) -> Path:
    return folder / f"store-{sample_rate}.i16"


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A temporary path that becomes `path` when the block ends well."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write(
    sources: Sequence[Source],
    file: BinaryIO,
    sample_rate: int,
    progress: Callable[[int, int], None] | None,
) -> dict:
    """Writes the PCM of every source, one after another, and gives the index of where it stands."""
    rows: dict[str, list] = {"start": [], "frames": [], "scale": []}
    dropped: dict[str, str] = {}
    offset = 0
    results = zip(sources, _decoded(sources, sample_rate), strict=True)
    for number, (source, result) in enumerate(results, 1):
        if isinstance(result, str):
            dropped[str(source.path)] = result
            result = np.zeros(0, np.int16), 0.0
        pcm, scale = result
        file.write(pcm.tobytes())
        for name, value in zip(rows, (offset, len(pcm), scale), strict=True):
            rows[name].append(value)
        offset += len(pcm)
        if progress:
            progress(number, len(sources))
    return {**rows, "dropped": dropped}


def _decoded(
    sources: Sequence[Source], sample_rate: int
) -> Iterator[tuple[NDArray[np.int16], float] | str]:
    """Every source in order. Decoding leaves the interpreter's lock, so threads share the cores."""
    with _one_thread_each(), ThreadPoolExecutor(os.cpu_count()) as pool:
        for first in range(0, len(sources), AHEAD):
            some = sources[first : first + AHEAD]
            yield from pool.map(lambda source: _decode_one(source, sample_rate), some)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _decode_one(source: Source, sample_rate: int) -> tuple[NDArray[np.int16], float] | str:
    """PCM and its scale, or the reason why the source cannot be used."""
    try:
        audio = _read(source.path, sample_rate)
        if source.minus:
            clean = _read(source.minus, sample_rate)
            if clean.shape != audio.shape:
                return f"is not as long as its partner {source.minus}"
            audio = audio - clean
    except UserError as error:
        return str(error).removeprefix(f"{source.path}: ")
    first, last = (round(edge * len(audio)) for edge in source.span)
    audio = audio[first:last]
    peak = float(audio.abs().max()) if len(audio) else 0.0
    if peak < SILENT:
        return "is silent"
    pcm = (audio * (FULL_SCALE / peak)).round().to(torch.int16).numpy()
    return pcm, peak / FULL_SCALE


def _read(path: Path, sample_rate: int) -> torch.Tensor:
    audio, rate = io.read(path)
    return resample(audio.mean(0, keepdim=True), rate, sample_rate)[0]
