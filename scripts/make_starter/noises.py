"""Noise clips: every kind of the three families, each clip with a random draw of its own."""

from collections.abc import Iterator

from . import noises_nonstationary, noises_stationary, noises_transient
from .clip import Clip
from .dsp import at_level, band, generator, swell
from .voices import RATE

FAMILIES = {
    "stationary": noises_stationary.KINDS,
    "nonstationary": noises_nonstationary.KINDS,
    "transient": noises_transient.KINDS,
}


def clips(seed: int) -> Iterator[Clip]:
    """All noise clips, family by family."""
    for family, splits in FAMILIES.items():
        for split, kinds in splits.items():
            for recipe, count in kinds.items():
                for number in range(count):
                    yield clip(seed, family, split, recipe, number)


def clip(seed: int, family: str, split: str, recipe, number: int) -> Clip:
    """One draw of one recipe: 5 to 7 s in training, 7 to 8 s for scoring, no click at the ends."""
    kind = recipe.__name__
    rng = generator(seed, family, kind, number)
    n = int(rng.uniform(*((5.0, 7.0) if split == "train" else (7.0, 8.0))) * RATE)
    audio = band(recipe(rng, n, RATE), 25, None, RATE) * swell(n, 0.01, 0.03, RATE)
    audio = at_level(audio, rng.uniform(-26, -20), RATE)
    path = f"noise/{family}/{kind}-{number + 1}.ogg"
    return Clip(path, family, split, kind, audio, RATE, 0.893, kind=kind)
