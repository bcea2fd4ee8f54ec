"""The time of one hop of live sound, in PyTorch and in ONNX Runtime, on one core.

    python benchmarks/hop.py [sizes=tiny,small,base] [hops=1500]

Weights do not matter for time, so the models are untrained. The sound is that of the proof at
export. The bar: the median under 10 % of a hop, the 99.9th percentile under 30 %.
"""

import os
import sys

import torch
from render import record

from soundsieve.export.graph import to_onnx
from soundsieve.export.int8 import to_int8
from soundsieve.export.proof import processor, run_hops, sound
from soundsieve.models.build import build
from soundsieve.models.onnx import OnnxSeparator
from soundsieve.models.separator import Separator, parameters
from soundsieve.models.spectral import SpectralModel
from soundsieve.target import parse

STEMS = ("speech", "music", "noise", "prompts")
CARD = ("scope", "outputs", "names", "sample_rate", "hop", "delay")
COLUMNS = [
    *("size", "parameters", "runs in", "file, MB", "median, ms", "of a hop, %"),
    *("99.9 %, ms", "of a hop, %", "median of processor time, ms", "99.9 % of it, ms"),
]
TEXT = """\
A multi-head model with four heads at 16 kHz, one channel, one thread: {hops} hops of {hop:.0f} ms.
The first two times are by the clock, the last two are what the thread itself used: the two differ
where other programs were running (load {load:.1f} on {cores} cores when this was measured), which
also take caches away from both."""


def main(words: list[str]) -> None:
    """Measure every size in each runtime, and write the result."""
    options = {"sizes": "tiny,small,base", "hops": "1500"}
    options |= dict(word.split("=", 1) for word in words)
    torch.set_num_threads(1)
    sizes, hops = options["sizes"].split(","), int(options["hops"])
    models = {size: untrained(size) for size in sizes}
    # PyTorch before any export, which leaves hooks in the interpreter that slow it.
    runs = [
        (size, model, "PyTorch", model, 4 * parameters(model)) for size, model in models.items()
    ]
    times = [timed(run, hops) for run in runs]
    for size, model in models.items():
        times += [timed((size, model, *runner), hops) for runner in exported(model)]
    rows = sorted(times, key=lambda row: sizes.index(str(row[0])))
    hop = models[sizes[0]].hop / models[sizes[0]].sample_rate
    load, cores = os.getloadavg()[0], os.cpu_count()
    text = TEXT.format(hops=hops, hop=1000 * hop, load=load, cores=cores)
    tables = [{"columns": COLUMNS, "rows": rows}]
    record("hop", title="Time of a hop", text=text, tables=tables, machine=processor())


def untrained(size: str) -> SpectralModel:
    """A model of the size, with a head a stem."""
    model = build("multihead", STEMS, parse(",".join(STEMS)), size=size).eval()
    assert isinstance(model, SpectralModel)
    return model


def timed(run: tuple[str, SpectralModel, str, Separator, int], hops: int) -> list[str | float]:
    """The row of a model in one runtime."""
    size, model, name, runner, count = run
    mixture = sound(model, 1)[1][..., : hops * model.hop]
    time = run_hops(runner, mixture).hop_time(model.hop / model.sample_rate)
    row = [size, parameters(model), name, count / 1e6, time["median_ms"]]
    row += [100 * time["median_share"], time["p99_9_ms"], 100 * time["p99_9_share"]]
    row += [time["cpu_median_ms"], time["cpu_p99_9_ms"]]
    print(*row, sep="\t", flush=True)
    return row


def exported(model: SpectralModel) -> list[tuple[str, Separator, int]]:
    """The model in ONNX Runtime, with the bytes of its file."""
    graph = to_onnx(model, 1)
    card = {name: getattr(model, name) for name in CARD} | {"channels": 1}
    found: list[tuple[str, Separator, int]] = []
    for name, kind in (("ONNX Runtime", graph), ("ONNX Runtime, int8", to_int8(graph))):
        data = kind.SerializeToString()
        found.append((name, OnnxSeparator(data, card), len(data)))
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
