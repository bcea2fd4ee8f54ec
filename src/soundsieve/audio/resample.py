"""Change the sample rate by a linear-phase windowed sinc, block by block and exactly.

Output sample m lies at input time m * in / out. With the ratio reduced to I : O that is input
sample p = m * I // O plus a phase r = m * I % O, and y[m] = sum_t x[p - W + 1 + t] * taps[m % O, t]
over 2 W taps. Positions are whole numbers, so there is no drift in ten hours, and blocks of any
size give the same samples.
"""

from __future__ import annotations

from math import ceil, gcd

import torch
from torch import Tensor

# The pass band ends at 7/8 of the lower rate's half, the stop band (-80 dB) begins at the half
# itself: a transition of 1/16 of that rate, for which Kaiser's formula asks for 40 of its samples
# on either side.
_ZEROS = 40
_CUTOFF = 15 / 16
_BETA = 7.86
_DENSE_LIMIT = (
    1_500_000  # weights of the banded matrix; above it (44,101 Hz, say) the taps are gathered
)
_GATHER_CHUNK = 512


def resample(audio: Tensor, from_rate: int, to_rate: int) -> Tensor:
    """Resample a whole signal, aligned: the delay of the filter is taken out.

    Shape: `[channel, time] -> [channel, ceil(time * to_rate / from_rate)]`.

    >>> resample(torch.ones(1, 441), 44100, 16000).shape
    torch.Size([1, 160])
    """
    if from_rate == to_rate:
        return audio
    resampler = StreamResampler(from_rate, to_rate, audio.shape[0])
    return torch.cat([resampler.push(audio), resampler.flush()], -1)


class StreamResampler:
    """Resamples blocks of any size; gives each output as soon as the input it needs is there.

    Output m needs the input up to `floor(m * from_rate / to_rate) + lookahead`, in input samples.
    """

    def __init__(self, from_rate: int, to_rate: int, channels: int) -> None:
        if from_rate <= 0 or to_rate <= 0:
            raise ValueError(f"sample rates are positive, not {from_rate} and {to_rate}")
        common = gcd(from_rate, to_rate)
        self.step, self.phases = from_rate // common, to_rate // common
        self.lookahead = ceil(_ZEROS * max(1, self.step / self.phases))
        periods = ceil(self.lookahead / self.step)  # of the phases, in one matrix product
        self._span, self._count = periods * self.step, periods * self.phases
        self._taps = _bank(self.step, self.phases, self.lookahead)
        width = self._span + 2 * self.lookahead - 1
        dense = width * self._count <= _DENSE_LIMIT
        self._matrix = _banded(self._taps, self.step, self._count, width) if dense else None
        self._buffer = torch.zeros(channels, self.lookahead - 1)
        self._start = 1 - self.lookahead  # position of the buffer's first sample
        self.received = self.given = 0

    def ready(self, received: int) -> int:
        """Count the output samples that `received` input samples determine; goes on below 0."""
        return -(-(received - self.lookahead) * self.phases // self.step)

    def needed(self, given: int) -> int:
        """Count the input samples that `given` output samples need, the inverse of `ready`."""
        return self.lookahead + (given - 1) * self.step // self.phases + 1

    def push(self, block: Tensor) -> Tensor:
        """Take a block and give what it determines.

        Shape: `[channel, time] -> [channel, any]`.
        """
        self._buffer = torch.cat([self._buffer, block], -1)
        self.received += block.shape[-1]
        return self._advance(self.ready(self.received))

    def flush(self) -> Tensor:
        """Give the rest, as if silence followed: `ceil(received * to_rate / from_rate)` in all."""
        total = -(-self.received * self.phases // self.step)
        self._buffer = torch.nn.functional.pad(self._buffer, (0, self.lookahead))
        return self._advance(total)

    def _advance(self, end: int) -> Tensor:
        first, self.given = self.given, max(self.given, end)
        if self.given == first:
            return self._buffer.new_zeros(self._buffer.shape[0], 0)
        if self._matrix is None:
            output, keep = self._gathered(first, end), end * self.step // self.phases
        else:
            output, keep = self._multiplied(first, end), end // self._count * self._span
        keep += 1 - self.lookahead
        self._buffer = self._buffer[:, keep - self._start :].clone()
        self._start = keep
        return output

    def _multiplied(self, first: int, end: int) -> Tensor:
        """Whole frames of `_count` outputs by one banded matrix, cut to those from first to end."""
        assert self._matrix is not None
        begin, stop = first // self._count, -(-end // self._count)
        offset = begin * self._span + 1 - self.lookahead - self._start
        length = (stop - begin - 1) * self._span + self._matrix.shape[0]
        inputs = self._buffer[:, offset : offset + length]
        inputs = torch.nn.functional.pad(inputs, (0, length - inputs.shape[-1]))
        frames = inputs.unfold(-1, self._matrix.shape[0], self._span)  # [channel, frame, width]
        return (frames @ self._matrix).flatten(1)[
            :, first - begin * self._count : end - begin * self._count
        ]

    def _gathered(self, first: int, end: int) -> Tensor:
        """Each output's taps picked one by one: slower, for ratios whose matrix would be large."""
        windows = self._buffer.unfold(-1, 2 * self.lookahead, 1)  # [channel, position, tap]
        parts, begin = [], first
        while begin < end:
            row = begin % self.phases
            stop = min(begin + _GATHER_CHUNK, begin - row + self.phases, end)
            position = torch.arange(begin, stop) * self.step // self.phases
            picked = windows[:, position + 1 - self.lookahead - self._start]
            parts.append((picked * self._taps[row : row + stop - begin]).sum(-1))
            begin = stop
        return torch.cat(parts, -1)


def _bank(step: int, phases: int, half: int) -> Tensor:
    """The taps of one period of outputs; each row sums to 1, so that a constant stays itself.

    Shape: `[phases, 2 * half]`.
    """
    scale = min(1.0, phases / step) * _CUTOFF
    reach = _ZEROS * max(1.0, step / phases)
    rows = []
    for outputs in torch.arange(phases).split(4096):
        phase = (outputs * step % phases).double()
        time = torch.arange(1 - half, half + 1, dtype=torch.float64) - phase[:, None] / phases
        inside = (1 - (time / reach).square()).clamp(min=0)
        taps = torch.sinc(scale * time) * torch.special.i0(_BETA * inside.sqrt()) * (inside > 0)
        rows.append((taps / taps.sum(-1, keepdim=True)).float())
    return torch.cat(rows)


def _banded(taps: Tensor, step: int, count: int, width: int) -> Tensor:
    """The matrix that makes `count` outputs from `width` inputs. Shape: `[width, count]`."""
    phases, n_taps = taps.shape
    moments = torch.arange(count) * step
    rows = (moments // phases)[:, None] + torch.arange(n_taps)
    matrix = torch.zeros(count, width)
    return matrix.scatter_(1, rows, taps[torch.arange(count) % phases]).T.contiguous()
