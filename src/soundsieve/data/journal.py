"""PCM that is only ever added to, and a journal with a line for each recording that is whole.

A line is written after the PCM that it speaks of, so a process that is killed at any moment loses
the recording it was at and nothing else: what stands behind the last whole line is cut off, and the
next process goes on from there.
"""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from soundsieve.data.checks import Facts
from soundsieve.errors import UserError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def journal_file(folder: Path, sample_rate: int, channels: int = 1) -> Path:
    """The journal of a folder's store at a rate, for so many channels."""
    return folder / f"{_name(sample_rate, channels)}.jsonl"


def pcm_file(folder: Path, sample_rate: int, channels: int = 1) -> Path:
    """The PCM of a folder's store at a rate, one frame of all channels after another."""
    return folder / f"{_name(sample_rate, channels)}.i16"


def read_journal(folder: Path, sample_rate: int, channels: int = 1) -> dict[str, Facts]:
    """What a folder's store holds, by key."""
    form = sample_rate, channels
    path, pcm = journal_file(folder, *form), pcm_file(folder, *form)
    if not path.exists() or not pcm.exists():
        return {}
    size = pcm.stat().st_size // (2 * channels)  # frames
    found = {}
    for line in path.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n") and (entry := _entry(line)):
            key, facts = entry
            # A line that outlived its PCM (a disk that lost power) is no recording.
            if facts.start + facts.frames <= size:
                found[key] = facts
    return found


class Journal:
    """The store of a folder, open for adding, by one process at a time; others wait.

    Raises UserError where the disk is full: what was added until then stays.
    """

    def __init__(self, folder: Path, sample_rate: int, channels: int = 1) -> None:
        self.folder, self.form = folder, (sample_rate, channels)
        self._frame = 2 * channels  # bytes
        self.known: dict[str, Facts] = {}

    def __enter__(self) -> Self:
        with self._disk():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lines = journal_file(self.folder, *self.form).open("ab", buffering=0)
            self._pcm = pcm_file(self.folder, *self.form).open("ab", buffering=0)
            _lock(self._lines.fileno())
            self.known = read_journal(self.folder, *self.form)
            self._end = max(
                (facts.start + facts.frames for facts in self.known.values()), default=0
            )
            self._pcm.truncate(self._frame * self._end)
            self._lines.truncate(_whole_lines(Path(self._lines.name)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pcm.close()
        self._lines.close()  # and with it goes the lock

    def add(self, key: str, pcm: NDArray[np.int16], facts: Facts) -> Facts:
        """Append a recording; gives its facts with the place it got. Shape: `[time, channel]`."""
        facts = replace(facts, start=self._end, frames=len(pcm))
        line = json.dumps({"key": key, **asdict(facts)}).encode() + b"\n"
        size = os.fstat(self._lines.fileno()).st_size
        with self._disk():
            try:
                _write(self._pcm.fileno(), memoryview(pcm.tobytes()))
                _write(self._lines.fileno(), memoryview(line))
            except OSError:
                self._pcm.truncate(self._frame * self._end)
                self._lines.truncate(size)
                raise
        self._end += len(pcm)
        self.known[key] = facts
        return facts

    @contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in FULL:
                raise UserError(
                    f"{self.folder}: the disk is full; {len(self.known)} recordings are safe, so "
                    "make room and repeat the command: it goes on from there."
                ) from error
            reason = (error.strerror or str(error)).lower()
            raise UserError(
                f"{self.folder}: decoded recordings are kept here, which failed ({reason}); "
                "choose a folder that can be written."
            ) from error


def _name(sample_rate: int, channels: int) -> str:
    return f"store-{sample_rate}" + (f"x{channels}" if channels > 1 else "")


def _entry(line: bytes) -> tuple[str, Facts] | None:
    try:
        fields = json.loads(line)
        return fields.pop("key"), Facts(**fields)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None  # damaged, or of another version: the recording is decoded again


def _whole_lines(path: Path) -> int:
    """Bytes up to the end of the last whole line."""
    return path.read_bytes().rfind(b"\n") + 1


def _write(file: int, data: memoryview) -> None:
    while data:
        data = data[os.write(file, data) :]


def _lock(file: int) -> None:
    if os.name == "posix":
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)
