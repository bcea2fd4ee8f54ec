"""One thread for small blocks of work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute with one thread, and then with as many as before.

    A block of a live model is a millisecond of work. Threads that wait for each other at each of
    its operations make it a hundred times slower once another process needs a core.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
