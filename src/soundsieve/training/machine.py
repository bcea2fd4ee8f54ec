"""What the machine can do: device, arithmetic, memory."""

import ctypes
import os
import shutil
import sys
from pathlib import Path

import torch


def pick_device(name: str) -> torch.device:
    """The device asked for, or the best there is."""
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def pick_precision(name: str, device: torch.device) -> torch.dtype:
    """bf16 where the processor multiplies in it, else float32."""
    if name != "auto":
        return {"bf16": torch.bfloat16, "float32": torch.float32}[name]
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    cpuinfo = Path("/proc/cpuinfo")
    flags = cpuinfo.read_text() if cpuinfo.exists() else ""
    able = "amx_bf16" in flags or "avx512_bf16" in flags
    return torch.bfloat16 if device.type == "cpu" and able else torch.float32


def pick_compile(name: str, minutes: float) -> bool:
    """Whether compiling, about a minute, pays within a run of about so many minutes."""
    if name != "auto":
        return name == "yes"
    return minutes > 4 and shutil.which("g++") is not None


def keep_memory() -> None:
    """Tells glibc to keep large blocks: else each step touches them anew, a page fault per 4 KiB."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        trim_threshold, top_pad, mmap_max = -1, -2, -4
        libc.mallopt(mmap_max, 0)
        libc.mallopt(trim_threshold, 2**31 - 1)
        libc.mallopt(top_pad, 2**28)


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
