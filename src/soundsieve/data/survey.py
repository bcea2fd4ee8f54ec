"""What is known of a pool once all of it was heard: which sounds are like which, and copies."""

import math
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.data.cues import CUT, cues, frame_size, spectra
from soundsieve.data.effects.bandwidth import Bandwidths
from soundsieve.data.fingerprints import SECONDS, fingerprint_of, same_recordings
from soundsieve.data.judge import judge
from soundsieve.data.pool import Entry, Pool, fingerprint
from soundsieve.data.source import SPLITS
from soundsieve.stems import STEMS, Stems

VOICES = {"prompts": "speech"}
"""Stems that sound like another one by nature, so that only their words tell them apart."""
LEAST = 8
"""Groups of a class, at least, for what is learnt of it to hold for others."""
CUTS = 3
"""Cuts of a recording that are listened to, at most."""
VERSION = 1
_SHORTEST = 1.0  # seconds of a recording that is judged
_BATCH = 32  # cuts
_MEASURED = 300  # recordings of a stem whose bandwidth is measured


@dataclass(frozen=True)
class Survey:
    """The recordings of a pool, whole songs among them, by stem right under `all`.

    `classes` are what recordings were compared with, `likeness [recording, class]` is how much
    each is like it, by what other groups taught: NaN where a recording is too short or nothing can
    be learnt. `copies` are pairs of recordings of different stems. `bandwidth` is in Hz, NaN where
    it was not measured.
    """

    stems: tuple[str, ...]
    entries: tuple[Entry, ...]
    classes: tuple[str, ...]
    likeness: NDArray[np.float32]
    copies: NDArray[np.float32]
    bandwidth: NDArray[np.float32]


def survey(
    pool: Pool,
    stems: Stems = STEMS,
    progress: Callable[[int, int], None] | None = None,
    cache: bool = True,
) -> Survey:
    """Hears a pool, or reads what was found when the same data was heard before.

    Args:
        cache: keep what is found beside the pool's PCM.
    """
    heard, names, entries = recordings(pool, stems)
    mark = f"{fingerprint(pool.sources)}-{'-'.join(dict.fromkeys(names))}-{VERSION}"
    path = pool.store.folder / f"survey-{pool.sample_rate}-{mark}.npz"
    if cache and path.exists():
        with np.load(path) as held:
            facts = {key: held[key] for key in held.files}
    else:
        facts = _found(heard, names, entries, progress)
        if cache and os.access(path.parent, os.W_OK):  # a pool may be another's, to be read only
            _save(path, facts)
    classes = tuple(facts.pop("classes").tolist())
    return Survey(names, entries, classes, facts["likeness"], facts["copies"], facts["bandwidth"])


def recordings(pool: Pool, stems: Stems = STEMS) -> tuple[Pool, tuple[str, ...], tuple[Entry, ...]]:
    """All entries of a pool, with their stems, and that pool: recordings whole, songs summed."""
    tops = tuple(dict.fromkeys(stems.path(stem)[1] for stem in pool.scope))
    undivided = [replace(s, span=(0.0, 1.0), split=SPLITS[0]) for s in pool.sources]
    sources = list(dict.fromkeys(undivided))
    heard = Pool(sources, pool.store.select(sources), tops, stems)
    found = [(top, entry) for top in tops for entry in heard.entries[top, SPLITS[0]]]
    return heard, tuple(top for top, _ in found), tuple(entry for _, entry in found)


@dataclass(frozen=True)
class Heard:
    """What was heard: the cues of every cut, the recording it is of, fingerprints of all."""

    cues: Tensor
    owners: list[int]
    prints: list[NDArray[np.float32]]


def hear(
    pool: Pool, entries: Sequence[Entry], progress: Callable[[int, int], None] | None = None
) -> Heard:
    """Goes through all recordings once."""
    rate = pool.sample_rate
    size = (CUT + 1) * frame_size(rate) // 2
    prints, owners, batch, found = [], [], [], []
    for number, entry in enumerate(entries):
        prints.append(_fingerprint(torch.from_numpy(pool.mono(entry, 0, SECONDS * rate)), rate))
        if entry.frames >= _SHORTEST * rate:
            cuts = _cuts(pool, entry, size)
            batch += cuts
            owners += [number] * len(cuts)
        if len(batch) >= _BATCH or (batch and number == len(entries) - 1):
            found.append(cues(spectra(torch.stack(batch), rate), rate))
            batch = []
        if progress:
            progress(number + 1, len(entries))
    return Heard(torch.cat(found) if found else torch.zeros(0, 1), owners, prints)


def likenesses(
    names: Sequence[str], entries: Sequence[Entry], heard: Heard
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """The classes that can be learnt, and how much each recording is like each of them."""
    labels = [VOICES.get(name, name) for name in names]
    groups: dict[str, set[str]] = defaultdict(set)
    for number in dict.fromkeys(heard.owners):
        groups[labels[number]].add(entries[number].group)
    classes = tuple(name for name, some in groups.items() if len(some) >= LEAST)
    likeness = np.full((len(entries), len(classes)), np.nan, np.float32)
    if len(classes) < 2:
        return (), likeness[:, :0]
    use = [place for place, number in enumerate(heard.owners) if labels[number] in classes]
    owner = np.array(heard.owners)[use]
    label = [classes.index(labels[number]) for number in owner]
    scores = judge(heard.cues[use], label, [entries[number].group for number in owner])
    some, count = np.unique(owner, return_counts=True)
    total = np.zeros_like(likeness)
    np.add.at(total, owner, scores)
    likeness[some] = total[some] / count[:, None]
    return classes, likeness


def _found(
    pool: Pool,
    names: Sequence[str],
    entries: Sequence[Entry],
    progress: Callable[[int, int], None] | None,
) -> dict[str, NDArray]:
    """What a survey holds beside the entries, as arrays."""
    heard = hear(pool, entries, progress)
    classes, likeness = likenesses(names, entries, heard)
    order = {name: number for number, name in enumerate(dict.fromkeys(names))}
    stems = [order[name] for name in names]
    copies = {(one, other): 1.0 for one, other in _equal(pool, entries, stems)}
    copies |= {(one, other): alike for one, other, alike in same_recordings(heard.prints, stems)}
    return {
        "classes": np.array(classes, str),
        "likeness": likeness,
        "copies": np.array([(*pair, alike) for pair, alike in copies.items()]),
        "bandwidth": _bandwidths(pool, names, entries),
    }


def _equal(pool: Pool, entries: Sequence[Entry], stems: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Pairs of recordings of different stems with the same PCM, however short."""
    same: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number, entry in enumerate(entries):
        facts = pool.store.facts(entry.source)
        if facts and facts.digest and len(entry.rows) == 1:
            same[facts.digest, facts.frames].append(number)
    for numbers in same.values():
        yield from (p for p in combinations(numbers, 2) if stems[p[0]] < stems[p[1]])


def _save(path: Path, facts: dict[str, NDArray]) -> None:
    """An archive of arrays, whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            np.savez(file, allow_pickle=False, **facts)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _fingerprint(audio: Tensor, sample_rate: int) -> NDArray[np.float32]:
    size = frame_size(sample_rate)
    audio = torch.nn.functional.pad(audio, (0, max(size - len(audio), 0)))
    return fingerprint_of(spectra(audio, sample_rate), sample_rate)


def _cuts(pool: Pool, entry: Entry, size: int) -> list[Tensor]:
    """Cuts spread over a recording, as many as it fills; a short one ends in silence."""
    count = min(math.ceil(entry.frames / size), CUTS)
    starts = np.linspace(0, max(entry.frames - size, 0), count).astype(int).tolist()
    cuts = [torch.from_numpy(pool.mono(entry, start, size)) for start in starts]
    return [torch.nn.functional.pad(cut, (0, size - len(cut))) for cut in cuts]


def _bandwidths(pool: Pool, names: Sequence[str], entries: Sequence[Entry]) -> NDArray[np.float32]:
    """The bandwidth of some recordings of each stem, spread over all of them."""
    bandwidths, name = Bandwidths(pool), np.array(names)
    found = np.full(len(entries), np.nan, np.float32)
    for stem in dict.fromkeys(names):
        places = np.flatnonzero(name == stem)
        count = min(len(places), _MEASURED)
        for place in places[np.linspace(0, len(places) - 1, count).astype(int)].tolist():
            found[place] = bandwidths.of(entries[place])
    return found
