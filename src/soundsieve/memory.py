"""Large blocks of memory that are used again, in place of new ones at every step."""

import ctypes
import sys


def keep_memory() -> None:
    """Tells glibc to keep large blocks: else each step touches them anew, a fault per 4 KiB."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        trim_threshold, top_pad, mmap_max = -1, -2, -4
        libc.mallopt(mmap_max, 0)
        libc.mallopt(trim_threshold, 2**31 - 1)
        libc.mallopt(top_pad, 2**28)
