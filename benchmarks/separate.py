"""Measure what separating files costs: time by rate and channels on one core, and memory by length.

    python benchmarks/separate.py [MODEL] [keep=speech+music] [seconds=60] [hours=1]

Writes benchmarks/results/separate.json and docs/benchmarks.md. Every file is separated in a process
of its own with one thread; time is processor time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from render import record

from soundsieve.audio.io import Writer
from soundsieve.export.proof import processor

RATES = (16000, 44100, 48000)
TITLE = "Separating files"
TEXT = "One file in a process of its own with one thread; time is processor time, without start-up."


def main(words: list[str]) -> None:
    """Measure and write."""
    options = {"keep": "speech+music", "seconds": "60", "hours": "1"}
    options |= dict(word.split("=", 1) for word in words if "=" in word)
    model = next((word for word in words if "=" not in word), "")
    seconds, hours = int(options["seconds"]), [float(h) for h in options["hours"].split(",") if h]
    by_kind: list[list] = []
    by_length: list[list] = []
    with tempfile.TemporaryDirectory() as folder:
        for sample_rate in RATES:
            for channels in (1, 2):
                cost, peak = measure(folder, sample_rate, channels, seconds, options["keep"], model)
                by_kind.append([sample_rate, channels, cost / seconds, peak])
        for length in (1 / 60, *hours):
            duration = round(3600 * length)
            cost, peak = measure(folder, 16000, 1, duration, options["keep"], model)
            name = f"{length:g} h" if length >= 1 else f"{duration} s"
            by_length.append([name, cost / duration, peak])
    costs = ["time / duration", "peak memory, MB"]
    tables = [
        {"columns": ["rate, Hz", "channels", *costs], "rows": by_kind},
        {"columns": ["length at 16 kHz", *costs], "rows": by_length},
    ]
    record("separate", title=TITLE, text=TEXT, tables=tables, machine=processor())


def measure(
    folder: str, sample_rate: int, channels: int, seconds: int, keep: str, model: str
) -> tuple[float, float]:
    """Processor seconds of separating one file, and the peak memory of its process in MB."""
    source = Path(folder) / "in.wav"
    generate(source, sample_rate, channels, seconds)
    command = [sys.executable, __file__, "one", str(source), keep, model, folder]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    ) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(process.returncode)
    kilo = 1 if sys.platform == "linux" else 1 / 1024
    return float(said), usage.ru_maxrss * kilo / 1024


def one(source: str, keep: str, model: str, folder: str) -> None:
    """Separate one file and print the processor seconds without start-up."""
    from soundsieve.inference.separate import separate_files
    from soundsieve.target import parse

    torch.set_num_threads(1)
    start = time.process_time()
    _, errors = separate_files([source], parse(keep), model or None, folder)
    print(time.process_time() - start)
    if errors:
        sys.exit("\n".join(errors))


def generate(path: Path, sample_rate: int, channels: int, seconds: int) -> None:
    """Ten seconds of noise and a tone, again and again."""
    time_ = torch.arange(10 * sample_rate) / sample_rate
    noise = torch.randn(channels, len(time_), generator=torch.Generator().manual_seed(0))
    block = 0.05 * noise + 0.1 * torch.sin(2 * torch.pi * 440 * time_)
    left = seconds * sample_rate
    with Writer(path, sample_rate, channels, subtype="PCM_16", frames=left) as writer:
        while left > 0:
            writer.write(block[:, :left])
            left -= block.shape[1]


if __name__ == "__main__":
    one(*sys.argv[2:]) if sys.argv[1:2] == ["one"] else main(sys.argv[1:])
