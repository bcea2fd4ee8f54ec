"""A pool: the sources of some data by stem and split, ready to be cropped."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundsieve.data.checks import CLIPPED
from soundsieve.data.corpora import CORPORA
from soundsieve.data.licences import under_licences
from soundsieve.data.manifest import is_prepared
from soundsieve.data.ready import make_ready
from soundsieve.data.shard_reader import is_shards, pool_of_shards
from soundsieve.data.source import SPLITS, Source
from soundsieve.data.sources import STARTER, find_sources
from soundsieve.data.splits import split_sources
from soundsieve.data.store import Store
from soundsieve.errors import UserError
from soundsieve.stems import STEMS, Stems
from soundsieve.target import Target


@dataclass(frozen=True)
class Entry:
    """One thing that can be drawn for a stem: rows of the store whose sum it is.

    `unit` is what has a share in the draw of its own: a speaker, a song, a kind of noise.
    """

    rows: tuple[int, ...]
    frames: int
    unit: str
    group: str
    song: str
    source: Source


class Pool:
    """Sources by stem and split over one PCM store.

    `scope` holds the stems that the data has, none a part of another: the parts of a song where the
    targets name one of them or where nothing else is there, else the whole.
    """

    def __init__(
        self, sources: Sequence[Source], store: Store, scope: Sequence[str], stems: Stems = STEMS
    ):
        self.store, self.scope, self.sources = store, tuple(scope), tuple(sources)
        self.sample_rate, self.channels = store.sample_rate, store.channels
        self.entries: dict[tuple[str, str], list[Entry]] = {
            (stem, split): list(self._entries(stem, split, stems))
            for stem in self.scope
            for split in SPLITS
        }
        self._odds = {key: _odds(entries) for key, entries in self.entries.items()}
        self._groups = {key: _by_group(entries) for key, entries in self.entries.items()}

    def _entries(self, stem: str, split: str, stems: Stems) -> Iterator[Entry]:
        """A recording each, but the parts of a song together where the stem is their sum."""
        together: dict[str | int, list[int]] = defaultdict(list)
        for row, source in enumerate(self.sources):
            inside = source.split == split and stem in stems.path(source.stem)
            if inside and self.store.frames[row]:
                part = source.song and source.stem != stem
                together[source.song if part else row].append(row)
        for rows in together.values():
            source = self.sources[rows[0]]
            frames = int(self.store.frames[rows].max())
            unit = source.kind or source.group
            yield Entry(tuple(rows), frames, unit, source.group, source.song, source)

    def draw(self, stem: str, split: str, luck: float) -> Entry:
        """One entry; every speaker, song or kind of noise as likely as the root of its length."""
        key = stem, split
        if not self.entries[key]:
            raise UserError(f"the {split} split of the data has no {stem!r}; add recordings of it.")
        place = int(np.searchsorted(self._odds[key], luck, "right"))
        return self.entries[key][min(place, len(self.entries[key]) - 1)]

    def crop(self, entry: Entry, start: int, frames: int) -> NDArray[np.float32]:
        """Sound of an entry from `start`, fewer frames where it ends.

        Shape: `[channel, time]`.
        """
        count = max(min(frames, entry.frames - start), 0)
        audio = np.zeros((self.channels, count), np.float32)
        for row in entry.rows:
            part = self.store.crop(row, start, count)
            audio[:, : part.shape[1]] += part
        return audio

    def mono(self, entry: Entry, start: int, frames: int) -> NDArray[np.float32]:
        """The same in one channel. Shape: `[time]`."""
        return self.crop(entry, start, frames).mean(0)

    def peak(self, entry: Entry) -> float:
        """The largest sample of an entry, or of its loudest row."""
        return float(self.store.peaks[list(entry.rows)].max())

    def siblings(self, entry: Entry, stem: str, split: str) -> list[Entry]:
        """The entries of the same group: what may follow a short clip."""
        return self._groups[stem, split][entry.group]

    def songs(self, split: str, stems: Sequence[str]) -> dict[str, dict[str, Entry]]:
        """Songs that have aligned entries for these stems: song -> stem -> entry."""
        found: dict[str, dict[str, Entry]] = defaultdict(dict)
        for stem in stems:
            for entry in self.entries.get((stem, split), []):
                if entry.song:
                    found[entry.song][stem] = entry
        return {song: parts for song, parts in sorted(found.items()) if len(parts) > 1}


def open_pool(
    path: str,
    sample_rate: int,
    targets: Sequence[Target],
    stems: Stems = STEMS,
    cache: Path = Path("pools"),
    progress: Callable[[int, int], None] | None = None,
    licences: Sequence[str] = (),
    channels: int = 1,
) -> Pool:
    """The pool at a path (or `starter`), decoded at a rate, with the scope that the targets need.

    Raises UserError where the data lacks a stem that the targets name.

    Args:
        licences: take only recordings under these licences, as CC-BY or CC0-1.0; none: all.
    """
    root = _root(path)
    if is_shards(path):
        root = pool_of_shards(path, sample_rate, cache, stems, progress, channels=channels)
    sources = _found(root, targets, stems)
    if licences:
        sources = under_licences(sources, licences, path)
    _checked_scope(sources, targets, stems, path)
    prepared = is_prepared(root)
    folder = root if prepared else cache_of(root, cache)
    ready = make_ready(
        sources,
        folder,
        sample_rate,
        progress,
        most_clipped=1 if prepared else CLIPPED,
        stems=stems,
        channels=channels,
    )
    scope = _checked_scope(ready.sources, targets, stems, path)
    pool = Pool(ready.sources, ready.store, scope, stems)
    pool.store.dropped |= ready.dropped
    return pool


def sources_of(path: str, targets: Sequence[Target] = (), stems: Stems = STEMS) -> list[Source]:
    """The sources at a path, each with a split."""
    return split_sources(_found(_root(path), targets, stems))


def _root(path: str) -> Path:
    """Where the data of that name is; a corpus is where `recipe prepare` put it."""
    root = STARTER if path == "starter" else Path(path).expanduser()
    if path in CORPORA and is_prepared(prepared := Path("pools") / path):
        return prepared
    if root.exists() or path not in CORPORA:
        return root
    raise UserError(
        f"{path} is a corpus that is not prepared here; run `recipe prepare {path} root=FOLDER`, "
        f"then data=pools/{path}."
    )


def _found(root: Path, targets: Sequence[Target], stems: Stems) -> list[Source]:
    kept = [term.name for target in targets[:1] for term in target.terms if term.level is not None]
    clean = kept[0] if len(kept) == 1 and kept[0] != "all" else "speech"
    return find_sources(root, stems, clean)


def _checked_scope(
    sources: Sequence[Source], targets: Sequence[Target], stems: Stems, path: str
) -> tuple[str, ...]:
    scope = scope_of({source.stem for source in sources}, targets, stems)
    for target in targets:
        target.gains(scope, stems, f"the data at {path}")
    return scope


def cache_of(root: Path, cache: Path) -> Path:
    """Where a folder is decoded to: by its name and place, so that it may grow."""
    place = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:6]
    return cache / f"{root.resolve().name}-{place}"


def scope_of(has: set[str], targets: Sequence[Target], stems: Stems = STEMS) -> tuple[str, ...]:
    """The stems to tell apart.

    >>> from soundsieve.target import parse
    >>> scope_of({"speech", "music", "vocals", "other", "noise"}, parse("speech+music"))
    ('speech', 'music', 'noise')
    >>> scope_of({"speech", "music", "vocals", "other", "noise"}, parse("vocals"))
    ('speech', 'vocals', 'other', 'noise')
    """
    named = {term.name for target in targets for term in target.terms}
    scope = []
    for stem in stems.names:
        parts = {name for name in has if stem in stems.path(name) and name != stem}
        wanted = any(stem in stems.path(name) and name != stem for name in named)
        above = set(stems.path(stem)[:-1]) & set(scope)
        if stem in has and not above and not (parts and wanted):
            scope.append(stem)
    return tuple(scope)


def fingerprint(sources: Sequence[Source]) -> str:
    """Six hex digits of the files' names, sizes and times, and of what is said about each."""
    digest = hashlib.sha256()
    for source in sources:
        facts = astuple(replace(source, path=Path(source.path.name), minus=None))
        digest.update(repr((*map(str, facts), *_trace(source.path, source.stamp))).encode())
        if source.minus:
            about = source.minus.name, *_trace(source.minus, source.stamp)
            digest.update(repr(about).encode())
    return digest.hexdigest()[:6]


def _trace(path: Path, noted: str) -> tuple[int, ...]:
    """Size and time of a file; a fresh clone has fresh times, so the starter's do not count.

    What a prepared pool has noted of a file holds, wherever the file is now.
    """
    if noted or not path.exists():
        return ()
    stat = path.stat()
    return (stat.st_size,) if path.is_relative_to(STARTER) else (stat.st_size, stat.st_mtime_ns)


def _odds(entries: Sequence[Entry]) -> NDArray[np.float64]:
    """Cumulative odds: a unit's is the root of its length, shared among its entries by length."""
    total: dict[str, float] = defaultdict(float)
    for entry in entries:
        total[entry.unit] += entry.frames
    # frames / total of the unit, times the root of that total
    odds = np.array([entry.frames / total[entry.unit] ** 0.5 for entry in entries], np.float64)
    return np.cumsum(odds / odds.sum()) if len(odds) else odds


def _by_group(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry.group].append(entry)
    return groups
