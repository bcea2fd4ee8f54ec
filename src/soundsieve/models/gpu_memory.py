"""The gates and the recurrence of a memory over time on a GPU, in one program forward and back.

Apart, their many passes over every frame take longer than the matrix products between them: here
what was said is read once, and what follows from it is computed anew where it is needed.
Triton comes with torch where torch is built for a GPU.
"""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

BLOCK: Any = 256
"""States of one program."""


@triton.jit
def _forward(
    said,
    shift,
    start,
    opened,
    states,
    last,
    time,
    width,
    CHANNELS: tl.constexpr,
    BLOCK: tl.constexpr,
):  # pragma: no cover
    width = tl.cast(width, tl.int64)  # all frames together have more numbers than int32 counts
    column = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = column < width
    channel = column % CHANNELS
    first = column // CHANNELS * (3 * CHANNELS) + channel
    bias = tl.load(shift + channel)
    state = tl.load(start + column, mask=inside).to(tl.float32)
    for t in range(time):
        at, here = first + t * width * 3, column + t * width
        forget = tl.load(said + at, mask=inside).to(tl.float32)
        candidate = tl.load(said + at + CHANNELS, mask=inside).to(tl.float32)
        gate = tl.load(said + at + 2 * CHANNELS, mask=inside).to(tl.float32)
        decay = tl.sigmoid(forget + bias)
        state = decay * state + (1 - decay) * candidate
        tl.store(states + here, state.to(states.dtype.element_ty), mask=inside)
        out = state * gate * tl.sigmoid(gate)
        tl.store(opened + here, out.to(opened.dtype.element_ty), mask=inside)
    tl.store(last + column, state, mask=inside)


@triton.jit
def _backward(
    said,
    shift,
    start,
    states,
    grads,
    grad_last,
    grad_said,
    grad_shift,
    grad_start,
    time,
    width,
    CHANNELS: tl.constexpr,
    BLOCK: tl.constexpr,
):  # pragma: no cover
    width = tl.cast(width, tl.int64)  # all frames together have more numbers than int32 counts
    column = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = column < width
    channel = column % CHANNELS
    first = column // CHANNELS * (3 * CHANNELS) + channel
    bias = tl.load(shift + channel)
    begun = tl.load(start + column, mask=inside).to(tl.float32)
    carry = tl.load(grad_last + column, mask=inside).to(tl.float32)
    moved = carry * 0.0
    state = tl.load(states + column + (time - 1) * width, mask=inside).to(tl.float32)
    for back in range(time):
        t = time - 1 - back
        at, here = first + t * width * 3, column + t * width
        earlier = tl.load(states + here - width, mask=inside & (t > 0), other=0.0).to(tl.float32)
        before = tl.where(t > 0, earlier, begun)
        forget = tl.load(said + at, mask=inside).to(tl.float32)
        candidate = tl.load(said + at + CHANNELS, mask=inside).to(tl.float32)
        gate = tl.load(said + at + 2 * CHANNELS, mask=inside).to(tl.float32)
        grad = tl.load(grads + here, mask=inside).to(tl.float32)
        decay, share = tl.sigmoid(forget + bias), tl.sigmoid(gate)
        opening = gate * share
        grad_gate = grad * state * (share + opening * (1 - share))
        grad_state = grad * opening + carry
        grad_candidate = grad_state * (1 - decay)
        grad_forget = grad_candidate * (before - candidate) * decay
        kind = grad_said.dtype.element_ty
        tl.store(grad_said + at, grad_forget.to(kind), mask=inside)
        tl.store(grad_said + at + CHANNELS, grad_candidate.to(kind), mask=inside)
        tl.store(grad_said + at + 2 * CHANNELS, grad_gate.to(kind), mask=inside)
        moved += grad_forget
        carry = grad_state * decay
        state = before
    tl.store(grad_shift + column, moved, mask=inside)
    tl.store(grad_start + column, carry, mask=inside)


class GpuMemory(torch.autograd.Function):
    """What a `recurrence.TimeMix` lets out of its memory, and the memory after it.

    `h[t] = a[t] h[t-1] + (1 - a[t]) c[t]` in float32, with `a = sigmoid(f + shift)`, times
    `silu(g)`, where a frame says `f, c, g`.
    """

    @staticmethod
    def forward(ctx: Any, said: Tensor, shift: Tensor, start: Tensor) -> tuple[Tensor, Tensor]:
        """Both of them.

        Shape: `[time, ..., 3 * channel], [channel], [..., channel]
        -> [time, ..., channel], [..., channel]`.
        """
        said, start = said.contiguous(), start.contiguous()
        time, channels, width = len(said), len(shift), start.numel()
        opened = said.new_empty(time, *start.shape)
        states, last = torch.empty_like(opened), torch.empty_like(start)
        of: Any = channels
        given = said, shift, start, opened, states, last, time, width
        _forward[_grid(width)](*given, CHANNELS=of, BLOCK=BLOCK)
        ctx.save_for_backward(said, shift, start, states)
        return opened, last

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Gradients of the three inputs, of their shapes."""
        said, shift, start, states = ctx.saved_tensors
        time, channels, width = len(said), len(shift), start.numel()
        grad_said, grad_start = torch.empty_like(said), torch.empty_like(start)
        grad_shift = torch.empty_like(start, dtype=torch.float32)
        of: Any = channels
        given = said, shift, start, states, grads[0].contiguous(), grads[1].contiguous()
        results = grad_said, grad_shift, grad_start
        _backward[_grid(width)](*given, *results, time, width, CHANNELS=of, BLOCK=BLOCK)
        return grad_said, grad_shift.view(-1, channels).sum(0).to(shift.dtype), grad_start


def _grid(width: int) -> tuple[int]:
    return (triton.cdiv(width, BLOCK),)
