"""The recurrence on a GPU: a program for every few hundred states, with the loop over time inside.

A loop of small kernels would leave a GPU waiting for their launches; here each number is read and
written once. Triton comes with torch where torch is built for a GPU.
"""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

STATES = 256
"""Of one program."""


@triton.jit
def _forward(decay, drive, start, states, time, width, BLOCK: tl.constexpr):  # pragma: no cover
    width = tl.cast(width, tl.int64)  # all frames together have more numbers than int32 counts
    column = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = column < width
    state = tl.load(start + column, mask=inside)
    for t in range(time):
        at = t * width + column
        state = tl.load(decay + at, mask=inside) * state + tl.load(drive + at, mask=inside)
        tl.store(states + at, state, mask=inside)


@triton.jit
def _backward(
    decay,
    states,
    start,
    grads,
    grad_decay,
    grad_drive,
    grad_start,
    time,
    width,
    BLOCK: tl.constexpr,
):  # pragma: no cover
    width = tl.cast(width, tl.int64)  # all frames together have more numbers than int32 counts
    column = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = column < width
    carry = tl.load(start + column, mask=inside) * 0.0
    for back in range(1, time):
        at = (time - back) * width + column
        grad = tl.load(grads + at, mask=inside) + carry
        tl.store(grad_drive + at, grad, mask=inside)
        tl.store(grad_decay + at, grad * tl.load(states + at - width, mask=inside), mask=inside)
        carry = grad * tl.load(decay + at, mask=inside)
    grad = tl.load(grads + column, mask=inside) + carry
    tl.store(grad_drive + column, grad, mask=inside)
    tl.store(grad_decay + column, grad * tl.load(start + column, mask=inside), mask=inside)
    tl.store(grad_start + column, grad * tl.load(decay + column, mask=inside), mask=inside)


class GpuScan(torch.autograd.Function):
    """`h[t] = a[t] h[t-1] + b[t]` in float32, forward and backward, as `recurrence.scan`."""

    @staticmethod
    def forward(ctx: Any, decay: Tensor, drive: Tensor, start: Tensor) -> Tensor:
        """Every state. Shape: `[time, ...], [time, ...], [...] -> [time, ...]`."""
        decay, drive, start = (part.contiguous() for part in (decay, drive, start))
        states = torch.empty_like(drive)
        time, width = len(drive), start.numel()
        block: Any = STATES
        _forward[_grid(width)](decay, drive, start, states, time, width, BLOCK=block)
        ctx.save_for_backward(decay, states, start)
        return states

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Gradients of the three inputs, of their shapes."""
        decay, states, start = ctx.saved_tensors
        results = torch.empty_like(decay), torch.empty_like(states), torch.empty_like(start)
        time, width = len(states), start.numel()
        given = decay, states, start, grads[0].contiguous()
        block: Any = STATES
        _backward[_grid(width)](*given, *results, time, width, BLOCK=block)
        return results


def _grid(width: int) -> tuple[int]:
    return (triton.cdiv(width, STATES),)
