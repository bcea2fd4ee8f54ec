"""The model's side of a stream: whole hops in, aligned estimates out."""

from __future__ import annotations

from torch import Tensor

from soundsieve.inference.fifo import Fifo
from soundsieve.models.separator import Separator


class Feed:
    """Holds the model's state, and takes out its delay.

    A model for a fixed number of channels gets the channels in groups of that many, as a batch; a
    last group that is not full is filled with copies of the last channel.
    """

    def __init__(self, model: Separator, channels: int) -> None:
        self._model, self._channels = model, channels
        self._group = model.channels or channels
        self._n_groups = -(-channels // self._group)
        self._state = model.initial_state(self._n_groups, self._group)
        self._early = model.delay  # samples still to come that lie before the start
        self._mixture = Fifo(channels)

    def push(self, block: Tensor) -> tuple[Tensor, Tensor]:
        """Run the model; give its estimates and the mixture that they belong to.

        Shape: `[channel, k * hop] -> [output, channel, any], [channel, any]`.
        """
        self._mixture.push(block)
        missing = self._n_groups * self._group - self._channels
        full = block if not missing else block[[*range(self._channels), *[-1] * missing]]
        groups = full.unflatten(0, (self._n_groups, self._group))
        estimates, self._state = self._model.step(groups, self._state)
        estimates = estimates.transpose(0, 1).flatten(1, 2)[:, : self._channels]
        skipped = min(self._early, block.shape[-1])
        self._early -= skipped
        estimates = estimates[..., skipped:]
        return estimates, self._mixture.pop(estimates.shape[-1])
