"""Recordings of a noise that may hold what is kept: found before a model is taught to remove it."""

from collections.abc import Sequence

import numpy as np
import torch

from soundsieve.data.conflicts import EVIDENT
from soundsieve.data.pool import Pool
from soundsieve.data.recordings import Recordings
from soundsieve.data.source import shown
from soundsieve.data.survey import Heard, hear, likenesses, recordings
from soundsieve.stems import STEMS, Stems

MARGIN = 0.25
"""By how much more a recording is like what is kept than like noise; of that class, 1."""
EXAMPLES = 60
"""Recordings of each kind of sound that a new one is compared with, at most."""


def suspects(
    new: Recordings, pool: Pool, kept: Sequence[str] = EVIDENT, stems: Stems = STEMS
) -> dict[str, str]:
    """Which recordings of a noise are much more like what is kept than like noise, and like what.

    They are judged by the sounds of a pool, whose groups they are not in.
    """
    heard, names, entries = recordings(pool, stems)
    picked = [
        place
        for name in dict.fromkeys(names)
        for place in _spread([i for i, other in enumerate(names) if other == name])
    ]
    known = hear(heard, [entries[place] for place in picked])
    whole, _, own = recordings(new.pool, stems)
    fresh = hear(whole, own)
    owners = [*known.owners, *(len(picked) + number for number in fresh.owners)]
    cues = torch.cat([part for part in (known.cues, fresh.cues) if len(part)])
    labels = [*(names[place] for place in picked), *(new.stem for _ in own)]
    everyone = [*(entries[place] for place in picked), *own]
    classes, likeness = likenesses(labels, everyone, Heard(cues, owners, []))
    found = {}
    for entry, row in zip(own, likeness[len(picked) :], strict=True):
        margins = row - row[classes.index(new.stem)] if new.stem in classes else row - np.inf
        like = {name: float(margins[classes.index(name)]) for name in kept if name in classes}
        name = max(like, key=lambda name: like[name], default="")
        if name and like[name] > MARGIN:
            found[shown(entry.source)] = name
    return found


def _spread(places: list[int]) -> list[int]:
    count = min(len(places), EXAMPLES)
    return [places[i] for i in np.linspace(0, len(places) - 1, count).astype(int)]
