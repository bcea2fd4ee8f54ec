"""Recordings that must share a split whatever they are called: copies and namesakes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from soundsieve.data.checks import SLICES, Facts
from soundsieve.data.names import base_name, is_telling
from soundsieve.data.source import Source, shown
from soundsieve.stems import STEMS

MOST = 3
"""Groups that may hold one telling name; a name that is everywhere (`interview`) tells nothing."""
PARALLEL = 0.5
"""Share of common names from which two folders are two readings of one list."""
_LENGTH = 0.05  # seconds by which two copies may differ
_LEVEL = 2.0  # dB, root mean square, between the levels over time of two copies


def link_twins(sources: Sequence[Source], facts: Mapping[Source, Facts]) -> list[Source]:
    """The sources, with one group for all that are the same recording under several names.

    The same PCM is one recording wherever it lies. A name that tells (`interview.wav` here and
    there) is one recording unless it is common, or the folders are parallel (a list that several
    people read): then only the same length and the same level over time prove it.
    """
    leader: dict[str, str] = {}

    def find(group: str) -> str:
        while leader.setdefault(group, group) != group:
            group = leader[group]
        return group

    for one, other in (*_copies(sources, facts), *_namesakes(sources, facts)):
        first, second = sorted((find(one), find(other)))
        leader[second] = first
    return [replace(source, group=find(source.group)) for source in sources]


def drop_jingles(
    sources: Sequence[Source], facts: Mapping[Source, Facts]
) -> tuple[list[Source], dict[str, str]]:
    """The sources less what is everywhere: of a recording in more than `MOST` groups, one stays.

    Keeping them all would make one group of everybody who has the same jingle.
    """
    dropped: dict[str, str] = {}
    gone: set[Source] = set()
    for twins in copies(sources, facts):
        if len({twin.group for twin in twins}) > MOST:
            again = [twin for twin in twins[1:] if twin.path != twins[0].path]
            gone.update(again)
            dropped |= {shown(twin): f"is a copy of {shown(twins[0])}" for twin in again}
    return [source for source in sources if source not in gone], dropped


def copies(sources: Sequence[Source], facts: Mapping[Source, Facts]) -> list[list[Source]]:
    """Sources whose sound is the same to the bit, in lists of two and more."""
    same: dict[tuple[str, int], list[Source]] = defaultdict(list)
    for source in sources:
        found = facts[source]
        if found.digest and found.seconds > 2 * _LENGTH:
            same[found.digest, found.frames].append(source)
    return [twins for twins in same.values() if len({(t.path, t.stream) for t in twins}) > 1]


def _copies(sources: Sequence[Source], facts: Mapping[Source, Facts]) -> Iterator[tuple[str, str]]:
    for twins in copies(sources, facts):
        yield from ((twins[0].group, twin.group) for twin in twins[1:])


def _namesakes(
    sources: Sequence[Source], facts: Mapping[Source, Facts]
) -> Iterator[tuple[str, str]]:
    names: dict[tuple[str, str], dict[str, list[Source]]] = defaultdict(lambda: defaultdict(list))
    held: dict[tuple[str, str], set[str]] = defaultdict(set)
    for source in sources:
        if not source.song:
            base = base_name(source.path.stem)
            names[source.stem, base][source.group].append(source)
            held[source.stem, source.group].add(base)
    for (stem, base), groups in names.items():
        telling = is_telling(base, STEMS.names) and len(groups) <= MOST
        # A name that fills a corpus says nothing, and comparing all with all takes for ever.
        for one, other in combinations(groups, 2) if len(groups) <= 4 * MOST else ():
            given = any(s.grouped for s in (*groups[one], *groups[other]))
            by_name = telling and not given and not _parallel(held[stem, one], held[stem, other])
            if by_name or _alike(groups[one], groups[other], facts):
                yield one, other


def _parallel(names: set[str], others: set[str]) -> bool:
    return len(names & others) > max(1, PARALLEL * min(len(names), len(others)))


def _alike(
    group: Sequence[Source], others: Sequence[Source], facts: Mapping[Source, Facts]
) -> bool:
    return any(
        one.path.stem.casefold() == other.path.stem.casefold()
        and same_sound(facts[one], facts[other])
        for one in group
        for other in others
    )


def same_sound(one: Facts, other: Facts) -> bool:
    """Whether two recordings are as long and rise and fall alike: copies in other formats do."""
    if abs(one.seconds - other.seconds) > _LENGTH or not (one.shape and other.shape):
        return False
    first, second = (
        np.frombuffer(bytes.fromhex(facts.shape), np.uint8).astype(float) for facts in (one, other)
    )
    assert len(first) == len(second) == SLICES
    # A steady sound has no shape to go by.
    return min(first.std(), second.std()) > _LEVEL and (first - second).std() < _LEVEL / 2
