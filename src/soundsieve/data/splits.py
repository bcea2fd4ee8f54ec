"""Train, valid and test, split by group so that no speaker, song or recording is in two of them."""

import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from soundsieve.data.sources import SPLITS, Source

SHARES = (0.8, 0.1, 0.1)


def split_sources(sources: Sequence[Source]) -> list[Source]:
    """Sources with a split each. A split given stays; a stem's other groups are dealt out in a fixed shuffle.

    A stem with fewer than three groups is split by time inside its recordings, with the same shares.
    """
    by_stem: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        # The stems of a song go together, whatever they are.
        by_stem["" if source.song or source.split else source.stem].append(source)
    given = [source for source in by_stem.get("", []) if source.split]
    songs = [source for source in by_stem.pop("", []) if not source.split]
    result = given + _deal(songs)
    for stem in sorted(by_stem):
        result += _deal(by_stem[stem])
    return result


def _deal(sources: Sequence[Source]) -> list[Source]:
    groups = sorted({source.group for source in sources}, key=lambda g: zlib.crc32(g.encode()))
    if len(groups) < len(SPLITS):
        return [part for source in sources for part in _by_time(source)]
    count = len(groups)
    valid, test = (max(1, round(share * count)) for share in SHARES[1:])
    names = ["valid"] * valid + ["test"] * test + ["train"] * (count - valid - test)
    split = dict(zip(groups, names, strict=True))
    return [replace(source, split=split[source.group]) for source in sources]


def _by_time(source: Source) -> list[Source]:
    edges = (0.0, SHARES[0], SHARES[0] + SHARES[1], 1.0)
    return [
        replace(source, split=split, span=(edges[i], edges[i + 1])) for i, split in enumerate(SPLITS)
    ]
