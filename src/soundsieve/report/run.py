"""The report of a run: figures of training and scores, and scenes to see and to hear."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from soundsieve.audio.io import write
from soundsieve.data.mixer import Mixer
from soundsieve.evaluation.estimators import Estimator
from soundsieve.evaluation.scores import MIXED, Row, Scores
from soundsieve.evaluation.scoring import draw
from soundsieve.evaluation.table import SEVERAL
from soundsieve.recipe import Recipe
from soundsieve.report.figures import improvement_by_snr, save, spectrograms, training_curve
from soundsieve.runs import make_folder

PLACES = ("best", "median", "worst")


def write_report(
    folder: Path,
    estimators: Sequence[Estimator],
    mixer: Mixer,
    recipe: Recipe,
    scores: Scores,
) -> None:
    """Writes figures, and the sounds of the best, median and worst scene of the first estimator.

    Files: `training.png` where there is a `metrics.csv`; for each target `improvement.TARGET.png`,
    `scenes.TARGET.png` and `examples/PLACE.TARGET.SOUND.wav`.
    """
    if (folder / "metrics.csv").is_file():
        save(training_curve(folder / "metrics.csv"), folder / "training.png")
    summary = scores.summary()["scores"]
    label = f"SNR{SEVERAL if len(scores.targets) > 1 else ' of the mixture'} / dB"
    for place, target in enumerate(scores.targets):
        title = f"keep={target}, {mixer.split} split"
        figure = improvement_by_snr(summary[target], title, label)
        save(figure, folder / f"improvement.{target}.png")
        picked = pick(scores.of(target, estimators[0].name))
        gains = mixer.targets[place].tolist()
        scenes = {
            name: sounds_of(estimators[0], mixer, recipe, row, gains)
            for name, row in picked.items()
        }
        if scenes:
            titles = {_title(name, picked[name]): sounds for name, sounds in scenes.items()}
            figure = spectrograms(titles, mixer.sample_rate)
            save(figure, folder / f"scenes.{target}.png")
            write_examples(folder / "examples", scenes, target, mixer.sample_rate)


def pick(rows: Sequence[Row]) -> dict[str, Row]:
    """The best, median and worst of the mixed scenes by SI-SDR improvement; fewer where few are."""
    scored = [row for row in rows if row.heard == MIXED and math.isfinite(_improvement(row))]
    ranked = sorted(scored, key=_improvement, reverse=True)
    if len(ranked) < len(PLACES):
        return dict(zip(PLACES, ranked, strict=False))
    return dict(zip(PLACES, (ranked[0], ranked[len(ranked) // 2], ranked[-1]), strict=True))


def sounds_of(
    estimator: Estimator, mixer: Mixer, recipe: Recipe, row: Row, gains: Sequence[float]
) -> dict[str, Tensor]:
    """The sounds of a scored scene, drawn again. Shape of each: `[channel, time]`."""
    scenes = draw(mixer, recipe, row.heard, row.snr, [row.index])
    mixture, target = scenes.mixture[0], scenes.target(gains)[0]
    estimate = estimator.estimate(scenes, [gains])[0, 0]
    return {
        "mixture": mixture,
        "target": target,
        "estimate": estimate,
        "residual": mixture - estimate,
    }


def write_examples(
    folder: Path, scenes: Mapping[str, Mapping[str, Tensor]], target: str, sample_rate: int
) -> None:
    """Writes the sounds of scenes as 16-bit wav, `SCENE.TARGET.SOUND.wav`.

    All sounds of a scene get one gain where one of them would clip, so that they stay comparable.
    """
    make_folder(folder)
    for name, sounds in scenes.items():
        peak = max(float(audio.abs().max()) for audio in sounds.values())
        gain = min(1.0, 0.99 / max(peak, 1e-9))
        for sound, audio in sounds.items():
            path = folder / f"{name}.{target}.{sound}.wav"
            write(path, gain * audio.cpu(), sample_rate, "PCM_16")


def _improvement(row: Row) -> float:
    return row.values.get("si_sdr_improvement", math.nan)


def _title(name: str, row: Row) -> str:
    noise = f", {row.kind.replace('_', ' ')}" if row.kind else ""
    return f"{name}: {_improvement(row):+.1f} dB\nSNR {row.snr:g} dB{noise}"
