"""Whole songs scored as by museval (BSS Eval v4), frame by frame, in its own JSON layout.

The SDR needs none of the filters that its other measures do: it is what museval gives, without its
memory (gigabytes a song) and its minutes.

Stöter, Liutkus and Ito, "The 2018 signal separation evaluation campaign", LVA/ICA 2018.
"""

import importlib.util
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

EXTRA = (
    "of whole songs the SDR alone is scored: their ISR, SIR and SAR are museval's, which is not "
    "installed: pip install 'soundsieve[songs]'"
)
METRICS = ("SDR", "ISR", "SIR", "SAR")
FRAME = 1
"""Seconds of a frame; frames do not overlap."""
WHISPER = 1e-7
"""Level of the noise that stands in for an estimate of nothing, which museval refuses: 0 dB SDR."""

Track = dict[str, Any]
"""What museval writes of a song: `targets`, each with its `frames` and their `metrics`."""


def is_installed() -> bool:
    """Whether museval is there."""
    return importlib.util.find_spec("museval") is not None


def track_scores(
    name: str, targets: Sequence[str], estimates: Tensor, references: Tensor, sample_rate: int
) -> Track:
    """The scores of one song, as museval has them in its files.

    A frame in which a reference or an estimate is silent has no score.

    Shape: `[target, channel, time], [target, channel, time]`, two targets or more.
    """
    import museval

    estimates = _whispered(estimates)
    sounds = [audio.transpose(1, 2).double().cpu().numpy() for audio in (references, estimates)]
    frame = round(FRAME * sample_rate)
    found = museval.evaluate(*sounds, win=frame, hop=frame, mode="v4", padding=True)
    store = museval.TrackStore(name, win=FRAME, hop=FRAME)
    for place, target in enumerate(targets):
        values = {metric: rows[place] for metric, rows in zip(METRICS, found, strict=True)}
        store.add_target(target, values)
    return json.loads(store.json)


def sdr_scores(
    name: str, targets: Sequence[str], estimates: Tensor, references: Tensor, sample_rate: int
) -> Track:
    """The same with the SDR alone, nan in place of all else.

    Shape: `[target, channel, time], [target, channel, time]`.
    """
    del name  # which museval's files have as their own name
    estimates, frame = _whispered(estimates), round(FRAME * sample_rate)
    count = max(references.shape[-1] // frame, 1)
    powers = [_powers(audio, frame, count) for audio in (references, estimates)]
    errors = _powers(estimates - references, frame, count)
    silent = (powers[0] == 0).any(0) | (powers[1] == 0).any(0)
    ratio = 10 * (powers[0] / errors).log10()
    values = ratio.masked_fill(silent | ratio.isinf(), torch.nan).cpu().tolist()
    rest = dict.fromkeys(METRICS[1:], float("nan"))
    return {
        "targets": [
            {
                "name": target,
                "frames": [
                    {"time": FRAME * t, "duration": FRAME, "metrics": {"SDR": value, **rest}}
                    for t, value in enumerate(row)
                ],
            }
            for target, row in zip(targets, values, strict=True)
        ],
    }


def _whispered(estimates: Tensor) -> Tensor:
    """Estimates with a whisper where one is nothing."""
    nothing = ~estimates.flatten(1).any(1)
    if not nothing.any():
        return estimates
    noise = np.random.default_rng(0).standard_normal(estimates[nothing].shape)
    found = estimates.double()
    found[nothing] = WHISPER * torch.from_numpy(noise).to(found)
    return found


def median(track: Track, metric: str = "SDR") -> dict[str, float]:
    """The median over the frames of a song, by target; nan where no frame has a score.

    >>> frame = lambda value: {"metrics": {"SDR": value}}
    >>> targets = [{"name": "drums", "frames": [frame(1.0), frame(float("nan")), frame(4.0)]}]
    >>> median({"targets": targets})
    {'drums': 2.5}
    """
    frames = {
        target["name"]: [frame["metrics"][metric] for frame in target["frames"]]
        for target in track["targets"]
    }
    return {name: middle(values) for name, values in frames.items()}


def over_songs(tracks: Mapping[str, Track], metric: str = "SDR") -> dict[str, float]:
    """The median over songs of their medians over frames, by target, as SiSEC has it."""
    by_song = [median(track, metric) for track in tracks.values()]
    names = dict.fromkeys(name for found in by_song for name in found)
    return {name: middle([found[name] for found in by_song if name in found]) for name in names}


def middle(values: Sequence[float]) -> float:
    """The median of the values that are no nan; nan where there is none."""
    there = [value for value in values if np.isfinite(value)]
    return float(np.median(there)) if there else float("nan")


def _powers(audio: Tensor, frame: int, count: int) -> Tensor:
    """Sums of squares of whole frames. Shape: `[target, channel, time] -> [target, frame]`."""
    frames = audio[..., : count * frame].unflatten(-1, (count, -1))
    return frames.double().square().sum((1, 3))
