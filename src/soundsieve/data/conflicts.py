"""Recordings that teach a model the opposite of what it is asked for, told before it is trained.

Levels are no conflict: the mixer draws them anew, so a stem that is always quiet is not so in
scenes. Nor is a stem without recordings: the mixer refuses it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from soundsieve.data.manifest import write_table
from soundsieve.data.pool import Pool
from soundsieve.data.source import shown
from soundsieve.data.survey import VOICES, Survey, survey
from soundsieve.errors import UserError
from soundsieve.recipe import Recipe
from soundsieve.stems import STEMS, Stems
from soundsieve.target import Target

TABLE = "conflicts.csv"
EVIDENT = ("speech", "music")
"""What is looked for in other stems; noise in speech or music is how these are recorded."""
MARGIN = 0.5
"""By how much a recording is more like another class than like its own; of that class, 1."""
TELLING = 0.4
"""Part by which the bandwidths of two stems differ: 0 not at all, 1 in every recording."""
FEWEST = 8
"""Recordings of a stem from which its bandwidths say something."""
TOLD = 10


@dataclass(frozen=True)
class Conflict:
    """One recording, or with `bandwidth` one stem, that speaks against the target.

    Args:
        score: margin of likeness, correlation of two copies, or difference of bandwidths.
        text: all of it in a line.
    """

    what: str
    stem: str
    path: str
    other: str
    other_path: str
    score: float
    text: str


def check_conflicts(recipe: Recipe, pool: Pool, folder: Path, progress: Progress) -> list[Conflict]:
    """Says what conflicts in the data, ten lines of it, and writes all to the run folder.

    Raises UserError where there is any and the recipe has `data.conflicts=error`.
    """
    task = progress.add_task("listening for conflicts", total=None, detail="")
    heard = survey(pool, recipe.tree, lambda n, of: progress.update(task, completed=n, total=of))
    progress.remove_task(task)
    guarded = recipe.mix.effects.guard == 1
    found = find_conflicts(heard, pool.scope, recipe.targets, recipe.tree, guarded)
    (folder / TABLE).unlink(missing_ok=True)
    if not found:
        return found
    write_conflicts(folder / TABLE, found)
    if recipe.data.conflicts == "error":
        raise UserError(
            f"{len(found)} conflicts in the data, all in {folder / TABLE}; the first: "
            f"{found[0].text}. Mend the data, or set data.conflicts=warn."
        )
    tell = progress.console.print
    tell(f"{len(found)} conflicts with keep={recipe.keep} in the data; listen to them:")
    for conflict in found[:TOLD]:
        tell(f"  {conflict.text}", markup=False, soft_wrap=True)
    more = f"{len(found) - TOLD} more; " if len(found) > TOLD else ""
    tell(f"  {more}all are in {folder / TABLE}", markup=False, soft_wrap=True)
    return found


def find_conflicts(
    heard: Survey,
    scope: Sequence[str],
    targets: Sequence[Target],
    stems: Stems = STEMS,
    guarded: bool = False,
) -> list[Conflict]:
    """What of a survey is a conflict for some targets: copies, hidden stems, telling bandwidths.

    Args:
        guarded: scenes have one bandwidth, so that it tells nothing.
    """
    apart = _apart(scope, targets, stems)
    found = [*_copies(heard, apart), *_hidden(heard, apart)]
    return found if guarded else [*found, *_bandwidths(heard, apart)]


def write_conflicts(path: Path, conflicts: Sequence[Conflict]) -> None:
    """All conflicts as a table for people and programs."""
    rows = [asdict(conflict) | {"score": f"{conflict.score:.3f}"} for conflict in conflicts]
    write_table(path, [field.name for field in fields(Conflict)], rows)


def _apart(scope: Sequence[str], targets: Sequence[Target], stems: Stems) -> set[tuple[str, str]]:
    """Pairs of stems right under `all`, both ways, of which a target wants different things."""
    columns: dict[str, set[tuple[float, ...]]] = {}
    gains = [target.gains(scope, stems) for target in targets]
    for stem, column in zip(scope, zip(*gains, strict=True), strict=True):
        columns.setdefault(stems.path(stem)[1], set()).add(column)
    return {
        (one, other)
        for one in columns
        for other in columns
        if one != other and len(columns[one] | columns[other]) > 1
    }


def _copies(heard: Survey, apart: set[tuple[str, str]]) -> Iterator[Conflict]:
    for one, other, alike in heard.copies.reshape(-1, 3).tolist():
        one, other = int(one), int(other)
        stem, second = heard.stems[one], heard.stems[other]
        if (stem, second) in apart:
            path, partner = (shown(heard.entries[place].source) for place in (one, other))
            text = f"{path} ({stem}) is the same recording as {partner} ({second})"
            yield Conflict("same recording", stem, path, second, partner, alike, text)


def _hidden(heard: Survey, apart: set[tuple[str, str]]) -> Iterator[Conflict]:
    """Recordings that are much more like another stem than like their own, the surest first."""
    found = []
    for place, likeness in enumerate(heard.likeness):
        stem = heard.stems[place]
        own = VOICES.get(stem, stem)
        if own not in heard.classes or np.isnan(likeness).any():
            continue
        margin = likeness - likeness[heard.classes.index(own)]
        margins = dict(zip(heard.classes, margin.tolist(), strict=True))
        for name in EVIDENT:
            meant = [top for top in (name, *_like(name)) if (stem, top) in apart]
            if margins.get(name, 0) > MARGIN and meant:
                path = shown(heard.entries[place].source)
                text = f"{path} ({stem}) sounds like {meant[0]}"
                found.append(Conflict("sounds like", stem, path, meant[0], "", margins[name], text))
    yield from sorted(found, key=lambda conflict: -conflict.score)


def _like(name: str) -> list[str]:
    return [stem for stem, other in VOICES.items() if other == name]


def _bandwidths(heard: Survey, apart: set[tuple[str, str]]) -> Iterator[Conflict]:
    """Pairs of stems of which a low-pass in the recordings tells which is which."""
    name = np.array(heard.stems)
    for pair in combinations(dict.fromkeys(heard.stems), 2):
        bands = [heard.bandwidth[(name == s) & ~np.isnan(heard.bandwidth)] for s in pair]
        if pair not in apart or min(map(len, bands)) < FEWEST:
            continue
        if (difference := _difference(*bands)) >= TELLING:
            dull, bright = sorted(pair, key=lambda stem: float(np.median(bands[pair.index(stem)])))
            ends = [float(np.median(bands[pair.index(stem)])) / 1000 for stem in (dull, bright)]
            text = (
                f"{dull} ends at {ends[0]:.1f} kHz, {bright} at {ends[1]:.1f} kHz, so that a model "
                "may learn to tell them by that; mix.effects.guard=1 hides it"
            )
            yield Conflict("bandwidth", dull, "", bright, "", difference, text)


def _difference(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The largest distance between two distributions, of Kolmogorov and Smirnov."""
    edges = np.concatenate([one, other])
    shares = [np.searchsorted(np.sort(some), edges, "right") / len(some) for some in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())
