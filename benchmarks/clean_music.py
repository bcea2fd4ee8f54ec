"""Whether music that is kept keeps its level at any speed, and its treble at its own rate.

    python benchmarks/clean_music.py [MODEL] [data=FOLDER] [files=24] [split=valid]

A model that knows the recordings of its training by their codec loses music that is played faster.
Writes benchmarks/results/clean-music.json and docs/benchmarks.md.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

import torch
from render import record
from rich.console import Console
from torch import Tensor
from torchaudio.functional import highpass_biquad, resample

import soundsieve
from soundsieve.audio.io import read
from soundsieve.audio.levels import to_level
from soundsieve.data.opening import pool_of
from soundsieve.export.proof import processor
from soundsieve.inference.api import Model
from soundsieve.progress import progress_bar

KEEP = "speech+music"
SECONDS, SKIPPED = 10, 4
SPEEDS = {"as it is": (1, 1), "10 % slower": (9, 10), "10 % faster": (11, 10)}
TREBLE, AUDIBLE = 8500.0, -50.0
"""Hz, above what a model of 16 kHz hears; and how far under the music that is still audible, dB."""
BAR = 1.0
TITLE = "Clean music, its speed and its treble"
TEXT = """\
Ten seconds of each of {files} recordings of whole music (the {split} split of `{data}`), mono, at
their own rate, through `keep={keep}` of `{model}`: how much the level changes, in dB, of the whole
and, where the rate is 44.1 kHz or more and there is treble within 50 dB of the whole, above
8.5 kHz. Bar of the treble: 1 dB."""


@torch.no_grad()
def main(words: list[str]) -> None:
    """Measures and writes."""
    options = {"data": "starter", "files": "24", "split": "valid"}
    options |= dict(word.split("=", 1) for word in words if "=" in word)
    name = next((word for word in words if "=" not in word), "any")
    model = soundsieve.load(name)
    music = list(recordings(options["data"], options["split"], int(options["files"])))
    if not music:
        sys.exit(f"the {options['split']} split of {options['data']} has no whole music.")
    rows = []
    for label, (new, old) in SPEEDS.items():
        played = [(resample(a, new, old) if new != old else a, rate) for a, rate in music]
        rows.append([f"level, {label}", *summary([change(model, *one) for one in played])])
    treble = [change(model, *one, above=TREBLE) for one in music if has_treble(*one)]
    rows.append(["level above 8.5 kHz", *summary(treble)])
    columns = ["what", "recordings", "mean", "worst", "within 1 dB"]
    said = {"data": Path(options["data"]).name, "model": Path(name).name, "keep": KEEP}
    text = TEXT.format(**{**options, **said, "files": len(music)})
    tables = [{"columns": columns, "rows": rows}]
    record("clean-music", title=TITLE, text=text, tables=tables, machine=processor())


def recordings(data: str, split: str, count: int) -> Iterator[tuple[Tensor, int]]:
    """Excerpts of whole music spread over a split, each with its rate. Shape: `[time]`."""
    recipe = soundsieve.resolve("keep", [f"keep={KEEP}", f"data={data}"])
    with progress_bar(Console()) as progress:
        sources = pool_of(recipe, progress).sources
    music = [s for s in sources if (s.split, s.stem) == (split, "music")]
    for source in music[:: max(1, len(music) // count)]:
        audio, rate = read(source.path)
        excerpt = audio.mean(0)[SKIPPED * rate :][: SECONDS * rate]
        if len(excerpt) == SECONDS * rate and excerpt.any():
            yield excerpt, rate


def has_treble(audio: Tensor, rate: int) -> bool:
    """Whether there is something to lose above the model's band."""
    return rate >= 44100 and level(audio, rate, TREBLE) - level(audio, rate) > AUDIBLE


def change(model: Model, audio: Tensor, rate: int, above: float | None = None) -> float:
    """How much louder a recording comes out, in dB."""
    kept = torch.as_tensor(model.separate(audio.numpy(), rate, keep=KEEP))
    return level(kept, rate, above) - level(audio, rate, above)


def level(audio: Tensor, rate: int, above: float | None = None) -> float:
    """Level in dB, of all or of what is above a frequency (24 dB an octave)."""
    if above:
        for _ in range(2):
            audio = highpass_biquad(audio, rate, above)
    return float(to_level(audio.square().mean()))


def summary(changes: list[float]) -> list[float | int]:
    """Count, mean, the largest change either way, and how many are within the bar."""
    worst = max(changes, key=abs)
    within = sum(abs(value) <= BAR for value in changes)
    return [len(changes), round(mean(changes), 2), round(worst, 2), within]


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(sys.argv[1:])
