"""What all offline models share: they hear whole windows, which overlap and fade together."""

from collections.abc import Sequence

import torch
from torch import Tensor

from soundsieve.models.separator import Separator, State

GRID = 256
"""A hop is a multiple of so many samples: whoever follows a model over time counts in them."""


class Windowed(Separator):
    """A model that looks ahead as far as its window reaches: for files, not for live sound.

    A family says what it makes of one window (`hear`). A longer signal is cut into windows that
    overlap; where two meet, one fades into the other. So it has the step and the state of every
    model, memory does not grow with length, and its latency is a whole window.

    Args:
        window: samples that are heard at once; a shorter signal is heard as a whole.
        overlap: samples that a window has in common with the next, up to half of it.
    """

    causal = False
    fade: Tensor

    def __init__(
        self,
        scope: Sequence[str],
        outputs: Sequence[Sequence[float]],
        names: Sequence[str],
        sample_rate: int,
        window: int,
        overlap: int,
    ):
        hop = window - overlap
        if not 0 < overlap <= hop or hop % GRID:
            raise ValueError(
                "expected an overlap of up to half a window, and what it leaves of the window as a "
                f"multiple of {GRID}; got {overlap} of {window} samples"
            )
        super().__init__(scope, outputs, names, sample_rate, hop, overlap)
        time = (torch.arange(overlap) + 0.5) / overlap
        self.register_buffer("fade", torch.sin(torch.pi / 2 * time).square(), persistent=False)

    @property
    def window(self) -> int:
        """Samples that are heard at once."""
        return self.hop + self.delay

    def hear(self, mixture: Tensor) -> Tensor:
        """Estimates of a signal that is heard as a whole.

        Shape: `[batch, channel, time] -> [batch, output, channel, time]`.
        """
        raise NotImplementedError

    def forward(self, mixture: Tensor) -> Tensor:
        """Estimates of a whole signal, aligned with it; up to a window long, heard as a whole.

        Shape: `[batch, channel, time] -> [batch, output, channel, time]`.
        """
        if mixture.shape[-1] <= self.window:
            return self.hear(mixture)
        return super().forward(mixture)

    def initial_state(self, batch: int, channels: int) -> State:
        """The state after endless silence."""
        zeros = self.fade.new_zeros
        return {
            "input": zeros(batch, channels, self.delay),
            "output": zeros(batch, len(self.outputs), channels, self.delay),
        }

    def step(self, block: Tensor, state: State) -> tuple[Tensor, State]:
        """Estimates for the block, `delay` samples late.

        Shape: `[batch, channel, k * hop] -> [batch, output, channel, k * hop]`.
        """
        past, open_ = state["input"], state["output"]
        done = [open_[..., :0]]
        for hop in block.split(self.hop, -1) if block.shape[-1] else ():
            window = torch.cat([past, hop], -1)
            heard = self.hear(window)
            joint = open_ + self.fade * heard[..., : self.delay]
            done += [joint, heard[..., self.delay : self.hop]]
            past = window[..., self.hop :]
            open_ = self.fade.flip(0) * heard[..., self.hop :]
        return torch.cat(done, -1), {"input": past, "output": open_}
