"""A queue of samples: blocks of any size in, blocks of any size out."""

from __future__ import annotations

from collections import deque

import torch
from torch import Tensor


class Fifo:
    """Holds samples along the last axis, in order; cheap for very small blocks."""

    def __init__(self, *shape: int, zeros: int = 0) -> None:
        self._empty = torch.zeros(*shape, 0)
        self._blocks: deque[Tensor] = deque()
        self._size = 0
        if zeros:
            self.push(torch.zeros(*shape, zeros))

    def __len__(self) -> int:
        return self._size

    def push(self, block: Tensor) -> None:
        """Append a block. Shape: `[..., time]`."""
        if block.shape[-1]:
            self._blocks.append(block)
            self._size += block.shape[-1]

    def pop(self, count: int | None = None) -> Tensor:
        """Take the oldest `count` samples, or all of them. Shape: `[..., count]`."""
        count = self._size if count is None else count
        if count > self._size:
            raise ValueError(f"the queue holds {self._size} samples, not {count}")
        taken, left = [], count
        while left:
            block = self._blocks.popleft()
            if block.shape[-1] > left:
                self._blocks.appendleft(block[..., left:])
                block = block[..., :left]
            taken.append(block)
            left -= block.shape[-1]
        self._size -= count
        if not taken:
            return self._empty
        return taken[0] if len(taken) == 1 else torch.cat(taken, -1)
