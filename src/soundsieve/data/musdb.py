"""The stems inside a STEMS file of MUSDB18, read through the musdb package."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.errors import UserError

STREAMS = {"mixture": 0, "drums": 1, "bass": 2, "other": 3, "vocals": 4}
_ENOUGH = 0.98  # of the length that the file says; a packet or two at the end may be missing


def read(path: Path, stem: str) -> tuple[Tensor, int]:
    """One stem of a STEMS file, and its sample rate. Shape: `[channel, time]`.

    Raises UserError where musdb or ffmpeg is not installed, or where the file is broken.
    """
    if not path.is_file():
        raise UserError(f"{path}: cannot be read (no such file); check the name.")
    audio, rate, seconds = _read(path, STREAMS[stem])
    if len(audio) < _ENOUGH * seconds * rate:
        raise UserError(
            f"{path}: expected a whole file, got one that breaks at {len(audio) / rate:.3f} s of "
            f"{seconds:.3f} s; copy it again."
        )
    return torch.from_numpy(audio).float().T.contiguous(), rate


def _read(path: Path, stream: int) -> tuple[NDArray[np.floating], int, float]:
    """Samples `[time, channel]`, sample rate, and the length that the file says."""
    try:
        import ffmpeg  # what musdb reads with
        from musdb.audio_classes import Track
    except ImportError:
        raise UserError(
            f"{path}: STEMS files are read through the musdb package; install soundsieve[musdb]."
        ) from None
    except Warning as error:  # so stempeg says that there is no ffmpeg
        raise UserError(f"{path}: STEMS files need ffmpeg ({error}); install it.") from None
    try:
        track = Track(path=str(path), stem_id=stream)
        return track.audio, int(track.rate or 0), float(track.duration or 0)
    except ffmpeg.Error as error:
        said = (error.stderr or b"").decode(errors="replace").strip().splitlines()
        reason = said[-1].split(": ")[-1] if said else "no reason given"
    except (RuntimeError, OSError, ValueError, LookupError, TypeError, Warning) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
    raise UserError(
        f"{path}: expected a STEMS file of five streams, which failed ({reason}); copy it again."
    )
