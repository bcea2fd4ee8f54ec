"""How near an estimate comes to its target inside each band of frequency."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.data.mixer import Mixer
from soundsieve.evaluation.estimators import Estimator
from soundsieve.evaluation.intervals import Bootstrap
from soundsieve.evaluation.scores import MIXED
from soundsieve.evaluation.scoring import draw
from soundsieve.recipe import Recipe
from soundsieve.report.figures import COLOURS

EDGES = (0, 250, 500, 1000, 2000, 4000, 8000)
"""Of the bands, in Hz."""
BANDS = tuple(f"{low} to {high} Hz" for low, high in pairwise(EDGES))
SILENT = 60.0
"""A band in which the target is so many dB under the whole target holds nothing to score."""
LIMIT = 60.0
BATCH = 8


@dataclass
class Bands:
    """Rise of the signal-to-error ratio in dB, by estimator. Shape of each: `[scene, band]`."""

    values: dict[str, NDArray[np.float64]]
    clusters: NDArray[np.int64]
    bootstrap: Bootstrap

    def means(self) -> dict[str, dict[str, Any]]:
        """Mean and interval of each estimator in each band."""
        return {name: self._each(values) for name, values in self.values.items()}

    def paired(self, one: str, other: str) -> dict[str, Any]:
        """How much more one reached than the other, scene by scene."""
        return self._each(self.values[one] - self.values[other])

    def _each(self, values: NDArray[np.float64]) -> dict[str, Any]:
        return {
            band: self.bootstrap.interval(column, self.clusters).plain()
            for band, column in zip(BANDS, values.T, strict=True)
        }


def measure_bands(estimators: Sequence[Estimator], mixer: Mixer, recipe: Recipe) -> Bands:
    """Measures all on the mixed scenes that a recipe is scored on."""
    gains = mixer.targets[0].tolist()
    found: dict[str, list[Tensor]] = {one.name: [] for one in estimators}
    clusters: list[int] = []
    for snr in recipe.score.snr:
        for first in range(0, recipe.score.scenes, BATCH):
            indices = range(first, min(first + BATCH, recipe.score.scenes))
            scenes = draw(mixer, recipe, MIXED, snr, indices)
            mixture, target = scenes.mixture, scenes.target(gains)
            before = band_ratio(mixture, target, mixer.sample_rate)
            clusters += indices
            for one in estimators:
                after = band_ratio(one.estimate(scenes, [gains])[:, 0], target, mixer.sample_rate)
                found[one.name].append(after - before)
    values = {name: torch.cat(parts).numpy() for name, parts in found.items()}
    return Bands(values, np.array(clusters), Bootstrap(mixer.seed))


def band_ratio(estimate: Tensor, reference: Tensor, sample_rate: int) -> Tensor:
    """Power of the reference over that of the error inside each band, in dB; nan where silent.

    Shape: `[batch, channel, time], [batch, channel, time] -> [batch, band]`.
    """
    signal = _powers(reference, sample_rate)
    error = _powers(estimate - reference, sample_rate)
    ratio = 10 * torch.log10(signal.clamp_min(1e-20) / error.clamp_min(1e-20))
    silent = signal <= signal.sum(1, keepdim=True) * 10 ** (-SILENT / 10)
    return ratio.clamp(-LIMIT, LIMIT).masked_fill(silent, math.nan)


def band_figure(means: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Improvement over the bands: ideal masks dashed, trained ones not, a kind in one colour."""
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axes = figure.subplots()
    kinds = list(dict.fromkeys(name.partition("/")[2] for name in means))
    for name, of in means.items():
        style = "--" if name.startswith("oracle") else "-"
        values = [math.nan if of[b]["mean"] is None else of[b]["mean"] for b in BANDS]
        colour = COLOURS[kinds.index(name.partition("/")[2]) % len(COLOURS)]
        axes.plot(range(len(BANDS)), values, style, color=colour, marker="o", label=name)
    axes.axhline(0, color="black", linewidth=0.7)
    axes.set_xticks(range(len(BANDS)), [f"{edge / 1000:g}" for edge in EDGES[1:]])
    axes.set(xlabel="upper edge of the band / kHz", ylabel="rise of signal to error / dB")
    axes.grid(alpha=0.25)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return figure


def _powers(audio: Tensor, sample_rate: int, n_fft: int = 1024) -> Tensor:
    """Shape: `[batch, channel, time] -> [batch, band]`."""
    rows = audio.flatten(0, 1).double()
    window = torch.hann_window(n_fft, dtype=rows.dtype)
    power = torch.stft(
        rows, n_fft, n_fft // 2, window=window, pad_mode="constant", return_complex=True
    )
    by_bin = power.abs().square().sum(-1).view(*audio.shape[:2], -1).sum(1)
    edges = [round(edge * n_fft / sample_rate) for edge in EDGES]
    edges[-1] += 1  # the last bin is the last band's
    parts = [by_bin[:, a:b].sum(1) for a, b in pairwise(edges)]
    return torch.stack(parts, 1)
