"""Recordings decoded, measured and brought to one rate, several at a time."""

import copy
import hashlib
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.audio import io
from soundsieve.audio.channels import with_channels
from soundsieve.audio.resample import StreamResampler
from soundsieve.data import musdb
from soundsieve.data.checks import SILENT, Facts, Gauge, shape_of
from soundsieve.data.source import Source, stamp
from soundsieve.errors import UserError

FULL_SCALE = 32000
"""Where the peak of every recording is put, so that a quiet one loses nothing to 16 bits."""
BLOCK = 1 << 17

Decoded = tuple[NDArray[np.int16], Facts]
"""PCM, `[time, channel]`, and what was measured on it."""


def decoded(
    sources: Iterable[Source], sample_rate: int, workers: int | None = None, channels: int = 1
) -> Iterator[tuple[Source, Decoded | str]]:
    """Every source, as soon as it is done, with its PCM and facts, or the reason why it has none.

    Decoding leaves the interpreter's lock, so threads share the cores. One recording a thread is in
    memory, decoded: at 16 kHz, 350 MB an hour of it and channel.
    """
    workers = workers or os.cpu_count() or 1
    todo = iter(sources)
    decoder = Decoder(sample_rate, channels)
    with _one_thread_each(), ThreadPoolExecutor(workers) as pool:
        running: dict[Future, Source] = {}
        try:
            while True:
                for source in islice(todo, workers + 1 - len(running)):
                    running[pool.submit(decoder.decode, source)] = source
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield running.pop(future), future.result()
        finally:
            for future in running:
                future.cancel()


class Decoder:
    """Decodes to one rate and number of channels."""

    def __init__(self, sample_rate: int, channels: int = 1) -> None:
        self.sample_rate, self.channels = sample_rate, channels
        self._resamplers: dict[int, StreamResampler] = {}

    def decode(self, source: Source) -> Decoded | str:
        """PCM and facts of a source, or the reason why there are none."""
        if source.stamp and source.path.exists():
            now = Source(source.path, source.stem, source.group, minus=source.minus)
            if stamp(now) != source.stamp:
                return "has changed since the pool was prepared; prepare it again"
        if source.path.is_dir():
            return "is a folder that cannot be read; check its rights"
        try:
            audio, gauge, channels = self._read(source.path, source.stream)
            if source.minus:
                clean, _, _ = self._read(source.minus, "")
                if clean.shape != audio.shape:
                    return f"is not as long as its partner {source.minus}"
                audio = audio - clean
        except UserError as error:
            return str(error).removeprefix(f"{source.path}: ")
        peak = float(audio.abs().max()) if audio.numel() else 0.0
        pcm = np.zeros((0, self.channels), np.int16)
        if peak >= SILENT:
            scaled = (audio * (FULL_SCALE / peak)).round().to(torch.int16)
            pcm = scaled.T.contiguous().numpy()
        return pcm, self._facts(pcm, peak, gauge, channels)

    def _facts(self, pcm: NDArray[np.int16], peak: float, gauge: Gauge, channels: int) -> Facts:
        return Facts(
            start=0,
            frames=len(pcm),
            scale=peak / FULL_SCALE,
            sample_rate=gauge.sample_rate,
            channels=channels,
            seconds=round(gauge.frames / gauge.sample_rate, 4),
            peak=round(gauge.peak, 6),
            clipped=round(gauge.clipped, 6),
            bandwidth=round(gauge.bandwidth),
            digest=_digest(pcm),
            shape=shape_of(pcm),
        )

    def _read(self, path: Path, stream: str) -> tuple[Tensor, Gauge, int]:
        """The sound, block by block, and how many channels it had. Shape: `[channel, time]`."""
        if stream:
            audio, rate = musdb.read(path, stream)
            return self._shaped(iter(audio.split(BLOCK, 1)), rate)
        with io.Reader(path) as reader:
            return self._shaped(reader.blocks(BLOCK), reader.sample_rate)

    def _shaped(self, blocks: Iterator[Tensor], rate: int) -> tuple[Tensor, Gauge, int]:
        gauge, parts, channels = Gauge(rate), [], 0
        resampler = self._resampler(rate) if rate != self.sample_rate else None
        for block in blocks:
            gauge.push(block)
            channels = len(block)
            block = with_channels(block, self.channels)
            parts.append(resampler.push(block) if resampler else block)
        if resampler:
            parts.append(resampler.flush())
        return torch.cat(parts, 1), gauge, channels

    def _resampler(self, rate: int) -> StreamResampler:
        """A fresh one; its filters, most of the work for short files, are made once a rate."""
        if rate not in self._resamplers:
            self._resamplers[rate] = StreamResampler(rate, self.sample_rate, self.channels)
        return copy.copy(self._resamplers[rate])


def _digest(pcm: NDArray[np.int16]) -> str:
    return hashlib.blake2b(pcm.tobytes(), digest_size=8).hexdigest() if len(pcm) else ""


@contextmanager
def _one_thread_each() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
