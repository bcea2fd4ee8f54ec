"""A prepared pool: a folder with a manifest of what is good, a list of what is not, and the PCM."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from soundsieve.data.checks import CLIPPED
from soundsieve.data.manifest import COLUMNS, MANIFEST, is_prepared, read_manifest, write_table
from soundsieve.data.ready import Ready, make_ready
from soundsieve.data.source import Source, stamp
from soundsieve.errors import UserError
from soundsieve.stems import STEMS, Stems

DROPPED = "dropped.csv"
GONE = "were in the pool and are not named now (name all that belongs in it at once)"


def prepare(
    sources: Sequence[Source],
    folder: Path,
    sample_rate: int,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
    most_clipped: float = CLIPPED,
    fresh: bool = False,
    stems: Stems = STEMS,
    channels: int = 1,
) -> Ready:
    """Write a pool of these sources into `folder`; what is decoded there already is kept.

    The manifest is written last and whole, so an interrupted `prepare` goes on where it was. Groups
    keep the split that they had in an earlier manifest of the pool. What is in that and no longer
    among the sources counts as dropped.

    Raises UserError where the folder is something else, cannot be written, or nothing is usable.
    """
    if (folder / MANIFEST).is_file() and not is_prepared(folder):
        raise UserError(
            f"{folder} has a {MANIFEST} of its own, not of a pool; choose another name= or out=."
        )
    kept = is_prepared(folder) and not fresh
    earlier = list(read_manifest(folder / MANIFEST, stems)) if kept else []
    if fresh:
        for old in (folder / MANIFEST, folder / DROPPED, *folder.glob("store-*")):
            old.unlink(missing_ok=True)
    ready = make_ready(
        sources,
        folder,
        sample_rate,
        progress,
        workers,
        most_clipped,
        _splits(earlier),
        stems,
        channels,
    )
    named = {source.path.resolve() for source in sources}
    ready.dropped.update({str(s.path): GONE for s in earlier if s.path.resolve() not in named})
    dropped = [{"path": path, "reason": reason} for path, reason in sorted(ready.dropped.items())]
    folder.mkdir(parents=True, exist_ok=True)
    write_table(folder / DROPPED, ("path", "reason"), dropped)
    if not ready.sources:
        path, reason = next(iter(ready.dropped.items()), (str(folder), "nothing is there"))
        raise UserError(
            f"none of {len(sources)} recordings is usable; {path}: {reason.rstrip('.')}; "
            f"{folder / DROPPED} says the others."
        )
    write_table(folder / MANIFEST, COLUMNS, [_row(source, ready) for source in ready.sources])
    return ready


def _splits(sources: Sequence[Source]) -> dict[tuple[str, str], str]:
    """The split of every group of a stem, where it has one only."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for source in sources:
        found[source.stem, source.group].add(source.split)
    return {group: min(splits) for group, splits in found.items() if len(splits) == 1}


def _row(source: Source, ready: Ready) -> dict[str, object]:
    facts = ready.store.facts(source)
    assert facts is not None
    whole = source.span == (0.0, 1.0)
    return {
        "path": source.path.absolute(),
        "stem": source.stem,
        "split": source.split,
        "group": source.group,
        "song": source.song,
        "kind": source.kind,
        "temporal_type": source.texture,
        "language": source.language,
        "licence": source.licence,
        "seconds": round(facts.seconds * (source.span[1] - source.span[0]), 3),
        "sample_rate": facts.sample_rate,
        "channels": facts.channels,
        "bandwidth": int(facts.bandwidth),
        "peak": round(20 * np.log10(max(facts.peak, 1e-9)), 2),
        "clipped": facts.clipped,
        "span": "" if whole else "{:g}-{:g}".format(*source.span),
        "minus": source.minus.absolute() if source.minus else "",
        "stream": source.stream,
        "stamp": stamp(source),
    }
