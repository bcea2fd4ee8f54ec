"""What a recording is really like: its peak, how much is clipped, the bandwidth it truly has."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SILENT = 1e-4
"""Peak below which a file holds no sound: -80 dBFS, above the dither of 16 bits."""
CLIPPED = 0.005
"""Share of clipped samples from which a recording is left out."""
SLICES = 32
_HOT = 0.89  # a peak of -1 dBFS; below it, flat tops are a synthesiser's, not a clipped recording's
_FLAT = 0.9995
_SIZE = 2048  # samples a window
_FLOOR = 1e-6  # -60 dB under the strongest band


@dataclass(frozen=True)
class Facts:
    """One recording in a store: where its PCM is, and what was measured on the way.

    Args:
        bandwidth: the frequency above which there is nothing, in Hz.
        clipped: share of the samples that lie on a flat top.
        digest: of the PCM; two recordings that share it are the same.
        shape: the level over time, in `SLICES` hexadecimal bytes.
    """

    start: int
    frames: int
    scale: float
    sample_rate: int
    channels: int
    seconds: float
    peak: float
    clipped: float
    bandwidth: float
    digest: str
    shape: str


def complaint(facts: Facts, most_clipped: float = CLIPPED) -> str:
    """Why a recording that could be decoded is left out all the same; empty where it is well."""
    if facts.peak < SILENT:
        return "is silent"
    if not facts.frames:
        return "is silent once its channels are mixed"
    if facts.clipped > most_clipped:
        return f"is clipped: {100 * facts.clipped:.1f} % of its samples are on a flat top"
    return ""


class Gauge:
    """Measures a recording that passes by in blocks."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.peak = 0.0
        self.frames = 0
        self._flat = self._samples = 0
        self._power = torch.zeros(_SIZE // 2 + 1)
        self._rest = torch.zeros(0)

    def push(self, block: Tensor) -> None:
        """Take a block of any length. Shape: `[channel, time]`."""
        if not block.shape[1]:
            return
        self.frames += block.shape[1]
        self._samples += block.numel()
        size = block.abs()
        peak = float(size.max())
        if peak > self.peak / _FLAT:
            self._flat = 0
        self.peak = max(self.peak, peak)
        if self.peak >= _HOT:
            top = size >= _FLAT * self.peak
            # A lone sample at the peak is music; its neighbours at the same height are a flat top.
            self._flat += int((top[:, 2:] & top[:, 1:-1] & top[:, :-2]).sum())
        self._spectrum(block.mean(0))

    def _spectrum(self, mono: Tensor) -> None:
        """Power of whole windows, no overlap; what is left of a block goes before the next one."""
        mono = torch.cat([self._rest, mono])
        whole = len(mono) // _SIZE * _SIZE
        self._rest = mono[whole:].clone()
        if whole:
            windows = mono[:whole].view(-1, _SIZE) * torch.hann_window(_SIZE, periodic=False)
            self._power += torch.view_as_real(torch.fft.rfft(windows)).square().sum((0, 2))

    @property
    def clipped(self) -> float:
        """Share of samples on a flat top, of all channels together."""
        return self._flat / self._samples if self._samples else 0.0

    @property
    def bandwidth(self) -> float:
        """The frequency above which every band is 60 dB under the strongest one, in Hz."""
        power = self._power
        if not power.any():  # all of it is shorter than a window
            short = self._rest * torch.hann_window(len(self._rest), periodic=False)
            power = torch.fft.rfft(short, _SIZE).abs().square()
        bands = power[:-1].view(-1, 8).mean(1)  # 1/128 of the bandwidth each
        above = (bands > _FLOOR * bands.max()).nonzero()
        highest = (int(above[-1]) + 1) / len(bands) if len(above) else 0.0
        return highest * self.sample_rate / 2


def shape_of(pcm: NDArray[np.int16]) -> str:
    """The level over time in steps of 1 dB under full scale, as hexadecimal bytes.

    Shape: `[time, channel]`.
    """
    if len(pcm) < SLICES:
        return ""
    edges = np.linspace(0, len(pcm), SLICES + 1).astype(np.int64)
    squares = np.square(pcm, dtype=np.float64).mean(1)
    power = np.add.reduceat(squares, edges[:-1]) / np.diff(edges)
    level = -10 * np.log10(np.maximum(power / 2**30, 1e-10))
    return np.clip(level.round(), 0, 100).astype(np.uint8).tobytes().hex()
