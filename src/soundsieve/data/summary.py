"""What `recipe prepare` says of a pool: what is in it, what was left out, and what to know."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from soundsieve.data.corpora.corpus import listed
from soundsieve.data.ready import Ready
from soundsieve.data.source import SPLITS, Source, shown
from soundsieve.data.twins import copies
from soundsieve.stems import STEMS, Stems

NARROW = 0.6
"""Bandwidth, as a share of what the sample rate allows, below which a file is called narrow."""
_LENGTH = 0.1  # seconds


def table(ready: Ready, stems: Stems = STEMS) -> Iterator[str]:
    """A line a stem: files, hours, groups in train, valid and test, and the bandwidth they have."""
    yield f"{'stem':<14} {'files':>7} {'hours':>8}   {'train/valid/test groups':<24} bandwidth"
    for stem in stems.names:
        some = [source for source in ready.sources if source.stem == stem]
        if some:
            facts = [facts for source in some if (facts := ready.store.facts(source))]
            files = len({(source.path, source.stream) for source in some})
            parts = [(s.span[1] - s.span[0]) * f.seconds for s, f in zip(some, facts, strict=True)]
            groups = "/".join(str(len({s.group for s in some if s.split == x})) for x in SPLITS)
            band = np.median([found.bandwidth for found in facts]) / 1000
            yield (f"{stem:<14} {files:>7} {sum(parts) / 3600:>8.2f}   {groups:<24} {band:.1f} kHz")


def left_out(dropped: Mapping[str, str]) -> Iterator[str]:
    """A line a reason, with the files it took."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for path, reason in dropped.items():
        reasons[_kind(reason)].append(path)
    for reason, paths in sorted(reasons.items(), key=lambda item: -len(item[1])):
        yield f"{len(paths)} {reason}: {listed(paths, 2)}"


def notes(ready: Ready, stems: Stems = STEMS) -> Iterator[str]:
    """What is no reason to leave a recording out and still good to know, a line each."""
    yield from _songs(ready)
    yield from _split_notes(ready.sources, stems)
    facts = {s: f for s in ready.sources if (f := ready.store.facts(s)) and s.span[0] == 0}
    narrow = [s for s, f in facts.items() if f.bandwidth < NARROW * f.sample_rate / 2]
    if narrow:
        first = facts[narrow[0]]
        yield (
            f"{len(narrow)} recordings have less treble than their sample rate allows "
            f"({shown(narrow[0])}: {first.sample_rate} Hz, nothing above {first.bandwidth:.0f} Hz)"
        )
    same = copies(list(facts), facts)
    if same:
        names = listed((shown(twin) for twin in same[0]), 2)
        yield f"{len(same)} recordings are there twice, each in one split only: {names}"
    rates = Counter(found.sample_rate for found in facts.values())
    if len(rates) > 1:
        yield "sample rates: " + ", ".join(f"{n} at {rate} Hz" for rate, n in sorted(rates.items()))


def licences(sources: Iterable[Source]) -> str:
    """How many recordings are under which licence."""
    count = Counter(source.licence or "none given" for source in sources if source.span[0] == 0)
    return listed((f"{name} ({number})" for name, number in count.most_common()), 8)


def _kind(reason: str) -> str:
    """A reason without what differs from file to file."""
    kinds = {
        "is clipped": "clipped",
        "is silent": "silent",
        "cannot be read": "cannot be read",
        "expected finite": "hold samples that are no numbers",
        "expected a whole file": "break off before their end",
        "expected audio": "are no audio",
        "is not as long": "not as long as their partner",
        "is a folder": "folders that cannot be read",
        "is a copy": "copies of what is there already",
        "is the second": "second file of one stem of a song",
        "has changed": "changed since they were prepared",
    }
    return next((kind for start, kind in kinds.items() if reason.startswith(start)), reason)


def _songs(ready: Ready) -> Iterator[str]:
    songs: dict[str, dict[str, Source]] = defaultdict(dict)
    for source in ready.sources:
        if source.song and source.span[0] == 0:
            songs[source.song][source.stem] = source
    parts = sorted({stem for song in songs.values() for stem in song})
    for part in parts:
        lack = [song for song, found in songs.items() if part not in found]
        if lack:
            yield f"{len(lack)} of {len(songs)} songs have no {part}: {listed(lack, 3)}"
    uneven = []
    for song, found in songs.items():
        lengths = [f.seconds for s in found.values() if (f := ready.store.facts(s))]
        if max(lengths) - min(lengths) > _LENGTH:
            uneven.append(f"{song} ({min(lengths):.1f} to {max(lengths):.1f} s)")
    if uneven:
        yield (
            f"the stems of {len(uneven)} songs differ in length and are taken to start together: "
            f"{listed(uneven, 3)}"
        )


def _split_notes(sources: Sequence[Source], stems: Stems) -> Iterator[str]:
    """Stems without a split of their own, and those that had to be cut up."""
    cut = {source.stem for source in sources if source.span != (0.0, 1.0)}
    if cut:
        names = ", ".join(stem for stem in stems.names if stem in cut)
        yield f"too few groups to split by, so each recording is split by time: {names}"
    for stem in stems.names:
        some = [source for source in sources if source.stem == stem]
        lack = [split for split in SPLITS if not any(s.split == split for s in some)]
        if some and lack:
            yield f"{stem} has no {' and no '.join(lack)} split; add groups, or a manifest"
