"""Models as Python objects: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from soundsieve.audio.io import unusable
from soundsieve.inference.live import require_live
from soundsieve.inference.pipe import Guard
from soundsieve.inference.separate import separate_audio
from soundsieve.inference.stream import Stream
from soundsieve.models.find import find
from soundsieve.models.separator import Separator
from soundsieve.target import Target, parse

Array = TypeVar("Array", np.ndarray, Tensor)
MOST_CHANNELS = 64
"""More, where they outnumber the samples, are samples."""


def load(name: str | Path | None = None) -> Model:
    """Load a shipped model by name, a run folder or a model file; by default the best there is."""
    return Model(find(None if name is None else str(name)))


class Model:
    """A trained model for arrays of numpy or torch, `[time]` or `[channel, time]`."""

    def __init__(self, separator: Separator) -> None:
        self.separator = separator.eval()

    @property
    def keeps(self) -> tuple[str, ...]:
        """The targets that the model has; it also forms sums of them, and what they leave."""
        return self.separator.names

    def separate(
        self, audio: Array, sample_rate: int, keep: str | None = None, residual: bool = False
    ) -> Array:
        """Keep a target of a whole signal, aligned and as long.

        One output has the shape and kind of the input. Several, or one with its residual (last),
        come along a first axis:
        `kept, removed = model.separate(audio, 16000, "speech", residual=True)`.
        """
        signal = _signal(audio)
        if unusable(signal) is not None:
            raise ValueError("expected finite samples, got NaN, Inf or huge ones; mend them first")
        rate = _whole(sample_rate)
        outputs = separate_audio(self.separator, signal, rate, self._targets(keep), residual)
        return _like(audio, outputs)

    def stream(
        self, keep: str | None = None, sample_rate: int | None = None, channels: int = 1
    ) -> Live:
        """Keep a target live, from now on; the model's own sample rate by default.

        Blocks are small: `torch.set_num_threads(1)` keeps threads from waiting for each other.
        """
        require_live(self.separator, "this")
        rate = _whole(sample_rate or self.separator.sample_rate)
        return Live(Stream(self.separator, rate, channels, self._targets(keep)))

    def _targets(self, keep: str | None) -> tuple[Target, ...]:
        return parse(",".join(self.keeps) if keep is None else keep, self.separator.tree)


class Live:
    """A stream of arrays: `push` gives as many samples as it takes, `latency` samples late.

    Samples that are not finite become zeros; `replaced` counts them.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream, self._guard = stream, Guard()
        self._as_last: Callable[[Tensor], np.ndarray | Tensor] = lambda outputs: outputs

    @property
    def latency(self) -> int:
        """Samples by which the output lags."""
        return self._stream.latency

    @property
    def replaced(self) -> int:
        """Samples so far that were no finite numbers and became zeros."""
        return self._guard.replaced

    def push(self, block: Array) -> Array:
        """Take a block, `[time]` or `[channel, time]`, and give one of the same shape."""
        empty = block[..., :0]
        self._as_last = lambda outputs: _like(empty, outputs)
        return _like(block, self._stream.push(self._guard(_signal(block))))

    def flush(self) -> np.ndarray | Tensor:
        """Give the last `latency` samples, as the kind of array that came."""
        return self._as_last(self._stream.flush())


def _whole(sample_rate: float) -> int:
    """A sample rate, which other libraries give as 44100.0 too."""
    if sample_rate != int(sample_rate):
        raise ValueError(f"expected a sample rate of whole Hz, got {sample_rate}")
    return int(sample_rate)


def _signal(audio: np.ndarray | Tensor) -> Tensor:
    """Shape: `[time] or [channel, time] -> [channel, time]`."""
    if isinstance(audio, np.ndarray) and audio.dtype.kind == "f":
        # A copy: torch takes no array that runs backwards, nor one of another byte order.
        audio = audio.astype(audio.dtype.newbyteorder("="), order="C")
    tensor = torch.as_tensor(audio)
    if not tensor.is_floating_point():
        raise ValueError(
            f"expected samples as floats from -1 to 1, got {tensor.dtype}; divide by full scale"
        )
    if tensor.dim() not in (1, 2):
        raise ValueError(f"expected [time] or [channel, time], got {list(tensor.shape)}")
    found = torch.atleast_2d(tensor).float().cpu()
    if len(found) > max(found.shape[1], MOST_CHANNELS):
        raise ValueError(f"expected [channel, time], got {list(tensor.shape)}; transpose it")
    return found


def _like(audio: Array, outputs: Tensor) -> Array:
    """Outputs in the form of the input. Shape: `[output, channel, time] -> [..., time]`."""
    outputs = outputs[:, 0] if audio.ndim == 1 else outputs
    outputs = outputs[0] if len(outputs) == 1 else outputs
    return (
        outputs.numpy().astype(audio.dtype) if isinstance(audio, np.ndarray) else outputs.to(audio)
    )
