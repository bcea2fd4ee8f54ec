"""Memory while training on a store that is larger than the machine's, against a small one.

    python benchmarks/memory.py [gigabytes=32] [steps=30] [folder=FOLDER]

The store is a sparse file: bursts of noise, some of which every scene meets, with holes between
them that take no room on the disk. What counts is the memory that is the process' own (RssAnon in
/proc/self/status); pages of the file are the system's, which takes them back when it needs them.
The bar: under 2 GB.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from render import record
from rich.console import Console
from rich.progress import Progress

from soundsieve.data.checks import Facts
from soundsieve.data.journal import pcm_file
from soundsieve.data.opening import held_out, mixer_of
from soundsieve.data.pool import Pool
from soundsieve.data.source import SPLITS, Source
from soundsieve.data.store import Store
from soundsieve.export.proof import processor
from soundsieve.forms import LIVE
from soundsieve.models.build import build
from soundsieve.models.separator import Separator
from soundsieve.models.spectral import SpectralModel
from soundsieve.recipe import Recipe
from soundsieve.training.fit import fit, seed_weights

STEMS = ("speech", "music", "noise", "prompts")
SAMPLE_RATE = LIVE.sample_rate
RECORDING = 600 * SAMPLE_RATE  # frames: ten minutes each
EVERY, BURST = 5 * SAMPLE_RATE, 2048  # frames; a burst is a page of the disk
COLUMNS = ["store, GB", "recordings, h", "own memory at its most, MB", "before training, MB"]
COLUMNS += ["pages of files at the end, MB", "steps"]
TEXT = """\
The default recipe (`{family}`, {size}, batches of {batch} scenes of {segment:g} s), {steps} steps
and a validation, on a machine with {machine:.0f} GB of memory. Own memory is what the system cannot
take back (RssAnon); pages of files, of libraries and of the store, are copies, which it can."""


def main(words: list[str]) -> None:
    """Train on a small store and on a large one, each in a process of its own."""
    options = {"gigabytes": "32", "steps": "30", "folder": "."}
    options |= dict(word.split("=", 1) for word in words)
    rows = []
    for size in (0.5, float(options["gigabytes"])):
        with TemporaryDirectory(dir=options["folder"], prefix="memory-") as folder:
            command = [sys.executable, __file__, "measure", folder, str(size), options["steps"]]
            found = json.loads(subprocess.check_output(command).splitlines()[-1])
        hours = size * 1e9 / 2 / SAMPLE_RATE / 3600
        rows.append([size, hours, *found, int(options["steps"])])
        print(*rows[-1], sep="\t", flush=True)
    recipe = Recipe()
    text = TEXT.format(
        family=recipe.model.family,
        size=recipe.model.size,
        batch=recipe.train.batch,
        segment=recipe.mix.segment,
        steps=options["steps"],
        machine=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9,
    )
    tables = [{"columns": COLUMNS, "rows": rows}]
    title = "Memory while training on a store larger than memory"
    record("memory", title=title, text=text, tables=tables, machine=processor())


def measure(folder: Path, gigabytes: float, steps: int) -> list[float]:
    """Own memory at its most and before, and pages of files at the end, in MB."""
    recipe = Recipe.model_validate({"train": {"steps": steps, "validate_every": steps}})
    pool = Pool(*sparse(folder, round(gigabytes * 1e9 / 2 / RECORDING)), STEMS)
    seed_weights(0)
    model = build(recipe.model.family, STEMS, recipe.targets, size=recipe.model.size)
    assert isinstance(model, Separator) and isinstance(model, SpectralModel)
    train = mixer_of(recipe, pool, "train", 0)
    valid = held_out(recipe, pool, "valid")
    before = status("RssAnon")
    with watched() as most:
        fit(model, train, valid, recipe, folder / "run", Progress(console=Console(quiet=True)))
    return [most[0], before, status("RssFile")]


def sparse(folder: Path, count: int) -> tuple[list[Source], Store]:
    """Recordings of noise in bursts, as a prepared pool would have them."""
    path, rng = pcm_file(folder, SAMPLE_RATE), np.random.default_rng(0)
    sources, facts = [], {}
    for number in range(count):
        name, split = f"{number:06d}", SPLITS[max(0, number // 4 % 5 - 2)]
        source = Source(Path(name), STEMS[number % 4], name, split)
        place = Facts(
            start=number * RECORDING,
            frames=RECORDING,
            scale=1 / 32768,
            sample_rate=SAMPLE_RATE,
            channels=1,
            seconds=RECORDING / SAMPLE_RATE,
            peak=0.5,
            clipped=0.0,
            bandwidth=SAMPLE_RATE / 2,
            digest="",
            shape="",
        )
        sources.append(source)
        facts[Source(source.path, "", "")] = place
    with path.open("wb") as file:
        file.truncate(2 * count * RECORDING)
        for start in range(0, count * RECORDING, EVERY):
            file.seek(2 * start)
            file.write(rng.integers(-9000, 9000, BURST, np.int16).tobytes())
    return sources, Store(folder, SAMPLE_RATE, sources, facts, {})


@contextmanager
def watched() -> Iterator[list[float]]:
    """The most own memory in MB, looked at twenty times a second for as long as the block lasts."""
    most, over = [0.0], threading.Event()

    def look() -> None:
        while not over.wait(0.05):
            most[0] = max(most[0], status("RssAnon"))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield most
    finally:
        over.set()
        watcher.join()


def status(name: str) -> float:
    """A figure of the process in MB, as the kernel says it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) * 1.024e-3


if __name__ == "__main__":
    if sys.argv[1:2] == ["measure"]:
        print(json.dumps(measure(Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))))
    else:
        main(sys.argv[1:])
