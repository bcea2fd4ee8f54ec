"""What of a folder's sound a fine-tune is handed, and what is held out for good."""

from collections.abc import Sequence
from pathlib import Path

import torch

from soundsieve.audio.io import read, write
from soundsieve.data.walk import audio_files

HELD_OUT = 1 / 3


def cut(
    folder: Path, place: Path, amounts: Sequence[int], usual: int
) -> tuple[dict[int, Path], Path]:
    """Folders with so many seconds of a folder's sound each, and one with a third that none has.

    An amount that is not there is left out, but for the usual one: that is all there is, up to it.
    """
    pieces = [(path, *read(path)) for path in audio_files(folder)]
    total = sum(audio.shape[-1] / rate for _, audio, rate in pieces)
    learned: list[tuple[str, torch.Tensor, int]] = []
    heard = 0.0
    for number, (path, audio, rate) in enumerate(pieces):
        name = f"{number:03}-{path.stem}.wav"
        # A recording that lies on the border is cut there.
        edge = round(max((1 - HELD_OUT) * total - heard, 0) * rate)
        learned.append((name, audio[:, :edge], rate))
        _put(place / "test" / name, audio[:, edge:], rate)
        heard += audio.shape[-1] / rate
    there = [amount for amount in amounts if amount <= (1 - HELD_OUT) * total or amount == usual]
    for amount in there:
        rest = float(amount)
        for name, audio, rate in learned:
            _put(place / str(amount) / name, audio[:, : round(rest * rate)], rate)
            rest = max(rest - audio.shape[-1] / rate, 0.0)
    return {amount: place / str(amount) for amount in there}, place / "test"


def _put(path: Path, audio: torch.Tensor, sample_rate: int) -> None:
    """A file, where there is sound for it and it is not there yet."""
    if audio.shape[-1] and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, audio, sample_rate)
