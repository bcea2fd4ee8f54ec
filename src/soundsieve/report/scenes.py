"""Scenes as files: their sounds, all that was drawn, and how it is spread."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from soundsieve.audio.io import write
from soundsieve.data.mixer import Mixer, Scenes
from soundsieve.errors import UserError
from soundsieve.report.figures import save
from soundsieve.runs import make_folder, whole

JSON = "scenes.json"
BATCH = 8
SPREAD = 400
"""Scenes of which the spread is shown, at least."""
BY_STEM = ("present", "sum", "speed", "pause", "loudspeaker", "distortion", "eq")
"""Draws that have one value or row a stem."""


def write_scenes(folder: Path, mixer: Mixer, count: int, keep: str) -> Iterator[Path]:
    """Write the first scenes of a mixer; gives the mixture's path after each.

    Files: `NUMBER.mixture.wav`, `NUMBER.target.wav` (of the first target) and `NUMBER.STEM.wav` for
    the stems that sound, float so that they add up to the mixture; `scenes.json`; `scenes.png`.
    Those of an earlier call go.
    """
    make_folder(folder)
    _clear(folder)
    facts, spread = [], []
    try:
        for first in range(0, max(count, SPREAD), BATCH):
            scenes = mixer.scenes(range(first, first + BATCH))
            spread.append({name: values for name, values in scenes.draws.items()})
            for row, index in enumerate(range(first, min(first + BATCH, count))):
                facts.append({"scene": index, **facts_of(scenes, row)})
                yield _sounds(folder, f"{index:04}", scenes, row, mixer)
    finally:  # of a call that is interrupted too, so that the next one knows what is its own
        about = {"keep": keep, "split": mixer.split, "seed": mixer.seed, "scenes": facts}
        with whole(folder / JSON) as part:
            part.write_text(json.dumps(about, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    draws = {name: np.concatenate([one[name] for one in spread]) for name in spread[0]}
    save(distributions(draws, mixer.scope), folder / "scenes.png")


def _clear(folder: Path) -> None:
    """Removes the scenes that an earlier call says it wrote."""
    path = folder / JSON
    if not path.is_file():
        return
    try:
        written = json.loads(path.read_text(encoding="utf-8"))["scenes"]
        names = [(scene["scene"], word) for scene in written for word in scene["present"]]
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{path} is no list of ours; choose another out=.") from None
    for number, word in (*names, *((n, w) for n, _ in names for w in ("mixture", "target"))):
        (folder / f"{number:04}.{word}.wav").unlink(missing_ok=True)


def facts_of(scenes: Scenes, row: int) -> dict[str, Any]:
    """All that was drawn for one scene, as plain data; null for what is absent or endless."""
    facts: dict[str, Any] = {"files": scenes.files[row], "kinds": scenes.kinds[row]}
    for name, values in scenes.draws.items():
        value = _plain(values[row].tolist())
        if name in BY_STEM:
            value = dict(zip(scenes.scope, value, strict=True))
        facts[name] = value
    return facts


def distributions(draws: Mapping[str, NDArray], scope: Sequence[str]) -> Figure:
    """How SNR, level, presence and reverberation time are spread over scenes."""
    count = len(draws["snr"])
    figure = Figure(figsize=(8.4, 5.2), layout="constrained")
    (snr, level), (presence, t60) = figure.subplots(2, 2)
    _histogram(snr, draws["snr"], "SNR / dB", "no SNR: target or rest absent")
    _histogram(level, draws["level"], "level / dBFS", "silent")
    share = draws["present"].mean(0)
    presence.bar(range(len(scope)), share, color="#1f5a96")
    presence.set(xticks=range(len(scope)), ylim=(0, 1), ylabel="part of the scenes")
    presence.set_xticklabels(scope, rotation=30 if len(scope) > 5 else 0)
    presence.set_title("presence")
    _histogram(t60, draws.get("t60", np.full(count, np.nan)), "T60 / s", "no room")
    figure.suptitle(f"{count} scenes")
    return figure


def _histogram(axes: Axes, values: NDArray, label: str, without: str) -> None:
    there = values[np.isfinite(values)]
    if len(there):
        axes.hist(there, 24, color="#1f5a96")
    share = 1 - len(there) / max(len(values), 1)
    axes.set_title(f"{without}: {share:.0%}" if share >= 0.005 else "")
    axes.set(xlabel=label, ylabel="scenes")


def _sounds(folder: Path, name: str, scenes: Scenes, row: int, mixer: Mixer) -> Path:
    target = scenes.target(list(mixer.targets[0]))[row]
    sounds = {"mixture": scenes.mixture[row], "target": target}
    for place, stem in enumerate(scenes.scope):
        if scenes.stems[row, place].any():
            sounds[stem] = scenes.stems[row, place]
    for word, audio in sounds.items():
        write(folder / f"{name}.{word}.wav", audio.cpu(), mixer.sample_rate, "FLOAT")
    return folder / f"{name}.mixture.wav"


def _plain(value: Any) -> Any:
    """Numbers that JSON has no word for become null."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
