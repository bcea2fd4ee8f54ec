"""A model before and after a fine-tune: the new sound, old abilities, and where these are lost."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from rich.table import Table
from torch import Tensor

from soundsieve.data.draws import Draws
from soundsieve.data.lessons import Sound, mix_of
from soundsieve.data.pool import Pool
from soundsieve.data.recordings import Recordings
from soundsieve.evaluation.new_sound import (
    BATCH,
    CAP,
    FIRST,
    SCENES,
    Part,
    Values,
    measure,
    parts_of,
    remixed,
    table,
    unheard,
)
from soundsieve.metrics import sdr, si_sdr, silent
from soundsieve.models.separator import Separator
from soundsieve.recipe import Mix, Recipe
from soundsieve.target import Target

RATIO, LEVEL = 0.3, 0.5
"""Decibels of SI-SDR, and of level, that a kept stem may lose."""
KEPT = "what is kept"
STRENGTHS = (0.9, 0.75, 0.6, 0.45, 0.3, 0.15)
"""That are tried where one loses more."""


@dataclass(frozen=True)
class Watched:
    """Scenes as they were before the new sound, and what each output should make of them.

    Shape: `mixture [batch, channel, time]`, `targets [batch, output, channel, time]`.
    """

    name: str
    mixture: Tensor
    targets: Tensor


@dataclass(frozen=True)
class Bench:
    """What models are compared on. `outputs` are those that a fine-tune has to leave as they are.

    `remix` are the weights of the outputs, and last of the mixture, that form what is kept.
    """

    parts: Sequence[Part]
    watched: Sequence[Watched]
    audio: Tensor | None
    remix: Sequence[float]
    outputs: Sequence[int]


@dataclass(frozen=True)
class Loss:
    """What an output lost on some scenes, in dB; `level` is how much further off its level is."""

    where: str
    output: str
    si_sdr: float
    level: float

    @property
    def too_much(self) -> bool:
        """Whether that is more than a fine-tune may cost."""
        return self.si_sdr > RATIO or self.level > LEVEL


def bench_of(
    recordings: Recordings,
    pools: Sequence[Pool],
    audio: Recordings | None,
    recipe: Recipe,
    *,
    stem: str,
    remix: Sequence[float],
    outputs: Sequence[int],
    kept: Target,
    truth: Callable[[Sequence[str]], Tensor],
) -> Bench:
    """Scenes of what a fine-tune has not heard: of the starter corpus first, then of own pools.

    Args:
        truth: gains of stems of data in each output of the model, `[output, stem]`.
    """
    mixers = [unheard(recipe, pool, "valid") for pool in pools]
    sound = Sound(recordings, "valid", mix_of(recipe.mix, stem, False), stems=recipe.tree)
    main = mixers[-1]
    gains = kept.gains_if_there(main.scope, recipe.tree)
    talkers = unheard(recipe, pools[-1], "valid", loudspeaker=1.0)
    parts = parts_of(sound, main, talkers, gains, recipe.tree)
    watched = []
    for name, mixer in zip(("starter", "data"), mixers, strict=False):
        scenes = mixer.scenes(range(FIRST, FIRST + 2 * SCENES))
        targets = torch.einsum("os,bsct->boct", truth(mixer.scope), scenes.stems)
        watched.append(Watched(name, scenes.mixture, targets))
    heard = None
    if audio is not None:
        heard = Sound(audio, "valid", Mix(segment=recipe.mix.segment)).draw(
            Draws(recipe.seed, range(SCENES))
        )
    return Bench(parts, watched, heard, remix, outputs)


def compare(
    base: Separator, at: Callable[[float], Separator], strength: float, bench: Bench
) -> dict[str, Any]:
    """All measures before and after as plain data, what was lost, and a strength that loses less.

    Args:
        at: the model at a strength.
    """
    now, then = at(strength), [_measured(base, scenes) for scenes in bench.watched]
    before = measure(remixed(base, bench.remix), bench.parts)
    after = measure(remixed(now, bench.remix), bench.parts)
    old = [part for part in bench.parts if not part.new]

    def harmful(strength: float) -> bool:
        """Whether anything is lost; once something is, the rest is not measured."""
        model = at(strength)
        return _any_lost(_losses(base.names, then, model, bench)) or any(
            _any_lost(_kept_lost(before, measure(remixed(model, bench.remix), [part]), [part]))
            for part in old
        )

    lost = [*_losses(base.names, then, now, bench), *_kept_lost(before, after, old)]
    found: dict[str, Any] = {
        "strength": strength,
        "before": before,
        "after": after,
        "losses": [asdict(loss) for loss in lost],
        "offered": None,
        "agreement": None if bench.audio is None else agreement(base, now, bench.audio),
    }
    if _any_lost(lost):
        weaker = [share for share in STRENGTHS if share < strength]
        # Less of the change costs less, so half of what is left to try is known each time.
        first = bisect_left(weaker, True, key=lambda share: not harmful(share))
        found["offered"] = weaker[first] if first < len(weaker) else 0.0
    return found


def _any_lost(losses: Sequence[Loss]) -> bool:
    return any(loss.too_much for loss in losses)


def _losses(
    names: Sequence[str], then: Sequence[tuple[Tensor, Tensor]], after: Separator, bench: Bench
) -> list[Loss]:
    """What the outputs that should stay as they are have lost, on each set of scenes.

    Scenes in which an output was wrong before and after, so that more of it is wrong than right,
    do not count: what was not there cannot be lost.
    """
    found = []
    for scenes, (old, level) in zip(bench.watched, then, strict=True):
        new, now = _measured(after, scenes)
        counts = (old + new > 0) & level.isfinite()
        for output in bench.outputs:
            here = counts[:, output]
            if here.any():
                ratio, off = (old - new)[here, output], (now.abs() - level.abs())[here, output]
                means = float(ratio.mean()), float(off.mean())
                found.append(Loss(scenes.name, names[output], *means))
    return found


def _kept_lost(
    before: Mapping[str, Values], after: Mapping[str, Values], parts: Sequence[Part]
) -> list[Loss]:
    """What is kept of scenes without the new sound has lost."""
    found = []
    for name in (part.name for part in parts):
        then, now = before[name], after[name]
        if {"si_sdr", "level"} <= now.keys() & then.keys():
            ratio, off = then["si_sdr"] - now["si_sdr"], abs(now["level"]) - abs(then["level"])
            found.append(Loss(name, KEPT, ratio, off))
    return found


@torch.inference_mode()
def _measured(model: Separator, scenes: Watched) -> tuple[Tensor, Tensor]:
    """SI-SDR and level of each output, nan where its target is silent. Shape: `[scene, output]`."""
    outputs = torch.cat([model(some) for some in scenes.mixture.split(BATCH)])
    there = ~silent(scenes.targets.flatten(-2))
    ratio = si_sdr(outputs, scenes.targets).clamp(-CAP, CAP)
    common = (outputs * scenes.targets).flatten(-2).sum(-1)
    gain = common / scenes.targets.square().flatten(-2).sum(-1).clamp_min(1e-12)
    level = 20 * gain.abs().clamp_min(1e-5).log10()
    return ratio, torch.where(there, level, torch.nan)


@torch.inference_mode()
def agreement(before: Separator, after: Separator, mixture: Tensor) -> float:
    """Decibels by which what changed lies under what the model said before, over its outputs.

    Shape: `[batch, channel, time]`.
    """
    ratios = [
        sdr(after(some).flatten(1, 2), before(some).flatten(1, 2)) for some in mixture.split(BATCH)
    ]
    found = torch.cat(ratios)
    return float(found[found.isfinite()].mean())


def outcome_lines(outcome: Mapping[str, Any]) -> Iterator[Table | str]:
    """What to print of a comparison: a table, and what was lost."""
    yield table(
        f"keep={outcome['keep']}, strength {outcome['strength']:g}, unheard sounds, dB",
        {"before": outcome["before"], "after": outcome["after"]},
    )
    if outcome["agreement"] is not None:
        yield f"on your audio the change lies {outcome['agreement']:.0f} dB under the old outputs"
    worst = [loss for each in outcome["losses"] if (loss := Loss(**each)).too_much]
    if not worst:
        yield f"nothing that is kept lost more than {RATIO} dB SI-SDR or {LEVEL} dB level"
        return
    said = "; ".join(
        f"{x.output}, {x.where}: lost {x.si_sdr:.1f} dB SI-SDR, {x.level:.1f} dB more off level"
        for x in worst
    )
    yield f"damage: {said}; finetune.strength={outcome['offered']:g} stays within " + (
        f"{RATIO} and {LEVEL} dB"
    )
