"""How well a model removes a new sound, and what it does to all else: alone, and beside it."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from rich.box import SIMPLE
from rich.table import Table
from torch import Tensor

from soundsieve.data.draws import Draws
from soundsieve.data.lessons import Sound, beside
from soundsieve.data.mixer import Mixer
from soundsieve.data.opening import every_kind, held_out
from soundsieve.data.pool import Pool
from soundsieve.metrics import attenuation, si_sdr, silent, stem_gains, stem_levels
from soundsieve.models.oracle import oracle
from soundsieve.models.separator import Separator
from soundsieve.recipe import Recipe
from soundsieve.stems import Stems

SCENES = 24
SNR = 0.0
"""Decibels of what is kept over the new sound."""
FIRST = 5000
"""Number of the first scene: others than those by which the training was stopped."""
BATCH = 8
CAP = 30.0
"""Decibels of SI-SDR past which a scene counts no more: what is left is not heard."""
NEW = "new sound alone"
MEASURES = {"attenuation": "removed", "si_sdr": "kept: SI-SDR", "level": "kept: level"}
Values = dict[str, float]


@dataclass(frozen=True)
class Part:
    """Scenes of one kind: what is to stay, and what is to go. Shape: `[batch, channel, time]`."""

    name: str
    kept: Tensor
    gone: Tensor
    new: bool = False
    """Whether the new sound is in them."""


Estimate = Callable[[Part], Tensor]
"""Gives what is kept of the scenes. Shape: `-> [batch, channel, time]`."""


def parts_of(
    sound: Sound,
    mixer: Mixer,
    talkers: Mixer,
    kept: Sequence[float],
    stems: Stems,
    scenes: int = SCENES,
) -> list[Part]:
    """All that a fine-tune is measured on, drawn from sounds that it has not heard.

    Args:
        talkers: draws voices that come into scenes as prompts do, through a small loudspeaker.
        kept: the gain of each stem of the mixer in what is kept.
    """
    indices = range(FIRST, FIRST + scenes)
    new = sound.draw(Draws(mixer.seed, indices))
    found = [Part(NEW, torch.zeros_like(new), new, True)]
    alone = [
        (top, mixer.scenes(indices, absent=_others(mixer, top, stems)).mixture)
        for top in ("speech", "music")
    ]
    for top, audio in alone:
        stays, gone = beside(audio, new, SNR, mixer.sample_rate)
        found.append(Part(f"new sound and {top}", stays, gone, True))
    drawn, gains = mixer.scenes(indices).stems, torch.tensor(kept)
    stays, gone = (torch.einsum("bsct,s->bct", drawn, g.to(drawn)) for g in (gains, 1 - gains))
    found.append(Part("old scenes", stays, gone))
    found += [Part(f"{top} alone", audio, torch.zeros_like(audio)) for top, audio in alone]
    voices = talkers.scenes(indices, absent=_others(talkers, "speech", stems)).mixture
    found.append(Part("other talkers", voices, torch.zeros_like(voices)))
    return [part for part in map(_audible, found) if len(part.kept)]


def _others(mixer: Mixer, top: str, stems: Stems) -> list[str]:
    return [stem for stem in mixer.scope if stems.path(stem)[1] != top]


def _audible(part: Part) -> Part:
    """A part without scenes of silence."""
    heard = ~silent((part.kept + part.gone).flatten(-2))
    return replace(part, kept=part.kept[heard], gone=part.gone[heard])


def measure(made: Estimate, parts: Sequence[Part]) -> dict[str, Values]:
    """Means in dB of each part: attenuation of what goes, SI-SDR and level of what stays."""
    return {part.name: _means(made(part), part) for part in parts}


def remixed(model: Separator, remix: Sequence[float]) -> Estimate:
    """What is kept by a model.

    Args:
        remix: weights of the outputs, and last of the mixture, that form what is kept.
    """
    return lambda part: estimate(model, remix, part.kept + part.gone)


def ideal(mask: str) -> Estimate:
    """What is kept by a mask that knows it; `mask` is a name in `oracle.MASKS`."""
    return lambda part: oracle(mask, part.kept + part.gone, part.kept)


@torch.inference_mode()
def estimate(model: Separator, remix: Sequence[float], mixture: Tensor) -> Tensor:
    """Shape: `[batch, channel, time] -> [batch, channel, time]`."""
    weights = torch.tensor(remix)
    found = []
    for some in mixture.split(BATCH):
        outputs = torch.cat([model(some), some[:, None]], 1)
        found.append(torch.einsum("boct,o->bct", outputs, weights))
    return torch.cat(found)


def _means(estimate: Tensor, part: Part) -> Values:
    gains = stem_gains(estimate, torch.stack([part.kept, part.gone], 1))
    level, removed = (values[:, place] for place, values in enumerate(stem_levels(gains, (1, 0))))
    alone = silent(part.kept.flatten(-2))  # nothing is kept, so all that comes out counts
    removed = torch.where(alone, attenuation(estimate, part.kept + part.gone), removed)
    ratio = si_sdr(estimate, part.kept).clamp(-CAP, CAP)
    means = {"attenuation": _mean(removed), "si_sdr": _mean(ratio), "level": _mean(level)}
    return {name: value for name, value in means.items() if math.isfinite(value)}


def _mean(values: Tensor) -> float:
    """Of those that are no nan; nan where there is none."""
    return float(values[values.isfinite()].mean())


def unheard(recipe: Recipe, pool: Pool, split: str, loudspeaker: float = 0.0) -> Mixer:
    """Scenes of every kind of sound, whose talkers come through a small loudspeaker at these odds.

    In training some do, so that a prompt is not known by that; who drives does not.
    """
    odds = {**recipe.mix.effects.loudspeaker, "speech": loudspeaker}
    effects = recipe.mix.effects.model_copy(update={"loudspeaker": odds})
    mix = recipe.mix.model_copy(update={"effects": effects})
    return held_out(every_kind(recipe.model_copy(update={"mix": mix}), pool), pool, split)


def table(title: str, found: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Table:
    """A row for each part and measure, a column for each model."""
    made = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE)
    for place, heading in enumerate(["", "", *found]):
        made.add_column(heading, justify="right" if place > 1 else "left", no_wrap=place < 2)
    for part, measure_, values in rows(found):
        cells = ["" if not math.isfinite(value) else f"{value:.1f}" for value in values]
        made.add_row(part, MEASURES[measure_], *cells)
    return made


def rows(
    found: Mapping[str, Mapping[str, Mapping[str, float]]],
) -> Iterator[tuple[str, str, list[float]]]:
    """Part, measure and a value for each model."""
    first = next(iter(found.values()))
    for part, values in first.items():
        for name in values:
            yield part, name, [each[part].get(name, math.nan) for each in found.values()]
