"""Tar shards of a pool in the WebDataset layout: written here, read in shard_reader.py.

A sample is a recording as `00000012.flac` and what is known of it as `00000012.json`: the stem,
group, song, split and licence, and `gain`, by which its samples are multiplied to sound as loud as
it did. The audio is the pool's own PCM, so nothing is lost on the way.
"""

import io
import json
import tarfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from soundsieve.audio.io import write
from soundsieve.data.ready import Ready
from soundsieve.data.source import Source

SHARDS = "shards"
"""The folder inside a pool's that they go to."""
SHARD_BYTES = 500_000_000
KNOWN = ("stem", "split", "group", "song", "kind", "texture", "language", "licence")
"""What a sample says of its source."""
MEASURED = ("sample_rate", "channels", "seconds", "peak", "clipped", "bandwidth")
"""What was measured on the recording before it got the rate of the pool."""


def write_shards(
    ready: Ready,
    folder: Path,
    shard_bytes: int = SHARD_BYTES,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Writes a pool's recordings as tar shards, each whole or not at all; gives their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    with TemporaryDirectory(dir=folder, prefix=".part-") as place:
        samples = _samples(ready, Path(place), progress)
        for shard in _filled(samples, Path(place), shard_bytes):
            written.append(folder / f"{len(written):06d}.tar")
            shard.replace(written[-1])
    for old in set(folder.glob("*.tar")) - set(written):  # of a larger pool, before
        old.unlink()
    return written


def _samples(
    ready: Ready, place: Path, progress: Callable[[int, int], None] | None
) -> Iterator[tuple[str, bytes, dict[str, Any]]]:
    """Key, audio and JSON of every source."""
    for row, source in enumerate(ready.sources):
        store = ready.store
        pcm = store.pcm_of(row).T
        path = place / "sample.flac"
        write(path, torch.from_numpy(pcm / 32768.0).float(), store.sample_rate, "PCM_16")
        yield f"{row:08d}", path.read_bytes(), _about(ready, row, source)
        path.unlink()
        if progress:
            progress(row + 1, len(ready.sources))


def _about(ready: Ready, row: int, source: Source) -> dict[str, Any]:
    facts = ready.store.facts(source)
    assert facts is not None
    known = {name: getattr(source, name) for name in KNOWN}
    measured = {name: getattr(facts, name) for name in MEASURED}
    if source.span != (0.0, 1.0):  # a part of a song is a song of its own here
        measured["seconds"] = round(int(ready.store.frames[row]) / ready.store.sample_rate, 4)
        known["song"] = source.song and f"{source.song} ({source.split})"
    return {"name": source.path.name, **known, "gain": facts.scale * 32768, **measured}


def _filled(
    samples: Iterator[tuple[str, bytes, dict[str, Any]]], place: Path, most: int
) -> Iterator[Path]:
    """Shards of at most so many bytes, but of a sample at least.

    Each sample says its number in its shard and the last one that it is the last, so that a shard
    which was cut off between two samples is known.
    """
    batch: list[tuple[str, bytes, dict[str, Any]]] = []
    size = 0
    for sample in samples:
        if batch and size + len(sample[1]) > most:
            yield _packed(batch, place / "shard.tar")
            batch, size = [], 0
        batch.append(sample)
        size += len(sample[1])
    if batch:
        yield _packed(batch, place / "shard.tar")


def _packed(batch: Sequence[tuple[str, bytes, dict[str, Any]]], path: Path) -> Path:
    with tarfile.open(path, "w") as tar:
        for number, (key, audio, about) in enumerate(batch, 1):
            text = json.dumps({**about, "sample": [number, len(batch)]}, ensure_ascii=False)
            for name, data in ((f"{key}.json", text.encode()), (f"{key}.flac", audio)):
                entry = tarfile.TarInfo(name)  # no time and no owner: equal pools, equal shards
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
    return path
