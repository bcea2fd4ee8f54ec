"""The scores of a run: a row for each scene, and the means with their intervals."""

import csv
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from soundsieve.evaluation.intervals import Bootstrap
from soundsieve.runs import whole, write_json

MIXED, TARGET_ALONE, INTERFERENCE_ALONE = "mixed", "target alone", "interference alone"
ALL = "all"
PAIRED = ("si_sdr", "sdr", "pesq", "estoi")
JSON, CSV = "scores.json", "scores.csv"


@dataclass(frozen=True)
class Row:
    """What one estimator reached in one scene for one target. `snr` in dB."""

    estimator: str
    target: str
    heard: str
    snr: float | None
    index: int
    texture: str
    kind: str
    values: dict[str, float]

    @property
    def scene(self) -> tuple[str, float | None, int]:
        """What tells its scene from all others."""
        return self.heard, self.snr, self.index


@dataclass
class Scores:
    """All rows of one scoring. `about` says how they came about, `refusals` what has no score."""

    rows: list[Row]
    about: dict[str, Any]
    refusals: dict[str, int] = field(default_factory=dict)

    @property
    def estimators(self) -> tuple[str, ...]:
        """In the order in which they were given."""
        return tuple(dict.fromkeys(row.estimator for row in self.rows))

    @property
    def targets(self) -> tuple[str, ...]:
        """In the order of the recipe."""
        return tuple(dict.fromkeys(row.target for row in self.rows))

    def of(self, target: str, estimator: str) -> list[Row]:
        """The rows of one estimator for one target; the same scenes in the same order for all."""
        return [row for row in self.rows if (row.target, row.estimator) == (target, estimator)]

    def summary(self) -> dict[str, Any]:
        """Means and intervals of every estimator in every group, and of paired differences."""
        bootstrap = Bootstrap(self.about.get("seed", 0))
        tables, differences = {}, {}
        for target in self.targets:
            rows = {name: self.of(target, name) for name in self.estimators}
            tables[target] = {
                name: {group: _means(mine, bootstrap) for group, mine in _groups(rows[name])}
                for name in rows
            }
            differences[target] = [
                {"of": one, "against": other, **_differences(rows[one], rows[other], bootstrap)}
                for one, other in combinations(rows, 2)
            ]
        return {
            "about": self.about,
            "scores": tables,
            "differences": differences,
            "refusals": self.refusals,
        }

    def save(self, folder: Path) -> None:
        """Writes scores.csv, then scores.json, each whole or not at all."""
        columns = dict.fromkeys(name for row in self.rows for name in row.values)
        with whole(folder / CSV) as part, part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            fixed = ("estimator", "target", "heard", "snr", "index", "texture", "kind")
            writer.writerow([*fixed, *columns])
            for row in self.rows:
                cells = [_cell(row.values.get(name, math.nan)) for name in columns]
                writer.writerow([*(getattr(row, name) for name in fixed), *cells])
        write_json(folder / JSON, self.summary())


def _groups(rows: list[Row]) -> Iterator[tuple[str, list[Row]]]:
    """All mixed scenes; the same by SNR, texture and kind of the noise; each side alone."""
    mixed = [row for row in rows if row.heard == MIXED]
    yield ALL, mixed
    by: dict[str, Callable[[Row], Any]] = {
        "snr": lambda row: f"{row.snr:g}",
        "texture": lambda row: row.texture,
        "kind": lambda row: row.kind,
    }
    for word, label in by.items():
        names = dict.fromkeys(label(row) for row in mixed)
        for name in names if word == "snr" else sorted(names):
            if name:
                yield f"{word} {name}", [row for row in mixed if label(row) == name]
    for heard in (TARGET_ALONE, INTERFERENCE_ALONE):
        alone = [row for row in rows if row.heard == heard]
        if alone:
            yield heard, alone


def _means(rows: list[Row], bootstrap: Bootstrap) -> dict[str, Any]:
    clusters = np.array([row.index for row in rows])
    names = dict.fromkeys(name for row in rows for name in row.values)
    found = {}
    for name in names:
        values = np.array([row.values[name] for row in rows])
        interval = bootstrap.interval(values, clusters)
        if interval.n:
            found[name] = interval.plain()
    return found


def _differences(one: list[Row], other: list[Row], bootstrap: Bootstrap) -> dict[str, Any]:
    """Mean differences over the mixed scenes, scene by scene."""
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a.heard == MIXED]
    assert all(a.scene == b.scene for a, b in pairs)
    clusters = np.array([a.index for a, _ in pairs])
    found = {}
    for name in PAIRED:
        values = [a.values.get(name, math.nan) - b.values.get(name, math.nan) for a, b in pairs]
        interval = bootstrap.interval(np.array(values), clusters)
        if interval.n:
            found[name] = interval.plain()
    return found


def _cell(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) else ""
