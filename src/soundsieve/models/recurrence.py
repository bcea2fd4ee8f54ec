"""A gated linear recurrence over time: memory at the price of two multiplications a state.

The gate and the candidate depend on the input alone (Feng et al., "Were RNNs all we needed?", 2024;
De et al., "Griffin", 2024), so that all matrix products run over the whole segment at once and only
`h[t] = a[t] h[t-1] + b[t]` is sequential. On two cores that is five times the speed of a GRU.
"""

from typing import Any

import torch
from torch import Tensor, nn

from soundsieve.models.dense import Dense


class _Scan(torch.autograd.Function):
    """`h[t] = a[t] h[t-1] + b[t]`, written into one tensor, forward and backward."""

    @staticmethod
    def forward(ctx: Any, decay: Tensor, drive: Tensor, start: Tensor) -> Tensor:
        states = torch.empty_like(drive)
        state = start
        for t in range(len(drive)):
            state = torch.addcmul(drive[t], decay[t], state, out=states[t])
        ctx.save_for_backward(decay, states, start)
        return states

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        decay, states, start = ctx.saved_tensors
        grad = torch.empty_like(states)
        carry = torch.zeros_like(start)
        for t in range(len(states) - 1, -1, -1):
            torch.add(grads[0][t], carry, out=grad[t])
            carry = torch.mul(decay[t], grad[t], out=carry)
        grad_decay = torch.empty_like(decay)
        torch.mul(grad[1:], states[:-1], out=grad_decay[1:])
        torch.mul(grad[0], start, out=grad_decay[0])
        return grad_decay, grad, carry


def scan(decay: Tensor, drive: Tensor, start: Tensor) -> Tensor:
    """Every state of `h[t] = decay[t] h[t-1] + drive[t]`, from `start`.

    Shape: `[time, ...], [time, ...], [...] -> [time, ...]`.

    >>> scan(torch.full((3, 1), 0.5), torch.ones(3, 1), torch.zeros(1)).flatten().tolist()
    [1.0, 1.5, 1.75]
    """
    if len(drive) == 1:  # one step of a stream, and of an exported graph
        return torch.addcmul(drive, decay, start)
    if drive.is_cuda:
        return _gpu_scan(decay, drive, start)  # pyright: ignore[reportCallIssue]
    return _Scan.apply(decay, drive, start)  # pyright: ignore[reportReturnType]


@torch.compiler.disable
def _gpu_scan(decay: Tensor, drive: Tensor, start: Tensor) -> Tensor:
    from soundsieve.models.gpu_scan import GpuScan  # Triton is not on every machine

    return GpuScan.apply(decay, drive, start)  # pyright: ignore[reportReturnType]


@torch.compiler.disable
def _gpu_memory(said: Tensor, shift: Tensor, start: Tensor) -> tuple[Tensor, Tensor]:
    from soundsieve.models.gpu_memory import GpuMemory  # Triton is not on every machine

    return GpuMemory.apply(said, shift, start)  # pyright: ignore[reportReturnType]


class TimeMix(nn.Module):
    """Memory over time, the same for every band: gate, candidate, recurrence, output gate.

    With `linear` the gates are constants that are learned, so that the layer is a linear filter.

    Shape: `[time, batch, band, channel], [batch, band, channel] -> ` the same two.
    """

    def __init__(self, channels: int, linear: bool = False):
        super().__init__()
        self.linear = linear
        self.norm = nn.Identity() if linear else nn.RMSNorm(channels)
        self.inward = Dense(channels, 3 * channels)
        self.outward = Dense(channels, channels)
        # Time constants from two frames to two hundred.
        constants = torch.logspace(0.3, 2.3, channels)
        self.decay = nn.Parameter(torch.logit(torch.exp(-1 / constants)))

    def opened(self, frames: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """What the output gate lets out of the memory, and the memory after the frames."""
        if frames.is_cuda and len(frames) > 1 and not self.linear:
            return _gpu_memory(self.said(frames), self.decay, state)  # pyright: ignore[reportCallIssue]
        # Apart from what is compiled: the gradient of a split is a concatenation, which a compiler
        # writes number by number.
        forget, candidate, gate = self.said(frames).chunk(3, -1)
        decay, drive = self.before(forget, candidate)
        states = scan(decay, drive, state)
        return self.let_out(states, gate), states[-1]

    def said(self, frames: Tensor) -> Tensor:
        """What becomes of each frame its share to forget, its candidate and its output gate."""
        return self.inward(self.norm(frames))

    def before(self, forget: Tensor, candidate: Tensor) -> tuple[Tensor, Tensor]:
        """What the recurrence needs: decay and drive in float32."""
        forget = self.decay.expand_as(forget) if self.linear else forget.float() + self.decay
        decay = forget.sigmoid()
        candidate = candidate.float()
        return decay.contiguous(), torch.addcmul(candidate, decay, candidate, value=-1)

    def let_out(self, states: Tensor, gate: Tensor) -> Tensor:
        """States through the output gate."""
        return states if self.linear else states * nn.functional.silu(gate)
