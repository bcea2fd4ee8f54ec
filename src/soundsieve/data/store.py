"""Recordings decoded once: int16 PCM in one file that training memory-maps."""

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from soundsieve.audio import io
from soundsieve.audio.resample import resample
from soundsieve.data.sources import Source
from soundsieve.errors import UserError

FULL_SCALE = 32000


class Store:
    """The PCM of a list of sources at one rate, mono, as crops of any length.

    Each recording is stored at its own scale, so that a quiet one loses nothing to 16 bits.
    """

    def __init__(self, folder: Path, sample_rate: int):
        self.folder, self.sample_rate = folder, sample_rate
        index = json.loads((folder / f"store-{sample_rate}.json").read_text())
        self.starts = np.asarray(index["start"], np.int64)
        self.frames = np.asarray(index["frames"], np.int64)
        self.scales = np.asarray(index["scale"], np.float32)
        self.dropped: dict[str, str] = index["dropped"]
        size = int(self.frames.sum())
        self.pcm: NDArray[np.int16] = (
            np.memmap(folder / f"store-{sample_rate}.i16", np.int16, "r", shape=(size,))
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
    """Decodes every source into the folder, unless that is done already, and opens the store.

    The index is written last, by renaming, so a store that was interrupted is never taken for whole.
    A file that cannot be read keeps its row, empty, and is listed in `dropped` with the reason.
    """
    index = folder / f"store-{sample_rate}.json"
    if index.exists():
        return Store(folder, sample_rate)
    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[str, list] = {"start": [], "frames": [], "scale": []}
    dropped: dict[str, str] = {}
    offset = 0
    part = folder / f".store-{sample_rate}.{os.getpid()}.part"
    try:
        with part.open("wb") as file:
            for number, (source, result) in enumerate(
                zip(sources, _decoded(sources, sample_rate), strict=True), 1
            ):
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
        part.replace(folder / f"store-{sample_rate}.i16")
    finally:
        part.unlink(missing_ok=True)
    whole = index.with_suffix(".part")
    whole.write_text(json.dumps({**rows, "dropped": dropped}))
    whole.replace(index)
    return Store(folder, sample_rate)


def _decoded(sources: Sequence[Source], sample_rate: int):
    jobs = [(source, sample_rate) for source in sources]
    if len(jobs) < 64:
        yield from map(_decode_one, jobs)
        return
    # Forking a process that runs threads may hang it; a fresh server is safe.
    with ProcessPoolExecutor(os.cpu_count(), get_context("forkserver")) as pool:
        yield from pool.map(_decode_one, jobs, chunksize=16)


def _decode_one(job: tuple[Source, int]) -> tuple[NDArray[np.int16], float] | str:
    source, sample_rate = job
    torch.set_num_threads(1)
    try:
        audio = _read(source.path, sample_rate)
        if source.minus:
            clean = _read(source.minus, sample_rate)
            if clean.shape != audio.shape:
                return f"is not as long as its partner {source.minus}"
            audio = audio - clean
    except UserError as error:
        return str(error)
    first, last = (round(edge * len(audio)) for edge in source.span)
    audio = audio[first:last]
    peak = float(audio.abs().max()) if len(audio) else 0.0
    if peak < 1e-5:
        return "is silent"
    pcm = (audio * (FULL_SCALE / peak)).round().to(torch.int16).numpy()
    return pcm, peak / FULL_SCALE


def _read(path: Path, sample_rate: int) -> torch.Tensor:
    audio, rate = io.read(path)
    return resample(audio.mean(0, keepdim=True), rate, sample_rate)[0]
