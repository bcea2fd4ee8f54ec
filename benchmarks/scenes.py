"""What drawing scenes costs: against the pipelines that users write, and within a training step.

    python benchmarks/scenes.py DATA [seconds=3] [rounds=2] [batches=8,16] [steps=8]

DATA has speech, music and noise in files that soundfile reads. Each contestant is timed for so many
seconds in each round, by the clock, and its best round counts. The bars: 10 times the pipeline that
works item by item, 3 times torch-audiomentations; drawing under 10 % of a training step. Needs the
extra `benchmarks`.
"""

import itertools
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import soundfile
import torch
from pipelines import STEMS, Batched, PerItem, write_responses
from render import record
from rich.progress import Progress
from torch.utils.data import DataLoader

from soundsieve.config import resolve
from soundsieve.data.mixer import Mixer, Scenes
from soundsieve.data.opening import held_out, mixer_of, pool_of
from soundsieve.data.pool import Pool
from soundsieve.errors import UserError
from soundsieve.export.proof import processor
from soundsieve.memory import keep_memory
from soundsieve.models.build import build
from soundsieve.models.spectral import SpectralModel
from soundsieve.recipe import Recipe
from soundsieve.training.fit import fit

Entrant = tuple[str, int, int]
"""A pipeline, the scenes of a batch, and its threads or workers."""
SPLIT, WORKERS, WARM, WAVES_A_STEM = "train", 2, 6, 40
SAME = (
    *("mix.presence={speech: 1, music: 1, noise: 1, prompts: 0}", "mix.eq=1"),
    *("mix.effects.room=1", "mix.effects.clip=0.5", "mix.effects.band=0.5"),
    # What the others do not do.
    *("mix.effects.speed=0", "mix.effects.formant=0"),
)
OURS, OURS_FLAT = "ours", "ours, no equaliser"
BATCHED, BATCHED_FLAT = "torch-audiomentations", "torch-audiomentations, no equaliser"
FILES, WAVES = "item by item", "item by item, from 16 kHz WAV"
AGAINST = {FILES: OURS, WAVES: OURS, BATCHED: OURS, BATCHED_FLAT: OURS_FLAT}
"""Which of ours does the same work."""
BARS = {FILES: 10, WAVES: 10, BATCHED: 3, BATCHED_FLAT: 3}
"""How many times as fast ours should be."""
COLUMNS = ["pipeline", "batch", "threads or workers", "audio, s/s", "ours over it"]
TRAINED_ON = {"dry": "keep", "full realism": "[keep, mix/real]"}
STEP_COLUMNS = ["scenes", "step, ms", "drawing, ms", "drawing, %"]
TEXT = """\
Scenes of {segment:g} s at 16 kHz, each of speech, music and noise: an equaliser for every source, a
room for all speech and some of the rest, SNR, level, clipping and a band limit in half of them.
Item by item: audiomentations, soundfile and soxr on the files themselves ({kind}), in a DataLoader
of {workers} workers; and the same on files that were brought to 16 kHz WAV before.
torch-audiomentations works on batches of crops from the store that ours reads, impulse responses in
memory; it has no equaliser, so its band-stop filter stands for one, or both go without. Ours also
keeps the stems apart, and the late part of speech from the early one. Speeds and formants, which
the default recipe draws too, are off: the others have none. It is compared at the same batch, with
as many threads as the other has threads or workers.

The bars; the second is against files that need no decoding, the fourth without any equaliser:

{bars}

A training step is one of the default model ({model}, {batch} scenes, threads: {threads}, not
compiled); scenes of full realism are those of `configs/mix/real.yaml`; medians of {steps} steps.
Load {load:.1f} on {cores} cores when this was measured."""


def main(words: list[str]) -> None:
    """Measure all contestants in turn, and write the result."""
    options = {"seconds": "3", "rounds": "2", "batches": "8,16", "steps": "8"}
    options |= dict(word.split("=", 1) for word in words if "=" in word)
    data = next((word for word in words if "=" not in word), None)
    if data is None:
        sys.exit("expected a folder with speech, music and noise: scenes.py DATA")
    keep_memory()  # as training does; it serves all contestants
    threads = torch.get_num_threads()
    recipe, pool = opened("keep", data, SAME)
    batches = [int(word) for word in options["batches"].split(",")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        entrants = contestants(pool, recipe, batches, folder)
        rates = measured(entrants, float(options["seconds"]), int(options["rounds"]))
        torch.set_num_threads(threads)
        steps = [step(kind, data, folder, int(options["steps"])) for kind in TRAINED_ON]
    rows = compared(rates, recipe.mix.segment)
    text = TEXT.format(
        segment=recipe.mix.segment,
        kind=statistics.mode(path.suffix[1:].upper() for path in files_of(pool)["speech"]),
        workers=WORKERS,
        bars=verdict(rows, steps),
        model=f"{recipe.model.family}, {recipe.model.size}",
        batch=recipe.train.batch,
        threads=threads,
        steps=options["steps"],
        load=os.getloadavg()[0],
        cores=os.cpu_count(),
    )
    tables = [{"columns": COLUMNS, "rows": rows}, {"columns": STEP_COLUMNS, "rows": steps}]
    sys.argv[1:] = ["DATA" if word == data else word for word in words]
    record("scenes", title="Drawing scenes", text=text, tables=tables, machine=processor())


def opened(recipe: str | Path, data: str, words: Sequence[str]) -> tuple[Recipe, Pool]:
    """A recipe on the data, and its pool."""
    resolved = resolve(recipe, [f"data={data}", *words])
    with Progress() as progress:
        return resolved, pool_of(resolved, progress)


def contestants(
    pool: Pool, recipe: Recipe, batches: list[int], folder: Path
) -> dict[Entrant, Callable[[], Iterator[object]]]:
    """What begins an endless run of batches, for each contestant."""
    seconds, rate = recipe.mix.segment, pool.sample_rate
    (rooms := folder / "rooms").mkdir()
    responses = write_responses(rooms, rate)
    found: dict[Entrant, Callable[[], Iterator[object]]] = {}
    for name, paths in ((FILES, files_of(pool)), (WAVES, waves(pool, folder / "waves"))):
        scenes = PerItem(paths, rooms, sample_rate=rate, seconds=seconds)
        found[name, batches[0], WORKERS] = partial(loaded, scenes, batches[0])
    flat = recipe.model_copy(update={"mix": recipe.mix.model_copy(update={"eq": 0.0})})
    ours = {OURS: mixer_of(recipe, pool, SPLIT, 0), OURS_FLAT: mixer_of(flat, pool, SPLIT, 0)}
    theirs = {
        name: Batched(pool, SPLIT, responses, seconds=seconds, equaliser=name == BATCHED)
        for name in (BATCHED, BATCHED_FLAT)
    }
    for size, threads in itertools.product(batches, (1, WORKERS)):
        for name, mixer in ours.items():
            found[name, size, threads] = partial(drawn, mixer, size, threads)
        for name, other in theirs.items():
            found[name, size, threads] = partial(made, other, size, threads)
    return found


def files_of(pool: Pool) -> dict[str, list[Path]]:
    """The files of each stem that hold nothing else."""
    found = {}
    for stem in STEMS:
        entries = pool.entries[stem, SPLIT]
        alone = [e.source for e in entries if len(e.rows) == 1 and not e.source.minus]
        found[stem] = [source.path for source in alone if not source.stream]
        if not found[stem]:
            raise UserError(f"the data has no files of {stem}; the benchmark needs some to read.")
    return found


def waves(pool: Pool, folder: Path) -> dict[str, list[Path]]:
    """Some recordings of each stem as WAV files at the pool's rate."""
    folder.mkdir()
    found: dict[str, list[Path]] = {}
    for stem in STEMS:
        for number, entry in enumerate(pool.entries[stem, SPLIT][:WAVES_A_STEM]):
            found.setdefault(stem, []).append(folder / f"{stem}-{number}.wav")
            audio = pool.mono(entry, 0, entry.frames)
            soundfile.write(found[stem][-1], audio, pool.sample_rate)
    return found


def loaded(scenes: PerItem, batch: int) -> Iterator[object]:
    """Batches from workers."""
    yield from DataLoader(scenes, batch, num_workers=WORKERS)


def drawn(mixer: Mixer, batch: int, threads: int) -> Iterator[object]:
    """Batches of ours, mixture and target made, as of the others."""
    torch.set_num_threads(threads)
    for first in itertools.count(0, batch):
        scenes = mixer.scenes(range(first, first + batch))
        yield scenes.mixture, scenes.target(scenes.wanted)


def made(other: Batched, batch: int, threads: int) -> Iterator[object]:
    """Batches of torch-audiomentations."""
    torch.set_num_threads(threads)
    while True:
        yield other.batch(batch)


def measured(
    entrants: Mapping[Entrant, Callable[[], Iterator[object]]], seconds: float, rounds: int
) -> dict[Entrant, float]:
    """Scenes a second of each, in its best round."""
    best = dict.fromkeys(entrants, 0.0)
    for number in range(rounds):
        for entrant, begin in entrants.items():
            random.seed(number)
            batches = begin()
            # More than a DataLoader has ready beforehand.
            for _ in range(WARM):
                next(batches)
            start, count = time.perf_counter(), 0
            while time.perf_counter() - start < seconds:
                next(batches)
                count += entrant[1]
            best[entrant] = max(best[entrant], count / (time.perf_counter() - start))
            del batches
            print(*entrant, f"{best[entrant]:.1f} scenes/s", sep="\t", flush=True)
    return best


def compared(rates: Mapping[Entrant, float], segment: float) -> list[list[str | int | float]]:
    """A row for each, with how many times as fast ours is that does the same."""
    rows: list[list[str | int | float]] = []
    for (name, batch, threads), rate in sorted(rates.items()):
        ours = rates[AGAINST[name], batch, threads] / rate if name in AGAINST else ""
        rows.append([name, batch, threads, segment * rate, ours])
    return rows


def verdict(rows: list[list[str | int | float]], steps: list[list[str | float]]) -> str:
    """The bars, and what was reached."""
    lines = []
    for name, bar in BARS.items():
        factors = [float(row[-1]) for row in rows if row[0] == name]
        said = "reached" if min(factors) >= bar else "not reached"
        span = " to ".join(f"{factor:.1f}" for factor in sorted({min(factors), max(factors)}))
        lines.append(f"- {bar} times *{name}*: {said} ({span}).")
    shares = " and ".join(f"{row[-1]:.1f} % ({row[0]})" for row in steps)
    said = "reached" if max(float(row[-1]) for row in steps) < 10 else "not reached"
    lines.append(f"- drawing under 10 % of a training step: {said}, {shares}.")
    return "\n".join(lines)


def step(kind: str, data: str, folder: Path, steps: int) -> list[str | float]:
    """The row of a training: medians of the time of a step, and of drawing in it."""
    path = folder / f"{kind}.yaml"
    path.write_text(f"extends: {TRAINED_ON[kind]}\n")
    recipe, pool = opened(path, data, [f"train.steps={steps + WARM}", "device=cpu"])
    model = build(recipe.model.family, pool.scope, recipe.targets, size=recipe.model.size)
    assert isinstance(model, SpectralModel)
    train = mixer_of(recipe, pool, SPLIT, recipe.seed)
    valid = held_out(recipe, pool, "valid")
    times = watch(train)
    with Progress(disable=True) as progress:
        fit(model, train, valid, recipe, folder / kind, progress)
    starts, ends = zip(*times[WARM - 1 :], strict=True)
    whole = statistics.median(b - a for a, b in itertools.pairwise(starts))
    drawing = statistics.median(b - a for a, b in zip(starts, ends, strict=True))
    row = [kind, 1000 * whole, 1000 * drawing, 100 * drawing / whole]
    print(*row, sep="\t", flush=True)
    return row


def watch(mixer: Mixer) -> list[tuple[float, float]]:
    """Notes when each call for scenes begins and ends."""
    times: list[tuple[float, float]] = []
    scenes = mixer.scenes

    def noted(*args: Any, **keywords: Any) -> Scenes:
        start = time.perf_counter()
        found = scenes(*args, **keywords)
        times.append((start, time.perf_counter()))
        return found

    mixer.scenes = noted
    return times


if __name__ == "__main__":
    main(sys.argv[1:])
