"""The one way from a mixture to what is kept: a model fed block by block."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from soundsieve.errors import UserError
from soundsieve.inference.feed import Feed
from soundsieve.inference.fifo import Fifo
from soundsieve.inference.rates import OtherRate, SameRate
from soundsieve.models.separator import Separator
from soundsieve.remix import formable
from soundsieve.target import Target

RATES = (8000, 192000)
"""Lowest and highest sample rate, Hz."""


class Stream:
    """Keeps targets in blocks of any size, `latency` samples late.

    The weighted sum of the model's outputs is taken at the model's rate and brought back to that
    of the blocks; what the way there and back loses, mostly the treble above the model's band, is
    kept or removed as the model does with its top octave. All positions are whole numbers, so the
    samples do not depend on the sizes of the blocks.

    Args:
        channels: of the blocks.
        residual: add a last output, the mixture minus the sum of all others.
    """

    def __init__(
        self,
        model: Separator,
        sample_rate: int,
        channels: int,
        targets: Sequence[Target],
        residual: bool = False,
    ) -> None:
        if not RATES[0] <= sample_rate <= RATES[1]:
            raise UserError(
                f"expected a sample rate of {RATES[0]} to {RATES[1]} Hz, got {sample_rate}; "
                "resample first."
            )
        if channels < 1 or not targets:
            raise ValueError(
                f"a stream has channels and targets, not {channels} and {list(targets)}"
            )
        rows = [
            formable(target, model.scope, model.outputs, model.names, model.tree)
            for target in targets
        ]
        self._weights = torch.tensor(rows)[:, :-1]  # [target, output]
        self._direct = torch.tensor(rows)[:, -1, None, None]  # of the mixture itself
        self.sample_rate, self.channels, self.residual = sample_rate, channels, residual
        same = sample_rate == model.sample_rate
        self._rates = SameRate() if same else OtherRate(model, sample_rate, channels, len(rows))
        self._feed = Feed(model, channels)
        self._hop = model.hop
        self._taken = self._fed = 0  # samples in, hops given to the model
        # The longest wait: from just before a hop is full, over all alignments of hops and samples.
        self.latency: int = max(
            self._rates.needed(hop * model.hop)
            - self._rates.determined((hop - 1) * model.hop - model.delay)
            for hop in range(1, self._rates.period + 1)
        )
        self._waiting = Fifo(channels)  # not yet resampled
        self._low = Fifo(channels)  # at the model's rate, less than a hop
        self._mixture = Fifo(channels)  # for which there is no estimate yet
        self._ready = Fifo(len(rows) + residual, channels, zeros=self.latency)

    @torch.no_grad()
    def push(self, block: Tensor) -> Tensor:
        """Take a block and give as many samples, delayed by `latency`.

        Shape: `[channel, time] -> [output, channel, time]`.
        """
        if block.dim() != 2 or block.shape[0] != self.channels:
            raise ValueError(f"expected a block [{self.channels}, time], got {list(block.shape)}")
        self._waiting.push(block.clone())  # callers use their buffers again
        self._taken += block.shape[1]
        if self._taken >= self._rates.needed((self._fed + 1) * self._hop):
            self._ready.push(self._advance(self._waiting.pop()))
        return self._ready.pop(block.shape[1])

    def flush(self) -> Tensor:
        """Give the last `latency` samples. Shape: `[output, channel, latency]`."""
        return self.push(torch.zeros(self.channels, self.latency))

    def _advance(self, block: Tensor) -> Tensor:
        """All that the input so far determines.

        Shape: `[channel, time] -> [output, channel, any]`.
        """
        self._mixture.push(block)
        self._low.push(self._rates.down(block))
        hops = len(self._low) // self._hop
        self._fed += hops
        estimates, low = self._feed.push(self._low.pop(hops * self._hop))
        kept, mixture = self._rates.up(self._weights, estimates, low, self._mixture)
        if self._direct.any():
            kept = kept + self._direct * mixture
        return torch.cat([kept, (mixture - kept.sum(0))[None]]) if self.residual else kept
