"""Audio files, read and written block by block."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any

import soundfile
import torch
from torch import Tensor

from soundsieve.audio import ffmpeg
from soundsieve.audio.header import CARELESS, ENDLESS, promised_frames
from soundsieve.audio.pcm import whole_numbers
from soundsieve.audio.readable import check_readable
from soundsieve.errors import UserError
from soundsieve.locks import held

BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
_BYTES = {"PCM_U8": 1, "ULAW": 1, "ALAW": 1, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8}
FORMATS = {
    ".wav": "WAV",
    ".wave": "WAV",
    ".flac": "FLAC",
    ".ogg": "OGG",
    ".w64": "W64",
    ".aiff": "AIFF",
    ".aif": "AIFF",
}
_FULL = "is the disk full?"
_SILENT = ("", "System error")  # what soundfile says where it knows no more
LOUDEST = 2.0**31
"""Beyond this a sample is no audio: not even 32-bit whole numbers taken as they are reach it."""
_BLOCK = 1 << 18
_WAV_LIMIT = 4_294_000_000  # bytes; a RIFF header counts in 32 bits


@dataclass(frozen=True)
class AudioInfo:
    """What a file says of itself.

    `frames` is None where only decoding tells; `expected` is then a guess for displays, or None.
    """

    sample_rate: int
    channels: int
    frames: int | None
    format: str
    subtype: str
    expected: int | None = None
    decoder: str = "soundfile"


def info(path: str | Path) -> AudioInfo:
    """Read the header of a file; a `UserError` where it is no audio, empty or missing."""
    path = Path(path)
    check_readable(path)
    try:
        found = soundfile.info(_as_bytes(path))
    except soundfile.LibsndfileError:
        return _through_ffmpeg(path)
    if found.frames >= ENDLESS:
        return _through_ffmpeg(path, found.format, found.subtype)
    if found.format == "MP3":  # its length is an estimate
        frames, expected = None, found.frames
    elif found.frames:
        frames = expected = promised_frames(found)
    elif path.stat().st_size > CARELESS:
        raise UserError(
            f"{path}: its header counts no samples, though {path.stat().st_size} bytes are there, "
            "as of a recorder that was cut off; mend it, with `ffmpeg -i` or `sox --ignore-length`."
        )
    else:
        raise UserError(f"{path}: expected audio, got a file of no samples; leave it out.")
    return AudioInfo(
        found.samplerate, found.channels, frames, found.format, found.subtype, expected
    )


def _as_bytes(path: Path) -> Any:
    """A name as the system has it: on an old disk it is no UTF-8."""
    return os.fsencode(path) if os.name == "posix" else str(path)


def read(path: str | Path, start: int = 0, frames: int | None = None) -> tuple[Tensor, int]:
    """Read a file, or `frames` samples from `start` on, and its sample rate.

    Shape: `[channel, time]`.
    """
    with Reader(path, start) as reader:
        blocks, left = [], frames
        for block in reader.blocks(_BLOCK if left is None else min(_BLOCK, max(1, left))):
            blocks.append(block if left is None else block[:, :left])
            if left is not None:
                left -= blocks[-1].shape[1]
                if left <= 0:
                    break
        empty = torch.zeros(reader.channels, 0)
        return torch.cat(blocks, 1) if blocks else empty, reader.sample_rate


def write(path: str | Path, audio: Tensor, sample_rate: int, subtype: str | None = None) -> None:
    """Write a whole file of the kind that its name says. Shape: `[channel, time]`."""
    with Writer(path, sample_rate, audio.shape[0], subtype=subtype) as writer:
        writer.write(audio)


def encode_and_decode(
    audio: Tensor, sample_rate: int, format: str, subtype: str, compression: float
) -> Tensor:
    """A sound through a codec of libsndfile and back, in memory.

    Shape: `[channel, time] -> [channel, any]`.
    """
    buffer = BytesIO()
    samples = audio.T.contiguous().numpy()
    soundfile.write(
        buffer, samples, sample_rate, subtype, format=format, compression_level=compression
    )
    buffer.seek(0)
    decoded, _ = soundfile.read(buffer, dtype="float32", always_2d=True)
    return torch.from_numpy(decoded).T


class Reader:
    """Reads a file in blocks, and refuses samples that are no numbers and files that end early."""

    def __init__(self, path: str | Path, start: int = 0) -> None:
        self.path, self._start = Path(path), start
        self.info = info(path)
        self.sample_rate, self.channels = self.info.sample_rate, self.info.channels
        self.frames = self.info.frames
        self._blocks: Generator[Tensor] | None = None

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        if self._blocks is not None:
            self._blocks.close()

    def blocks(self, size: int) -> Iterator[Tensor]:
        """The file in blocks of `size` samples, the last one shorter.

        Shape: `[channel, time]` each.
        """
        self._blocks = self._decoded(size)
        position = self._start
        for block in self._blocks:
            self._check(block, position)
            position += block.shape[1]
            yield block
        if not position or (self.frames is not None and position < self.frames):
            raise UserError(self._cut(position))

    def _decoded(self, size: int) -> Generator[Tensor]:
        if self.info.decoder == "ffmpeg":
            yield from ffmpeg.blocks(self.path, self.sample_rate, self.channels, size, self._start)
            return
        position = self._start
        try:
            with soundfile.SoundFile(_as_bytes(self.path)) as file:
                if self._start:  # some kinds of telephones cannot seek, not even to where they are
                    file.seek(self._start)
                while True:
                    block = file.read(size, dtype="float32", always_2d=True)
                    if not len(block):
                        return
                    position += len(block)
                    yield torch.from_numpy(block).T.contiguous()
        except soundfile.LibsndfileError as error:
            raise UserError(self._cut(position)) from error

    def _check(self, block: Tensor, position: int) -> None:
        bad = unusable(block)
        if bad is not None:
            first = int(bad.any(0).nonzero()[0])
            seconds = (position + first) / self.sample_rate
            raise UserError(
                f"{self.path}: expected finite samples, got {block[bad][0]:g} at {seconds:.3f} s; "
                "mend or cut the file."
            )

    def _cut(self, position: int) -> str:
        seconds = position / self.sample_rate
        whole = f" of {self.frames / self.sample_rate:.3f} s" if self.frames else ""
        return (
            f"{self.path}: expected a whole file, got one that ends or breaks at "
            f"{seconds:.3f} s{whole}; copy it again."
        )


class Full(UserError):
    """A file that holds no more."""


class Writer:
    """Writes a file under a temporary name beside it, and renames it once it is whole.

    Whole-number kinds are rounded here, so that a 16-bit file that passes unchanged stays the same
    bit by bit; samples past full scale are clipped and counted. Floats are never clipped.

    Args:
        frames: the expected length; a wav of more than 4 GB takes the header that counts it (RF64).
    """

    def __init__(
        self,
        path: str | Path,
        sample_rate: int,
        channels: int,
        format: str | None = None,
        subtype: str | None = None,
        frames: int | None = None,
    ) -> None:
        self.path = Path(path)
        self.format: str = format or _format(self.path)
        self.subtype: str = subtype or soundfile.default_subtype(self.format) or "PCM_16"
        self.sample_rate, self.channels = sample_rate, channels
        size = channels * _BYTES.get(self.subtype, 2)
        self._most = _WAV_LIMIT // size if self.format in ("WAV", "WAVEX") else None
        if self._most is not None and frames is not None and frames > self._most:
            self.format, self._most = "RF64", None
        self.clipped = self.frames = 0
        self._partial = self.path.with_name(f".{self.path.name}.part")
        self._hold = ExitStack()
        self._file: soundfile.SoundFile | None = None

    def __enter__(self) -> Writer:
        if self.path.is_dir():
            raise UserError(
                f"{self.path}: expected a file to write, got a folder; choose another name."
            )
        try:
            self._hold.enter_context(held(self._partial, self.path))
            self._file = soundfile.SoundFile(
                _as_bytes(self._partial),
                "w",
                self.sample_rate,
                self.channels,
                self.subtype,
                format=self.format,
            )
        except OSError as error:
            raise UserError(self._failed((error.strerror or "no reason given").lower())) from error
        except (soundfile.LibsndfileError, ValueError) as error:
            self._partial.unlink(missing_ok=True)
            self._hold.close()
            raise UserError(self._failed(str(error).split(": ")[-1].rstrip("."))) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._file is not None
        try:
            self._file.close()
            if kind is None:
                self._check_whole()
                os.replace(self._partial, self.path)
        except OSError as reason:
            raise UserError(self._failed((reason.strerror or "failed").lower())) from reason
        finally:
            self._partial.unlink(missing_ok=True)
            self._hold.close()

    def _check_whole(self) -> None:
        """What is compressed is written in the end, of which soundfile tells no failure."""
        try:
            written = soundfile.info(_as_bytes(self._partial)).frames
        except soundfile.LibsndfileError:
            written = -1
        if written != self.frames:
            raise UserError(self._failed(_FULL))

    def write(self, block: Tensor) -> None:
        """Append a block. Shape: `[channel, time]`."""
        assert self._file is not None, "write inside `with Writer(...)`"
        frames = self.frames + block.shape[1]
        if self._most is not None and frames > self._most:
            raise Full(f"{self.path}: a wav holds 4 GB at most and more came; write flac.")
        self.frames = frames
        if self.subtype not in ("FLOAT", "DOUBLE"):
            self.clipped += int((block.abs() > 1).sum())
            bits = BITS.get(self.subtype)
            block = whole_numbers(block, bits) if bits else block.clamp(-1, 1)
        # On a full disk soundfile raises either of the two.
        try:
            self._file.write(block.T.contiguous().numpy())
        except (soundfile.LibsndfileError, AssertionError) as error:
            told = str(error).strip(".")
            raise UserError(self._failed(told if told not in _SILENT else _FULL)) from error

    def _failed(self, reason: str) -> str:
        kind = f"{self.format} {self.subtype}, {self.channels} channels, {self.sample_rate} Hz"
        return (
            f"{self.path}: cannot be written as {kind} ({reason}); choose another folder or kind."
        )


def _format(path: Path) -> str:
    found = FORMATS.get(path.suffix.lower())
    if found is None:
        kinds = ", ".join(FORMATS)
        raise UserError(
            f"{path}: expected a name that ends with one of {kinds}; rename the output."
        )
    return found


def unusable(block: Tensor) -> Tensor | None:
    """Which samples are no audio: not finite, or beyond `LOUDEST`; None where all are well."""
    well = block.abs() <= LOUDEST  # false for NaN too
    return None if bool(well.all()) else ~well


def _through_ffmpeg(path: Path, format: str = "OTHER", subtype: str = "") -> AudioInfo:
    found = ffmpeg.probe(path)
    expected = None if found.seconds is None else round(found.seconds * found.sample_rate)
    return AudioInfo(
        found.sample_rate, found.channels, None, format, subtype or found.codec, expected, "ffmpeg"
    )
