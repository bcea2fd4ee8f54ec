"""The time of one training step, as it is and compiled, drawing apart.

    python benchmarks/step.py [sizes=tiny,small,base] [steps=12]

What is heard does not matter for time, so scenes are of noise, the same in every step. The step is
that of `recipe run`: forward, loss, backward, clipped gradients, optimizer, averaged weights.
"""

import statistics
import sys
import time
from types import SimpleNamespace
from typing import Any

import torch
from hop import untrained
from render import record

from soundsieve.export.proof import processor
from soundsieve.memory import keep_memory
from soundsieve.models.separator import parameters
from soundsieve.recipe import Train
from soundsieve.training.fit import CLIP, settings
from soundsieve.training.module import Training

SECONDS, WARM = 3.0, 6
COLUMNS = ["size", "parameters", "compiled", "step, ms", "audio, s/s"]
TEXT = """\
A multi-head model with four heads at 16 kHz, trained on batches of {batch} scenes of {seconds:g} s
with {threads} threads: the median of {steps} steps after {warm} to warm up, and how many seconds of
scenes are learned from in a second. Drawing them is not counted. A run of more than three minutes
is compiled by itself; matrix products are in {precision}."""


def main(words: list[str]) -> None:
    """Measure every size both ways, and write the result."""
    options = {"sizes": "tiny,small,base", "steps": "12"}
    options |= dict(word.split("=", 1) for word in words)
    keep_memory()
    taken = settings(Train(), torch.device("cpu"))
    steps = int(options["steps"])
    rows = [
        timed(size, compiled, steps, taken)
        for size in options["sizes"].split(",")
        for compiled in (False, True)
    ]
    text = TEXT.format(
        batch=taken["batch"],
        seconds=SECONDS,
        threads=torch.get_num_threads(),
        steps=steps,
        warm=WARM,
        precision={torch.bfloat16: "bf16"}.get(taken["precision"], "float32"),
    )
    tables = [{"columns": COLUMNS, "rows": rows}]
    record("step", title="Time of a training step", text=text, tables=tables, machine=processor())


def timed(size: str, compiled: bool, steps: int, taken: dict[str, Any]) -> list[str | float]:
    """The row of a size."""
    model = untrained(size).train()
    mixer: Any = SimpleNamespace(segment=SECONDS)
    course = Training(model, mixer, mixer, valid_indices=[], valid_snr=[], **taken)
    if compiled:
        course.compile_parts()
    optimizer, batch = course.optimizer(), taken["batch"]
    frames = round(SECONDS * model.sample_rate)
    stems = 0.05 * torch.randn(batch, len(model.scope), 1, frames)
    times = []
    for _ in range(WARM + steps):
        start = time.perf_counter()
        optimizer.zero_grad()
        course.loss(stems, list(range(batch))).backward()
        torch.nn.utils.clip_grad_norm_(course.parameters(), CLIP)
        optimizer.step()
        course.average.update(model)
        times.append(time.perf_counter() - start)
    step = statistics.median(times[WARM:])
    word = "yes" if compiled else "no"
    row = [size, parameters(model), word, 1000 * step, batch * SECONDS / step]
    print(*row, sep="\t", flush=True)
    return row


if __name__ == "__main__":
    main(sys.argv[1:])
