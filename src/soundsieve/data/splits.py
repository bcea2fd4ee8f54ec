"""Train, valid and test, split so that no speaker, song or recording is in two of them."""

import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from soundsieve.data.sources import SPLITS, Source

SHARES = (0.8, 0.1, 0.1)
RECORDINGS = 10
"""From so many on, the recordings of a stem that has too few groups are dealt out one by one."""


def split_sources(sources: Sequence[Source]) -> list[Source]:
    """Sources with a split each.

    A split that is given stays, and holds for the whole group. A stem's other groups are dealt out
    in a fixed shuffle; where they are fewer than the splits, its recordings are; where these are
    few too, each is cut into three by time.
    """
    given = {_whole(source): source.split for source in sources if source.split}
    sources = [replace(s, split=s.split or given.get(_whole(s), "")) for s in sources]
    open_: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        if not source.split:
            open_[_whole(source)[0]].append(source)
    result = [source for source in sources if source.split]
    for _, rest in sorted(open_.items()):
        result += _deal(rest)
    return result


def _whole(source: Source) -> tuple[str, str]:
    """What must stay in one split; the stems of a song go together, whatever they are."""
    return "" if source.song else source.stem, source.group


def _deal(sources: Sequence[Source]) -> list[Source]:
    groups = {source.group for source in sources}
    if len(groups) >= len(SPLITS):
        return _by(sources, lambda source: source.group)
    names = {source.path.name for source in sources}
    if len(sources) >= RECORDINGS and len(names) >= len(SPLITS) and not sources[0].song:
        return _by(sources, lambda source: source.path.name)
    return [part for source in sources for part in _by_time(source)]


def _by(sources: Sequence[Source], key: Callable[[Source], str]) -> list[Source]:
    keys = sorted({key(source) for source in sources}, key=lambda k: (zlib.crc32(k.encode()), k))
    valid, test = (max(1, round(share * len(keys))) for share in SHARES[1:])
    names = ["valid"] * valid + ["test"] * test + ["train"] * (len(keys) - valid - test)
    split = dict(zip(keys, names, strict=True))
    return [replace(source, split=split[key(source)]) for source in sources]


def _by_time(source: Source) -> list[Source]:
    edges = (0.0, SHARES[0], SHARES[0] + SHARES[1], 1.0)
    spans = zip(SPLITS, pairwise(edges), strict=True)
    return [replace(source, split=split, span=span) for split, span in spans]
