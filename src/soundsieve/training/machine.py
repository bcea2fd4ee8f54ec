"""What the machine can do: device, arithmetic, compiler."""

import shutil
import sysconfig
from pathlib import Path

import torch

from soundsieve.errors import UserError


def pick_device(name: str) -> torch.device:
    """The device asked for, or the best there is; a UserError where it is not there."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device(next((kind for kind, found in there.items() if found), "cpu"))
    if not there.get(name, True):
        raise UserError(f"device={name}: this machine has none, or torch finds none; device=auto.")
    return torch.device(name)


def device_name(device: torch.device) -> str:
    """What a device is called: a GPU by its make, a processor by its kind."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


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
    """Whether to compile; it takes about a minute, so `auto` does where the run takes several."""
    if name != "auto":
        return name == "yes"
    header = Path(sysconfig.get_path("include"), "Python.h")  # what is compiled includes it
    return minutes > 3 and shutil.which("g++") is not None and header.exists()
