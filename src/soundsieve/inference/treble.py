"""What a model does to its top octave, as a gain for the band above it that it never hears."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

import torch
from torch import Tensor

from soundsieve.inference.fifo import Fifo

_SMOOTHING = 0.04  # seconds, of powers: an onset outweighs at once what was before it
_FULL_BAND = 1e-4  # share of the whole band's power: it decides where the top octave is silent
_TAPS = 31


class Treble:
    """One gain an output and frame of `hop` samples: how much of the top octave the output has.

    The gain is the projection of the output on the mixture, `<output, mixture> / <mixture,
    mixture>`, over smoothed frames: of one of several independent sounds, its power over the
    mixture's. A model in doubt halves its quiet top octave; up here nobody would miss the hiss of
    the other half, but all miss air, so the gains are squared against their rest, which decides.
    Outputs that sum to the mixture keep gains that sum to 1: remixes and complements stay exact
    above the model's band. All channels share the gains.

    Args:
        octave: the lowest frequency of the octave, Hz.
        outputs: the gain vectors of the model's outputs.
    """

    def __init__(
        self,
        sample_rate: int,
        hop: int,
        octave: float,
        outputs: Sequence[Sequence[float]],
        channels: int,
    ) -> None:
        self.sample_rate, self.hop = sample_rate, hop
        self._whole = all(abs(sum(gains) - 1) < 1e-6 for gains in zip(*outputs, strict=True))
        self._keep = exp(-hop / sample_rate / _SMOOTHING)
        self._filter = _high_pass(octave / sample_rate)
        self._signals = Fifo(len(outputs) + 1, channels)  # less than a frame
        self._past = torch.zeros(len(outputs) + 1, channels, _TAPS - 1)
        self._smooth = torch.zeros(len(outputs) + 1)
        self._gains = torch.zeros(len(outputs), 0)  # of frame _first, _first + 1, ...
        self._first = -1  # a copy of frame 0, to draw the first line from

    @property
    def frames(self) -> int:
        """How many frames have a gain."""
        return max(0, self._first + self._gains.shape[1])

    def reach(self, frames: int, rate: int) -> int:
        """Count the samples at another rate that lie in the first `frames` frames."""
        return -(-frames * self.hop * rate // self.sample_rate)

    def push(self, estimates: Tensor, mixture: Tensor) -> None:
        """Take the model's outputs and the mixture, aligned.

        Shape: `[output, channel, time], [channel, time]`.
        """
        self._signals.push(torch.cat([estimates, mixture[None]]))
        count = len(self._signals) // self.hop
        if count:
            gains = self._smoothed(self._products(self._signals.pop(count * self.hop)))
            before = self._gains if self._gains.shape[1] else gains[:, :1]
            self._gains = torch.cat([before, gains], -1)

    def gains(self, first: int, count: int, rate: int) -> Tensor:
        """Gains for `count` samples at another rate from its `first` on, straight between frames.

        Calls go forward in time; frames that are past are forgotten.
        Shape: `[output, count]`.
        """
        step, span = self.sample_rate, self.hop * rate
        if not count:
            return self._gains.new_zeros(len(self._gains), 0)
        begin = first * step // span
        offset = first * step - begin * span
        moments = torch.arange(count, dtype=torch.float64).mul_(step).add_(offset).div_(span)
        frame = moments.long()
        share = (moments - frame).float()
        at = frame + (begin - self._first)
        before, after = self._gains[:, at - 1], self._gains[:, at]
        drop = (first + count) * step // span - 1 - self._first
        self._gains, self._first = self._gains[:, drop:], self._first + drop
        return before + (after - before) * share

    def _products(self, signals: Tensor) -> Tensor:
        """Each signal times the mixture, summed over the top octave of each frame and all channels.

        Every second sample tells as much: the octave folds onto the lower half of the band.
        Shape: `[output + 1, channel, frame * hop] -> [output + 1, frame]`.
        """
        padded = torch.cat([self._past, signals], -1)
        self._past = padded[..., 1 - _TAPS :].clone()
        stride = 2 - self.hop % 2
        rows = padded.flatten(0, 1)[:, None]
        top = torch.nn.functional.conv1d(rows, self._filter, stride=stride)
        top = top.view(*signals.shape[:2], -1)
        full = signals[..., ::stride]
        products = top * top[-1] + _FULL_BAND * full * full[-1]
        return products.sum(1).unflatten(-1, (-1, self.hop // stride)).sum(-1)

    def _smoothed(self, frames: Tensor) -> Tensor:
        """Gains of frames from their products. Shape: `[output + 1, frame] -> [output, frame]`."""
        smooth = []
        for products in frames.unbind(-1):
            self._smooth = self._keep * self._smooth + products
            smooth.append(self._smooth)
        products = torch.stack(smooth, -1)
        power = products[-1:]
        gains = torch.where(power > 0, products[:-1] / power.clamp(min=1e-30), torch.zeros(()))
        if not self._whole:
            squares = gains.clamp(0, 1).square()
            return squares / (squares + (1 - gains.clamp(0, 1)).square())
        squares = gains.clamp(min=0).square()
        total = squares.sum(0)  # nothing after silence: then all have the same share
        return torch.where(total > 0, squares / total.clamp(min=1e-6), 1 / len(squares))


def _high_pass(cutoff: float) -> Tensor:
    """A short linear-phase high-pass; all signals get its delay alike. Shape: `[1, 1, tap]`."""
    time = torch.arange(_TAPS, dtype=torch.float64) - _TAPS // 2
    window = torch.hann_window(_TAPS + 2, False, dtype=torch.float64)[1:-1]
    low = torch.sinc(2 * cutoff * time) * window
    low /= low.sum()
    return ((time == 0).double() - low).float()[None, None]
