"""Draws scenes, asks every estimator for the same targets, and measures what comes back."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from rich.progress import Progress
from torch import Tensor

from soundsieve import metrics
from soundsieve.data.mixer import Mixer, Scenes
from soundsieve.errors import UserError
from soundsieve.evaluation.estimators import Estimator, at_rate
from soundsieve.evaluation.scores import INTERFERENCE_ALONE, MIXED, TARGET_ALONE, Row, Scores
from soundsieve.recipe import Recipe
from soundsieve.runs import versions
from soundsieve.target import Target

BATCH_SAMPLES = 800_000
"""Samples of one stem in a batch of scenes, so that memory does not grow with their number."""
ALONE = 16
"""Scenes, at most, in which only what is kept, or only what is removed, is heard."""


@dataclass(frozen=True)
class Part:
    """Scenes of one kind: what is heard in them, and at which SNR (dB), if at any."""

    heard: str
    snr: float | None
    count: int


def score_scenes(
    estimators: Sequence[Estimator], mixer: Mixer, recipe: Recipe, progress: Progress
) -> Scores:
    """Scores of all estimators on the same scenes, for every target of the recipe.

    Raises UserError where the data has nothing to keep or nothing to remove.
    """
    parts = list(parts_of(recipe))
    refusals: Counter[str] = Counter()
    rows: list[Row] = []
    total = sum(part.count for part in parts) * len(estimators)
    task = progress.add_task("scoring", total=total, detail="")
    for part in parts:
        for indices in _batches(part.count, mixer.frames):
            scenes = draw(mixer, recipe, part.heard, part.snr, indices)
            for estimator in estimators:
                progress.update(task, detail=estimator.name)
                rows += _measured(estimator, scenes, mixer, recipe, part, indices, refusals)
                progress.advance(task, len(indices))
    progress.remove_task(task)
    about = {
        "keep": recipe.keep,
        "data": recipe.data.path,
        "split": mixer.split,
        "against": recipe.score.against,
        "scope": list(mixer.scope),
        "seed": mixer.seed,
        "scenes": recipe.score.scenes,
        "seconds": mixer.segment,
        "sample_rate": mixer.sample_rate,
        "versions": versions(),
    }
    return Scores(rows, about, dict(refusals))


def parts_of(recipe: Recipe) -> Iterator[Part]:
    """The scenes to score: mixed ones at every SNR, and for one target each side alone."""
    for snr in recipe.score.snr:
        yield Part(MIXED, snr, recipe.score.scenes)
    if len(recipe.targets) == 1:
        yield Part(TARGET_ALONE, None, min(ALONE, recipe.score.scenes))
        yield Part(INTERFERENCE_ALONE, None, min(ALONE, recipe.score.scenes))


def draw(
    mixer: Mixer, recipe: Recipe, heard: str, snr: float | None, indices: Sequence[int]
) -> Scenes:
    """The scenes of these indices, without the stems that are neither kept nor scored against.

    One side alone is a mixed scene at 0 dB whose other side is taken away.
    """
    kept, removed = _sides(mixer, recipe)
    absent = [stem for stem in mixer.scope if stem not in kept | removed]
    scenes = mixer.scenes(indices, snr=0.0 if snr is None else snr, absent=absent, both=True)
    sounding = {MIXED: kept | removed, TARGET_ALONE: kept, INTERFERENCE_ALONE: removed}[heard]
    there = torch.tensor([stem in sounding for stem in scenes.scope])
    return replace(scenes, stems=scenes.stems * there.to(scenes.stems)[:, None, None])


def _sides(mixer: Mixer, recipe: Recipe) -> tuple[set[str], set[str]]:
    """The stems that some target keeps, and those of the others that they are scored against."""
    kept = {s for s, gains in zip(mixer.scope, mixer.targets.T, strict=True) if (gains > 0).any()}
    removed = set(mixer.scope) - kept
    if recipe.score.against:
        paths = {stem: recipe.tree.path(stem) for stem in removed}
        removed = {s for s, path in paths.items() if set(path) & set(recipe.score.against)}
    there = {stem for stem, odds in zip(mixer.scope, mixer.odds, strict=True) if odds > 0}
    if not kept & there:
        raise UserError(
            f"nothing to keep: the {mixer.split} split of the data has none of "
            f"{', '.join(sorted(kept))}; choose another score.split or other data."
        )
    if len(recipe.targets) == 1 and not removed & there:
        wanted = ", ".join(recipe.score.against) or "anything that is removed"
        raise UserError(
            f"nothing to score against: expected {wanted} in the {mixer.split} split; the data has "
            f"{', '.join(mixer.scope)}; choose another score.against or score.split."
        )
    return kept, removed


def _batches(count: int, frames: int) -> Iterator[list[int]]:
    size = max(1, min(16, BATCH_SAMPLES // frames))
    for start in range(0, count, size):
        yield list(range(start, min(start + size, count)))


def _measured(
    estimator: Estimator,
    scenes: Scenes,
    mixer: Mixer,
    recipe: Recipe,
    part: Part,
    indices: Sequence[int],
    refusals: Counter[str],
) -> Iterator[Row]:
    """One row for each target and scene."""
    gains = mixer.targets.tolist()
    estimates = estimator.estimate(scenes, gains)
    broken = int((~estimates.isfinite()).flatten(1).any(1).sum())
    if broken:
        refusals[f"{estimator.name}: estimate holds nan"] += broken
    for place, (target, request) in enumerate(zip(recipe.targets, gains, strict=True)):
        values = measures(estimates[:, place], scenes, request)
        if part.heard != INTERFERENCE_ALONE and _speech_alone(target, mixer.scope, recipe):
            reference = scenes.target(request)
            values |= _speech_scores(estimates[:, place], reference, mixer.sample_rate, refusals)
        for item, index in enumerate(indices):
            yield Row(
                estimator=estimator.name,
                target=str(target),
                heard=part.heard,
                snr=part.snr,
                index=index,
                texture=_noise(scenes.textures[item], request, scenes.scope, recipe),
                kind=_noise(scenes.kinds[item], request, scenes.scope, recipe),
                values={name: float(value[item]) for name, value in values.items()},
            )


def measures(estimate: Tensor, scenes: Scenes, request: Sequence[float]) -> dict[str, Tensor]:
    """Everything that a scene and its estimate tell, in dB, by name; nan where it does not apply.

    Shape: `[batch, channel, time] -> [batch]` each.
    """
    mixture, target = scenes.mixture, scenes.target(request)
    kept_silent = metrics.silent(target.flatten(-2))
    attenuation = metrics.attenuation(estimate, mixture)
    nothing_to_remove = metrics.silent((mixture - target).flatten(-2))
    si_sdr = metrics.si_sdr(estimate, target)
    improvement = si_sdr - metrics.si_sdr(mixture, target)
    found = {
        "si_sdr": si_sdr,
        "si_sdr_improvement": improvement.masked_fill(nothing_to_remove, torch.nan),
        "sdr": metrics.sdr(estimate, target),
        "attenuation": attenuation.masked_fill(~kept_silent, torch.nan),
    }
    levels, removed = metrics.stem_levels(metrics.stem_gains(estimate, scenes.stems), request)
    for place, stem in enumerate(scenes.scope):
        if request[place] > 0:
            found[f"level {stem}"] = levels[:, place]
        else:
            found[f"attenuation {stem}"] = removed[:, place]
    return found


def _speech_scores(
    estimate: Tensor, reference: Tensor, sample_rate: int, refusals: Counter[str]
) -> dict[str, Tensor]:
    estimate, reference = (
        at_rate(audio, sample_rate, metrics.SPEECH_RATE) for audio in (estimate, reference)
    )
    return {
        "pesq": metrics.pesq_wb(estimate, reference, refusals),
        "estoi": metrics.estoi(estimate, reference, refusals),
    }


def _speech_alone(target: Target, scope: Sequence[str], recipe: Recipe) -> bool:
    gains = target.gains(scope, recipe.tree)
    kept = [stem for stem, gain in zip(scope, gains, strict=True) if gain > 0]
    return all("speech" in recipe.tree.path(stem) for stem in kept)


def _noise(
    labels: dict[str, str], request: Sequence[float], scope: Sequence[str], recipe: Recipe
) -> str:
    """What the removed noise of a scene is called; empty where there is none or it has no name."""
    gains = dict(zip(scope, request, strict=True))
    names = {
        label
        for stem, label in labels.items()
        if label and not gains[stem] and "noise" in recipe.tree.path(stem)
    }
    return "+".join(sorted(names))
