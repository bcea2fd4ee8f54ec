"""What an exported model is worth: how near to PyTorch's, and how fast on this machine."""

import platform
import time
from dataclasses import dataclass

import torch
from torch import Tensor

from soundsieve.export.probe import probe
from soundsieve.metrics import sdr, si_sdr
from soundsieve.models.separator import Separator

SECONDS = 60.0
"""Sound that an export is tried with."""
BOUND = 1e-4
"""The largest difference between a float32 export and PyTorch, full scale being 1."""
WARM_UP = 50
"""Hops that are run before any is timed."""


@dataclass(frozen=True)
class Trial:
    """Estimates of a mixture, hop by hop, and the seconds that each hop took and that it computed.

    The two differ where other programs keep the processor busy.

    Shape: `[1, output, channel, time]`, `[hop]`, `[hop]`.
    """

    estimates: Tensor
    seconds: Tensor
    cpu_seconds: Tensor

    def hop_time(self, hop: float) -> dict[str, float | int | str]:
        """Medians and 99.9th percentiles, in ms and as shares of a hop of so many seconds."""
        found: dict[str, float | int | str] = {}
        for name, seconds in (("", self.seconds), ("cpu_", self.cpu_seconds)):
            for point, share in (("median", 0.5), ("p99_9", 0.999)):
                value = float(seconds.quantile(share))
                found[f"{name}{point}_ms"] = round(1000 * value, 4)
                found[f"{name}{point}_share"] = round(value / hop, 4)
        return {**found, "hops": len(self.seconds), "threads": 1, "processor": processor()}


@torch.inference_mode()
def run_hops(model: Separator, mixture: Tensor) -> Trial:
    """Runs a model hop by hop on a whole number of hops, and times each.

    Shape: `[1, channel, time]`.
    """
    channels = mixture.shape[1]
    hops, state = mixture.split(model.hop, -1), model.initial_state(1, channels)
    for hop in hops[:WARM_UP]:
        _, state = model.step(hop, state)
    state, parts, times = model.initial_state(1, channels), [], []
    for hop in hops:
        start = time.perf_counter(), time.thread_time()
        part, state = model.step(hop, state)
        times.append((time.perf_counter() - start[0], time.thread_time() - start[1]))
        parts.append(part)
    return Trial(torch.cat(parts, -1), *torch.tensor(times, dtype=torch.float64).unbind(1))


@torch.inference_mode()
def run_whole(model: Separator, mixture: Tensor) -> Tensor:
    """PyTorch's estimates in one go, delayed as those of hops are."""
    return model.step(mixture, model.initial_state(1, mixture.shape[1]))[0]


def sound(model: Separator, channels: int) -> tuple[Tensor, Tensor]:
    """The parts of the probe in whole hops, and their mixture.

    Shape: `[stem, channel, time], [1, channel, time]`.
    """
    hops = int(SECONDS * model.sample_rate) // model.hop
    parts = probe(model.scope, SECONDS, model.sample_rate)[:, : hops * model.hop]
    balance = torch.linspace(1.0, 0.5, channels)[:, None]  # channels that differ
    parts = parts[:, None] * balance
    return parts, parts.sum(0, keepdim=True)


def deviation(estimates: Tensor, reference: Tensor) -> dict[str, float]:
    """How far estimates are from those of the float32 model, at worst and in dB over all."""
    whole, full = estimates.flatten(0, 2), reference.flatten(0, 2)  # one signal of many channels
    return {
        "largest_difference": float((estimates - reference).abs().max()),
        "sdr_db": round(float(sdr(whole, full)), 1),
    }


def si_sdr_loss(estimates: Tensor, reference: Tensor, model: Separator, parts: Tensor) -> float:
    """The SI-SDR that estimates lose against those of the float32 model, in dB, mean of outputs."""
    gains = torch.tensor(model.outputs)
    wanted = torch.einsum("os,sct->oct", gains, parts)[..., : -model.delay]
    late = slice(model.delay, None)
    lost = si_sdr(reference[0, ..., late], wanted) - si_sdr(estimates[0, ..., late], wanted)
    return round(float(torch.nanmean(lost)), 4)


def processor() -> str:
    """The name of this machine's processor."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if line[:10] == "model name"]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
