"""Whole songs: what separating them costs, whether windows leave a trace, what training needs.

    python benchmarks/songs.py cost MODEL [hours=1]
    python benchmarks/songs.py seams MODEL [seconds=60] [song=FILE]
    python benchmarks/songs.py needs [seconds=4] [hours=1000] [speed=100]
    python benchmarks/songs.py scores MODEL from=FOLDER[,FOLDER] ["on=what it was trained on"]

`cost` separates stereo files at 44.1 kHz into all that the model has, each in a process of its own
with one thread; the bar is an hour in under 2 GB and in less than an hour. `seams` compares what
overlapping windows give with the whole heard at once; the bar is -60 dB, and 1e-4 for the sum.
`needs` counts the arithmetic of training each family and size. `scores` tells what the model
reached on whole songs, in the folders that `recipe evaluate songs model=MODEL out=FOLDER` wrote.
"""

import json
import sys
import tempfile
from pathlib import Path

import torch
from render import portable, record
from separate import measure
from torch.utils.flop_counter import FlopCounterMode

from soundsieve.audio.io import read
from soundsieve.audio.resample import resample
from soundsieve.evaluation.songs import JSON
from soundsieve.export.proof import processor
from soundsieve.inference.separate import separate_audio
from soundsieve.models.build import build
from soundsieve.models.files import MODELS
from soundsieve.models.find import find
from soundsieve.models.separator import parameters
from soundsieve.models.songs import Songs
from soundsieve.models.windowed import Windowed
from soundsieve.target import parse

RATE = 44100
PARTS = ("vocals", "drums", "bass", "other")
COST = """\
`{model}` ({parameters:.2f} M parameters) in windows of {window:.0f} s, of which {overlap:.0f} s
overlap, on stereo files at 44.1 kHz, `keep={keep}`, each in a process of its own with one thread;
time is processor time, without start-up."""
SEAMS = """\
`{model}` on {seconds} s of {what}: what overlapping windows give against the whole heard at once
(error over output), and the sum of all outputs and the residual against the song (largest
difference)."""
SCORES = """\
`{model}`, trained for {minutes:.1f} minutes on {device} ({steps} steps, {audio_hours:.1f} h of
scenes{start}) on {data}; whole songs of the held-out splits. Median SDR in dB by museval, over
frames of one second. One artist sings in all songs that have vocals: nothing is claimed beyond
these songs."""
NEEDS = """\
What training costs, counted (matrix products, forward and backward, on stereo segments of
{seconds} s at 44.1 kHz, four parts), not measured; a run of three minutes on a GPU stands in
docs/training-log.md. Hours are those of {hours:g} h of scenes at {speed:g} TFLOP/s sustained, which
is assumed: narrow networks leave a large GPU idle for most of the time."""


def main(words: list[str]) -> None:
    """Measure what is named first."""
    options = dict(word.split("=", 1) for word in words if "=" in word)
    what, *name = (word for word in words if "=" not in word)
    {"cost": cost, "seams": seams, "needs": needs, "scores": scores}[what](*name, options)


def cost(name: str, options: dict[str, str]) -> None:
    """Time and memory by length."""
    model = find(name)
    assert isinstance(model, Windowed)
    keep, rows = ",".join(model.names), []
    for seconds in (60, *(round(3600 * float(h)) for h in options.get("hours", "1").split(","))):
        with tempfile.TemporaryDirectory() as folder:
            spent, peak = measure(folder, RATE, 2, seconds, keep, name)
        rows.append([f"{seconds} s", spent, spent / seconds, peak])
        print(*rows[-1], sep="\t", flush=True)
    columns = ["length", "time, s", "time / duration", "peak memory, MB"]
    text = COST.format(
        model=portable(name),
        parameters=parameters(model) / 1e6,
        window=model.window / model.sample_rate,
        overlap=model.delay / model.sample_rate,
        keep=keep,
    )
    tables = [{"columns": columns, "rows": rows}]
    record("songs-cost", title="Separating songs", text=text, tables=tables, machine=processor())


@torch.no_grad()
def seams(name: str, options: dict[str, str]) -> None:
    """The error of windows by output, and of the sum."""
    model, seconds = find(name), int(options.get("seconds", "60"))
    assert isinstance(model, Windowed)
    sound = song_of(options.get("song"), seconds)
    windows, whole = model(sound[None])[0], model.hear(sound[None])[0]
    targets = [target for text in model.names for target in parse(text, model.tree)]
    parts = separate_audio(model, sound, RATE, targets, residual=True)
    rest = float((parts.sum(0) - sound).abs().max())
    rows = [
        [output, level(windows[place] - whole[place], whole[place]), rest]
        for place, output in enumerate(model.names)
    ]
    print(*rows, sep="\n")
    columns = ["output", "windows against the whole, dB", "sum and residual against the song"]
    what = "a song" if "song" in options else "noise that swells and pauses"
    text = SEAMS.format(model=portable(name), seconds=seconds, what=what)
    tables = [{"columns": columns, "rows": rows}]
    record("songs-seams", title="Seams in songs", text=text, tables=tables, machine=processor())


def needs(options: dict[str, str]) -> None:
    """Arithmetic of a training second by family and size, and the hours it makes."""
    seconds, hours = int(options.get("seconds", "4")), float(options.get("hours", "1000"))
    speed = float(options.get("speed", "100"))
    rows = []
    for family, kind in MODELS.items():
        for size in kind.sizes if issubclass(kind, Songs) else ():
            model = build(family, PARTS, parse(",".join(PARTS)), size=size, sample_rate=RATE)
            model = model.to("meta")  # counts without computing
            with FlopCounterMode(display=False) as counter:
                model(torch.zeros(1, 2, seconds * RATE, device="meta")).sum().backward()
            work = counter.get_total_flops() / seconds
            spent = work * hours / (speed * 1e12)
            rows.append([family, size, parameters(model) / 1e6, work / 1e12, spent])
    columns = ["family", "size", "parameters, M", "TFLOP a second of audio", "hours"]
    text = NEEDS.format(seconds=seconds, hours=hours, speed=speed)
    tables = [{"columns": columns, "rows": rows}]
    record(
        "songs-needs", title="Training on songs", text=text, tables=tables, machine="any machine"
    )


def scores(name: str, options: dict[str, str]) -> None:
    """The median SDR of every song and part, beside the baselines."""
    training = find(name).about["training"]
    rows = []
    for folder in options["from"].split(","):
        result = json.loads(Path(folder, JSON).read_text(encoding="utf-8"))
        about = result["about"]
        for song, seconds in about["seconds"].items():
            title = f"{song}, {about['split']}, {seconds:.0f} s"
            for estimator, songs in result["songs"].items():
                values = [songs[song].get(part) for part in PARTS]
                rows.append([title, estimator, *("" if v is None else v for v in values)])
    text = SCORES.format(
        model=portable(name),
        start=", from an earlier run's weights" if training["recipe"]["train"]["start"] else "",
        minutes=training["seconds"] / 60,
        device=training.get("device", "one core"),
        data=options.get("on") or f"`{Path(training['recipe']['data']['path']).name}`",
        **{key: training[key] for key in ("steps", "audio_hours")},
    )
    tables = [{"columns": ["song", "median SDR, dB", *PARTS], "rows": rows}]
    record("songs-scores", title="Songs in parts", text=text, tables=tables, machine=processor())


def song_of(path: str | None, seconds: int) -> torch.Tensor:
    """The middle of a file, or noise that swells and pauses. Shape: `[2, time]`."""
    frames = seconds * RATE
    if path is None:
        generator = torch.Generator().manual_seed(0)
        points = torch.rand(1, 1, 2 * seconds + 1, generator=generator) ** 3
        swell = torch.nn.functional.interpolate(points, frames, mode="linear")[0]
        return 0.3 * torch.randn(2, frames, generator=generator) * swell
    sound, rate = read(path)
    sound = resample(sound, rate, RATE)
    start = max((sound.shape[1] - frames) // 2, 0)
    return sound[:, start : start + frames].expand(2, -1)


def level(error: torch.Tensor, reference: torch.Tensor) -> float:
    """Power of an error under that of a reference, in dB."""
    return float(10 * (error.square().sum() / reference.square().sum()).log10())


if __name__ == "__main__":
    main(sys.argv[1:])
