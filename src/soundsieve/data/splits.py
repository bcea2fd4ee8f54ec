"""Train, valid and test, split so that no speaker, song or recording is in two of them."""

import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from soundsieve.data.sources import SPLITS, Source

SHARES = (0.8, 0.1, 0.1)
RECORDINGS = 10
"""From so many on, the recordings of a stem that has too few groups are dealt out one by one."""


def split_sources(
    sources: Sequence[Source], alike: Mapping[Path, str] | None = None
) -> list[Source]:
    """Sources with a split each.

    A split that is given stays, and holds for the whole group. A stem's other groups are dealt out
    in a fixed shuffle; where they are fewer than the splits, and every split has groups already,
    each goes to the one that lacks most. Else its recordings are dealt out; where these are few
    too, each is cut into three by time.

    Args:
        alike: one name for all copies of a recording, which go together.
    """
    given = {_whole(source): source.split for source in sources if source.split}
    sources = [replace(s, split=s.split or given.get(_whole(s), "")) for s in sources]
    open_: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        if not source.split:
            open_[_whole(source)[0]].append(source)
    result = [source for source in sources if source.split]
    for stem, rest in sorted(open_.items()):
        held = Counter(split for (of, _), split in given.items() if of == stem)
        result += _deal(rest, held, alike or {})
    return result


def _whole(source: Source) -> tuple[str, str]:
    """What must stay in one split; the stems of a song go together, whatever they are."""
    return "" if source.song else source.stem, source.group


def _deal(sources: Sequence[Source], held: Counter[str], alike: Mapping[Path, str]) -> list[Source]:
    groups = {source.group for source in sources}
    if len(groups) >= len(SPLITS):
        return _by(sources, lambda source: source.group)
    if all(held[split] for split in SPLITS):
        return _beside(sources, held)
    names = {source: alike.get(source.path, source.path.name) for source in sources}
    many = len(sources) >= RECORDINGS and len(set(names.values())) >= len(SPLITS)
    if many and not sources[0].song:
        return _by(sources, names.__getitem__)
    return [part for source in sources for part in _by_time(source)]


def _beside(sources: Sequence[Source], held: Counter[str]) -> list[Source]:
    """Whole groups, one after another, each in the split that lacks most of its share."""
    split: dict[str, str] = {}
    held = held.copy()
    for group in _shuffled({source.group for source in sources}):
        whole = held.total() + 1
        lacks = {
            name: share * whole - held[name] for name, share in zip(SPLITS, SHARES, strict=True)
        }
        split[group] = max(SPLITS, key=lacks.__getitem__)
        held[split[group]] += 1
    return [replace(source, split=split[source.group]) for source in sources]


def _shuffled(keys: Iterable[str]) -> list[str]:
    return sorted(keys, key=lambda key: (zlib.crc32(key.encode()), key))


def _by(sources: Sequence[Source], key: Callable[[Source], str]) -> list[Source]:
    keys = _shuffled({key(source) for source in sources})
    valid, test = (max(1, round(share * len(keys))) for share in SHARES[1:])
    names = ["valid"] * valid + ["test"] * test + ["train"] * (len(keys) - valid - test)
    split = dict(zip(keys, names, strict=True))
    return [replace(source, split=split[key(source)]) for source in sources]


def _by_time(source: Source) -> list[Source]:
    edges = (0.0, SHARES[0], SHARES[0] + SHARES[1], 1.0)
    spans = zip(SPLITS, pairwise(edges), strict=True)
    return [replace(source, split=split, span=span) for split, span in spans]
