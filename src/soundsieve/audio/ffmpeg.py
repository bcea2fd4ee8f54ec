"""Files that soundfile cannot read (m4a, video, ...), decoded by ffmpeg where it is installed."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from soundsieve.errors import UserError


@dataclass(frozen=True)
class AudioStream:
    """The first audio stream of a file."""

    sample_rate: int
    channels: int
    codec: str
    seconds: float | None


def there() -> bool:
    """Whether ffmpeg is installed."""
    return bool(shutil.which("ffprobe") and shutil.which("ffmpeg"))


def probe(path: Path) -> AudioStream:
    """What ffprobe says of the first audio stream; a `UserError` where there is none."""
    if not there():
        raise UserError(
            f"{path}: expected wav, flac, ogg, opus or mp3, got another kind; "
            "all others need ffmpeg, so install it."
        )
    command = ["ffprobe", "-v", "error", "-select_streams", "a:0", "-of", "json"]
    command += [
        "-show_entries",
        "stream=codec_name,sample_rate,channels:format=duration",
        f"file:{path}",
    ]
    found = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    said = json.loads(found.stdout or "{}")
    stream = next(iter(said.get("streams", [])), {})
    if found.returncode or not int(stream.get("sample_rate", 0)) or not stream.get("channels"):
        raise UserError(
            f"{path}: expected audio, got what neither soundfile nor ffmpeg reads; check the file."
        )
    seconds = said.get("format", {}).get("duration")
    return AudioStream(
        int(stream["sample_rate"]),
        int(stream["channels"]),
        stream["codec_name"],
        None if seconds is None else float(seconds),
    )


def blocks(
    path: Path, sample_rate: int, channels: int, size: int, start: int = 0
) -> Iterator[Tensor]:
    """Decode in blocks of `size` samples, the last one shorter; memory does not grow.

    Shape: `[channel, time]` each.
    """
    command = ["ffmpeg", "-v", "error", "-nostdin", "-xerror", "-i", f"file:{path}", "-map", "a:0"]
    command += ["-f", "f32le", "-ac", str(channels), "-ar", str(sample_rate), "-"]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
        ) as process,
    ):
        assert process.stdout is not None
        try:
            _skip(process.stdout, start * channels * 4)
            while data := process.stdout.read(size * channels * 4):
                whole = len(data) // (4 * channels) * (4 * channels)
                samples = torch.frombuffer(bytearray(data[:whole]), dtype=torch.float32)
                yield samples.unflatten(0, (-1, channels)).T.contiguous()
            if process.wait():
                errors.seek(0)
                said = (
                    errors.read().decode(errors="replace").strip() or "no reason given"
                ).splitlines()[0]
                raise UserError(
                    f"{path}: expected a whole file, but ffmpeg stopped ({said}); copy it again."
                )
        finally:
            process.kill()


def join(streams: Mapping[str, Path], path: Path) -> None:
    """Writes wav files into one mp4, a stream each with its name.

    They are coded without loss (ALAC): AAC would round a length up to whole packets. Players and
    musdb read either. Raises UserError with what ffmpeg says where it fails.
    """
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y"]
    for file in streams.values():
        command += ["-i", f"file:{file}"]
    for number, name in enumerate(streams):
        command += ["-map", f"{number}:a"]
        command += [f"-metadata:s:a:{number}", f"title={name}"]
        command += [f"-metadata:s:a:{number}", f"handler_name={name}"]
    command += ["-c:a", "alac", "-f", "mp4", f"file:{path}"]
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        said = (done.stderr.decode(errors="replace").strip() or "no reason given").splitlines()[-1]
        raise UserError(f"{path.name}: ffmpeg could not write it ({said}); choose another format=.")


def _skip(stream, count: int) -> None:
    while count > 0 and (data := stream.read(min(count, 1 << 20))):
        count -= len(data)
