"""Figures of a run, drawn without a screen: each function gives one, `save` writes it."""

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from soundsieve.runs import whole

STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "savefig.dpi": 160,
}
RANGE = 70
"""Decibels under the loudest bin of the mixture that a spectrogram shows."""
SCORES = {
    "valid_si_sdri": "SI-SDR improvement / dB",
    "valid_score": "won less lost / dB",
}
"""What the journals of trainings and of fine-tunes call their score, and what it is."""
COLOURS = ("#1f5a96", "#c4452d", "#7a7a7a", "#3a8f5c", "#8a5aa8", "#d09020")


def training_curve(journal: Path) -> Figure:
    """Loss and validation score over the steps of a journal, as far as it has them."""
    with journal.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    steps = _column(rows, "step")
    score = next((name for name in SCORES if rows and name in rows[0]), "valid_si_sdri")
    panels = [("loss", ("loss", "valid_loss")), (SCORES[score], (score,))]
    with _styled():
        figure = Figure(figsize=(5.2, 4.2), layout="constrained")
        for axes, (label, names) in zip(figure.subplots(2, 1, sharex=True), panels, strict=True):
            for name, colour in zip(names, COLOURS, strict=False):
                values = _column(rows, name)
                if any(map(math.isfinite, values)):
                    word = "validation" if name.startswith("valid") else "training"
                    axes.plot(steps, values, color=colour, marker="o", markersize=2.5, label=word)
            axes.set_ylabel(label)
            axes.grid(alpha=0.25)
            if axes.get_legend_handles_labels()[0]:
                axes.legend()
        axes.set_xlabel("step" + _hours(rows))
    return figure


def improvement_by_snr(
    found: Mapping[str, Any], title: str, label: str = "SNR of the mixture / dB"
) -> Figure:
    """SI-SDR improvement of every estimator over the SNR, with 95 % intervals.

    `found` is what scores.json holds for one target: estimator -> group -> measure.
    """
    with _styled():
        figure = Figure(figsize=(6.4, 3.4), layout="constrained")
        axes = figure.subplots()
        ticks: set[float] = set()
        for place, (name, groups) in enumerate(found.items()):
            points = list(_by_snr(groups))
            if not points or name == "mixture":
                continue
            snr, mean, low, high = zip(*points, strict=True)
            ticks |= set(snr)
            colour = COLOURS[place % len(COLOURS)]
            style = "--" if name.startswith("oracle") else "-"
            axes.plot(snr, mean, style, color=colour, marker="o", markersize=3.5, label=name)
            axes.fill_between(snr, low, high, color=colour, alpha=0.12, linewidth=0)
        axes.axhline(0, color="black", linewidth=0.7)
        axes.set(xlabel=label, ylabel="SI-SDR improvement / dB", title=title)
        axes.set_xticks(sorted(ticks))
        axes.grid(alpha=0.25)
        if ticks:  # else no scene had an SNR
            axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def spectrograms(scenes: Mapping[str, Mapping[str, Tensor]], sample_rate: int) -> Figure:
    """A row of spectrograms for each scene, a column for each of its sounds.

    `scenes` is title -> name of the sound -> `[channel, time]`; the first sound of a scene, its
    mixture, sets the scale.
    """
    with _styled():
        width = max(len(sounds) for sounds in scenes.values())
        size = (2.5 * width + 0.9, 2.1 * len(scenes) + 0.4)
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.subplots(len(scenes), width, sharey=True, squeeze=False)
        image = None
        for row, (title, sounds) in zip(grid, scenes.items(), strict=True):
            reference = _power(next(iter(sounds.values()))).max().clamp_min(1e-20)
            for axes, (name, audio) in zip(row, sounds.items(), strict=False):
                image = _spectrogram(axes, audio, reference, sample_rate)
                axes.set_title(name)
                axes.set_xlabel("time / s")
            for axes in row[len(sounds) :]:
                axes.set_axis_off()
            row[0].set_ylabel(f"{title}\nfrequency / kHz")
        if image is not None:
            label = "dB re loudest bin of the mixture"
            figure.colorbar(image, ax=grid, label=label, shrink=0.9, aspect=30, pad=0.01)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Writes a figure as PNG, whole or not at all."""
    with whole(path) as part, _styled():
        figure.savefig(part, format="png")


@contextmanager
def _styled() -> Iterator[None]:
    with matplotlib.rc_context(STYLE):
        yield


def _column(rows: Sequence[Mapping[str, str]], name: str) -> list[float]:
    """Numbers of a column; nan where it is missing or empty."""
    return [float(row.get(name) or "nan") for row in rows]


def _hours(rows: Sequence[Mapping[str, str]]) -> str:
    """How much was trained, where the journal says so."""
    seconds = [value for value in _column(rows, "seconds") if math.isfinite(value)]
    audio = [value for value in _column(rows, "audio_seconds") if math.isfinite(value)]
    heard = f", {audio[-1] / 3600:.1f} h of audio" if audio else ""
    return f"   ({seconds[-1] / 60:.1f} min{heard})" if seconds else ""


def _by_snr(groups: Mapping[str, Any]) -> Iterator[tuple[float, float, float, float]]:
    found = []
    for group, measures in groups.items():
        word, _, snr = group.partition(" ")
        score = measures.get("si_sdr_improvement")
        if word == "snr" and score:
            low, high = score["low"], score["high"]
            mean = score["mean"]
            found.append(
                (float(snr), mean, mean if low is None else low, mean if high is None else high)
            )
    yield from sorted(found)


def _power(audio: Tensor, n_fft: int = 512, hop: int = 128) -> Tensor:
    """Shape: `[channel, time] -> [bin, frame]`."""
    mono = audio.detach().cpu().float().mean(0)
    window = torch.hann_window(n_fft)
    spectrum = torch.stft(mono, n_fft, hop, window=window, pad_mode="constant", return_complex=True)
    return spectrum.abs().square()


def _spectrogram(axes: Axes, audio: Tensor, reference: Tensor, sample_rate: int) -> Any:
    level = 10 * (_power(audio) / reference).clamp_min(1e-20).log10()
    axes.spines[["top", "right"]].set_visible(True)
    return axes.imshow(
        level.numpy(),
        origin="lower",
        aspect="auto",
        extent=(0, audio.shape[-1] / sample_rate, 0, sample_rate / 2000),
        vmin=-RANGE,
        vmax=0,
        cmap="magma",
        interpolation="nearest",
    )
