"""From sources that were found to ones that can be drawn: decoded, checked, grouped, split."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from soundsieve.data.checks import CLIPPED
from soundsieve.data.source import Source
from soundsieve.data.splits import split_sources
from soundsieve.data.store import Store, decode
from soundsieve.data.twins import copies, drop_jingles, link_twins
from soundsieve.stems import STEMS, Stems


@dataclass
class Ready:
    """The sources that can be drawn, each with a split, and their store, row by row."""

    sources: list[Source]
    store: Store
    dropped: dict[str, str]


def make_ready(
    sources: Sequence[Source],
    folder: Path,
    sample_rate: int,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
    most_clipped: float = CLIPPED,
    earlier: Mapping[tuple[str, str], str] | None = None,
    stems: Stems = STEMS,
    channels: int = 1,
) -> Ready:
    """Decode what the folder does not hold yet, leave out what is no good, split the rest by group.

    Raises UserError where the folder cannot be written or the disk is full.

    Args:
        earlier: splits that groups of a stem got before and keep.
    """
    sources, twice = _once(sources, stems)
    store = decode(sources, folder, sample_rate, progress, workers, most_clipped, channels)
    facts = {source: found for source in sources if (found := store.facts(source))}
    good, jingles = drop_jingles(list(facts), facts)
    alike = {twin.path: some[0].path.name for some in copies(good, facts) for twin in some}
    split = _split(link_twins(good, facts), earlier or {}, stems, alike)
    return Ready(split, store.select(split), {**twice, **store.dropped, **jingles})


def _split(
    sources: Sequence[Source],
    earlier: Mapping[tuple[str, str], str],
    stems: Stems,
    alike: Mapping[Path, str],
) -> list[Source]:
    """Split stem by stem, so that a group that is in several of them has one split in all."""
    songs = [source for source in sources if source.song]
    rest = {stem: [s for s in sources if s.stem == stem and not s.song] for stem in stems.names}
    given: dict[str, str] = {}
    result: list[Source] = []
    for some in (songs, *rest.values()):
        known = [
            replace(s, split=s.split or given.get(s.group) or earlier.get((s.stem, s.group), ""))
            for s in some
        ]
        done = split_sources(known, alike)
        given |= _one_split_each(done)
        result += done
    return result


def _one_split_each(sources: Sequence[Source]) -> dict[str, str]:
    """The split of every group that is in one only; a group that had to be cut up is in all."""
    splits: dict[str, set[str]] = defaultdict(set)
    for source in sources:
        splits[source.group].add(source.split)
    return {group: min(found) for group, found in splits.items() if len(found) == 1}


def _once(sources: Sequence[Source], stems: Stems) -> tuple[list[Source], dict[str, str]]:
    """The sources, each file once a stem and each part once a song."""
    seen: dict[object, Source] = {}
    dropped: dict[str, str] = {}
    kept = []
    for source in sources:
        for what in _facets(source, stems):
            first = seen.setdefault(what, source)
            if first is not source and first.path != source.path:
                dropped[str(source.path)] = (
                    f"is the second {source.stem!r} of {source.song!r}, beside {first.path.name}"
                )
                break
            if first is not source:
                break
        else:
            kept.append(source)
    return kept, dropped


def _facets(source: Source, stems: Stems) -> Iterator[object]:
    yield source.path, source.stream, source.minus, source.stem, source.span, source.split
    if source.song and source.span == (0.0, 1.0) and len(stems.path(source.stem)) > 2:
        yield source.song, source.stem
