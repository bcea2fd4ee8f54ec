"""A user's recordings of one sound: decoded, checked, split into what is learned and what not."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from soundsieve.data.manifest import write_table
from soundsieve.data.pool import Pool, cache_of
from soundsieve.data.source import Source, shown
from soundsieve.data.store import Store, decode
from soundsieve.data.walk import audio_files
from soundsieve.errors import UserError
from soundsieve.stems import STEMS, Stems

HELD_OUT = (0.2, 0.4)
"""Share of the sound that is held out: about the first, never more than the second."""
GAP = 1.0
"""Seconds between what is learned of a recording and what is held out of it, a tenth at most."""
LEAST = 4.0
"""Seconds of sound, at least: a scene to learn from and a moment to score on."""
SCORED = 1.0
"""Seconds that must be held out, at least, for a split by file."""

Heard = tuple[str, float, float]
"""A part of a recording: digest of its PCM, and the shares between which it lies."""


@dataclass(frozen=True)
class Recordings:
    """Recordings of one stem as a pool with the splits `train` and `valid`; what was left out."""

    stem: str
    pool: Pool
    dropped: dict[str, str]

    def seconds(self, split: str) -> float:
        """How much sound a split has."""
        entries = self.pool.entries[self.stem, split]
        return sum(entry.frames for entry in entries) / self.pool.sample_rate

    def heard(self, split: str = "train") -> list[Heard]:
        """What a model that learned a split has heard, however the files are called later."""
        sources = [source for source in self.pool.sources if source.split == split]
        return [(_digest(self.pool.store, source), *source.span) for source in sources]


def read_recordings(
    path: str,
    stem: str,
    sample_rate: int,
    *,
    stems: Stems = STEMS,
    cache: Path = Path("pools"),
    progress: Callable[[int, int], None] | None = None,
    heard: Sequence[Heard] | None = None,
    skip: Mapping[str, str] | None = None,
) -> Recordings:
    """The recordings of a folder, or one file, of whatever rate and kind.

    They are split by file; a single one by time, with a gap.

    Raises UserError where there is nothing, or too little that is usable.

    Args:
        heard: what models learned already: all else is `valid`, and nothing is `train`.
        skip: recordings to leave out, with the reason.
    """
    root = Path(path).expanduser()
    found = [root] if root.is_file() else audio_files(root)
    if not found:
        what = "holds no recording" if root.is_dir() else "is neither a folder nor a file"
        raise UserError(f"{path} {what}; expected audio files of the sound itself.")
    sources = [Source(file, stem, root.stem, kind=root.stem) for file in found]
    store = decode(sources, cache_of(root, cache), sample_rate, progress)
    good, dropped = _usable(sources, store)
    good, dropped = [s for s in good if shown(s) not in (skip or {})], {**dropped, **(skip or {})}
    seconds = sum(_seconds(store, good))
    if seconds < LEAST:
        reason = next((f"; {name}: {why}" for name, why in dropped.items()), "").rstrip(".")
        raise UserError(
            f"{path} has {seconds:.1f} s of usable sound, expected {LEAST:g} s or more{reason}; "
            "add recordings."
        )
    split = _split(good, store) if heard is None else _unheard(good, store, heard)
    return Recordings(stem, Pool(split, store.select(split), (stem,), stems), dropped)


def write_recordings(path: Path, recordings: Recordings) -> None:
    """A table of what became of every recording, with the reason where it was left out."""
    rows = [
        {
            "path": shown(source),
            "part": {"train": "learned", "valid": "held out"}[source.split],
            "span": "{:.3f}-{:.3f}".format(*source.span),
            "note": "",
        }
        for source in recordings.pool.sources
    ]
    rows += [
        {"path": name, "part": "left out", "span": "", "note": reason}
        for name, reason in recordings.dropped.items()
    ]
    write_table(path, ("path", "part", "span", "note"), rows)


def _usable(sources: Sequence[Source], store: Store) -> tuple[list[Source], dict[str, str]]:
    """The recordings that are well, each once, and why the others are not."""
    good, dropped, first = [], dict(store.dropped), {}
    for source in sources:
        if store.facts(source) is None:
            continue
        twin = first.setdefault(_digest(store, source), source)
        if twin is source:
            good.append(source)
        else:
            dropped[shown(source)] = f"is a copy of {shown(twin)}"
    return good, dropped


def _digest(store: Store, source: Source) -> str:
    facts = store.facts(source)
    assert facts is not None
    return facts.digest


def _seconds(store: Store, sources: Sequence[Source]) -> list[float]:
    return [(facts.frames / store.sample_rate if (facts := store.facts(s)) else 0) for s in sources]


def _split(sources: Sequence[Source], store: Store) -> list[Source]:
    """Whole files held out, in a fixed shuffle; each file cut by time where there are too few."""
    seconds = dict(zip(sources, _seconds(store, sources), strict=True))
    total, share = sum(seconds.values()), 0.0
    held: set[Source] = set()
    for source in sorted(sources, key=lambda s: (zlib.crc32(s.path.name.encode()), s.path)):
        if share < HELD_OUT[0] and share + seconds[source] / total <= HELD_OUT[1]:
            held.add(source)
            share += seconds[source] / total
    if not held and len(sources) > 1:
        held = {min(sources, key=lambda source: seconds[source])}
    if sum(seconds[source] for source in held) < SCORED:
        return [part for source in sources for part in _by_time(source, seconds[source])]
    return [replace(s, split="valid" if s in held else "train") for s in sources]


def _by_time(source: Source, seconds: float) -> list[Source]:
    edge = 1 - HELD_OUT[0]
    gap = min(GAP / seconds, 0.1)
    return [
        replace(source, split="train", span=(0.0, edge - gap)),
        replace(source, split="valid", span=(edge, 1.0)),
    ]


def _unheard(sources: Sequence[Source], store: Store, heard: Sequence[Heard]) -> list[Source]:
    """What no model has learned: whole recordings, and the ends of those that were cut by time."""
    ends: dict[str, float] = {}
    for digest, _, last in heard:
        ends[digest] = max(last, ends.get(digest, 0.0))
    found = []
    for source, seconds in zip(sources, _seconds(store, sources), strict=True):
        end = ends.get(_digest(store, source))
        first = 0.0 if end is None else end + min(GAP / seconds, 0.1)
        if first < 0.95:
            found.append(replace(source, split="valid", span=(first, 1.0)))
    if not found:
        raise UserError(
            f"the models have learned all of {len(sources)} recordings, expected some that they "
            "have not heard; add recordings, or name other ones."
        )
    return found
