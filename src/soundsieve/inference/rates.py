"""From the file's sample rate to the model's and back, with nothing lost on the way."""

from __future__ import annotations

from math import gcd

import torch
from torch import Tensor

from soundsieve.audio.resample import StreamResampler
from soundsieve.inference.fifo import Fifo
from soundsieve.inference.treble import Treble
from soundsieve.models.separator import Separator

FRAME = 256
"""Samples, at the model's rate, over which the treble has one gain; a short hop takes fewer."""


class SameRate:
    """The file has the model's rate: nothing is resampled."""

    period = 1  # hops after which the alignment of hops and file samples repeats

    def needed(self, low: int) -> int:
        """Count the file samples that `low` samples at the model's rate need."""
        return low

    def determined(self, low: int) -> int:
        """Count the file samples that `low` estimated samples determine; goes on below 0."""
        return low

    def down(self, block: Tensor) -> Tensor:
        """To the model's rate. Shape: `[channel, time] -> [channel, any]`."""
        return block

    def up(
        self, weights: Tensor, estimates: Tensor, low: Tensor, mixture: Fifo
    ) -> tuple[Tensor, Tensor]:
        """Weighted sums of the estimates at the file's rate, and the mixture that they belong to.

        Shape: `[target, output], [output, channel, time], [channel, time]
        -> [target, channel, any], [channel, any]`.
        """
        return _remix(weights, estimates), mixture.pop(low.shape[-1])


class OtherRate:
    """Resamples both ways; what that loses, mostly treble, gets the gain of the top octave."""

    def __init__(self, model: Separator, sample_rate: int, channels: int, n_targets: int) -> None:
        self._rate = sample_rate
        self._down = StreamResampler(sample_rate, model.sample_rate, channels)
        self._up = StreamResampler(model.sample_rate, sample_rate, (n_targets + 1) * channels)
        octave = min(sample_rate, model.sample_rate) / 4
        frame = gcd(model.hop, FRAME)
        self._treble = Treble(model.sample_rate, frame, octave, model.outputs, channels)
        self._high = Fifo((n_targets + 1) * channels)
        self._given = 0
        self.period = self._down.phases // gcd(self._down.phases, model.hop)

    def needed(self, low: int) -> int:
        """Count the file samples that `low` samples at the model's rate need."""
        return self._down.needed(low)

    def determined(self, low: int) -> int:
        """Count the file samples that `low` estimated samples determine; goes on below 0."""
        return min(self._up.ready(low), self._treble.reach(low // self._treble.hop, self._rate))

    def down(self, block: Tensor) -> Tensor:
        """To the model's rate. Shape: `[channel, time] -> [channel, any]`."""
        return self._down.push(block)

    def up(
        self, weights: Tensor, estimates: Tensor, low: Tensor, mixture: Fifo
    ) -> tuple[Tensor, Tensor]:
        """Weighted sums of the estimates at the file's rate, and the mixture that they belong to.

        Shape: `[target, output], [output, channel, time], [channel, time]
        -> [target, channel, any], [channel, any]`.
        """
        remixed = _remix(weights, estimates).flatten(0, 1)
        self._high.push(self._up.push(torch.cat([remixed, low])))
        self._treble.push(estimates, low)
        reach = self._treble.reach(self._treble.frames, self._rate)
        count = max(0, min(len(self._high), reach - self._given))
        gains = weights @ self._treble.gains(self._given, count, self._rate)  # [target, time]
        self._given += count
        high = self._high.pop(count).unflatten(0, (len(weights) + 1, -1))
        here = mixture.pop(count)
        return high[:-1] + gains[:, None] * (here - high[-1]), here


def _remix(weights: Tensor, estimates: Tensor) -> Tensor:
    return (weights @ estimates.flatten(1)).unflatten(1, estimates.shape[1:])
