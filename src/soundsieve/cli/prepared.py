"""The work of `recipe prepare`, with its progress bar and its report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from soundsieve.data.prepare import DROPPED, prepare
from soundsieve.data.ready import Ready
from soundsieve.data.shards import SHARDS, write_shards
from soundsieve.data.source import Source
from soundsieve.data.summary import left_out, licences, notes, table
from soundsieve.forms import Form
from soundsieve.stems import STEMS


def work(
    sources: Sequence[Source],
    folder: Path,
    console: Console,
    gaps: Sequence[str],
    form: Form,
    workers: int | None,
    most_clipped: float,
    fresh: bool,
    shards: bool,
) -> None:
    """Prepare a pool and print what came of it; `gaps` is what a corpus lacks."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(f"preparing {folder}", total=len(sources))
        ready = prepare(
            sources,
            folder,
            form.sample_rate,
            lambda done, total: bar.update(task, completed=done, total=total),
            workers,
            most_clipped,
            fresh,
            channels=form.channels,
        )
        written = (
            write_shards(
                ready,
                folder / SHARDS,
                progress=lambda done, total: bar.update(
                    task, description="writing shards", completed=done, total=total
                ),
            )
            if shards
            else []
        )
    for line in _report(ready, folder, gaps):
        console.print(line, markup=False)
    if written:
        console.print(f"{len(written)} shards: data={folder / SHARDS}", markup=False)


def _report(ready: Ready, folder: Path, gaps: Sequence[str]) -> list[str]:
    files = len({(s.path, s.stem, s.stream) for s in ready.sources})
    size = ready.store.pcm.nbytes / 1e9
    at = f"{ready.store.sample_rate} Hz" + ("" if ready.store.channels == 1 else " in stereo")
    lines = [f"{folder}: {files} recordings at {at}, {size:.2f} GB", ""]
    lines += list(table(ready))
    if ready.dropped:
        lines += ["", f"left out {len(ready.dropped)} (all in {folder / DROPPED}):"]
        lines += [f"  {line}" for line in left_out(ready.dropped)]
    known = [*gaps, *notes(ready)]
    if known:
        lines += ["", "to know:", *(f"  {line}" for line in known)]
    lines += ["", f"licences: {licences(ready.sources)}"]
    recipe = suited([source.stem for source in ready.sources])
    return [*lines, *([f"train on it: recipe run {recipe} data={folder}"] if recipe else [])]


def suited(stems: Sequence[str]) -> str:
    """The first thing to train on recordings of these stems; nothing where there is but one."""
    paths = [STEMS.path(stem) for stem in set(stems)]
    kept = [top for top in ("speech", "music") if any(top in path for path in paths)]
    if kept == ["music"] and all(len(path) > 2 and "music" in path for path in paths):
        return "songs" if len(paths) > 1 else ""
    return f"keep={'+'.join(kept)}" if kept and any(path[1] not in kept for path in paths) else ""
