"""The manifest of a pool: a CSV file with a row a recording, read and written."""

import csv
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from soundsieve.data.names import base_name
from soundsieve.data.source import SPLITS, Source
from soundsieve.errors import UserError
from soundsieve.stems import Stems

MANIFEST = "manifest.csv"
COLUMNS = (
    *("path", "stem", "split", "group", "song", "kind", "temporal_type", "language", "licence"),
    *("seconds", "sample_rate", "channels", "bandwidth", "peak", "clipped"),
    *("span", "minus", "stream", "stamp"),
)
"""What a prepared pool writes; to be read, a manifest needs `path` and `stem` only."""


def read_manifest(manifest: Path, stems: Stems, stem: str = "") -> Iterator[Source]:
    """The sources of a manifest; `stem` where it has no such column.

    Raises UserError with the line where a row says what cannot be.
    """
    try:
        with manifest.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
            head = file.readline()
            file.seek(0)
            comma = ";" if ";" in head and "," not in head else ","
            rows = csv.DictReader(file, delimiter=comma)
            columns = rows.fieldnames or []
            needed = ("path",) if stem else ("path", "stem")
            missing = [name for name in needed if name not in columns]
            if missing:
                has = ", ".join(columns) or "nothing"
                raise UserError(f"{manifest} has no column {missing[0]!r}: it has {has}")
            for number, row in enumerate(rows, 2):
                yield _source(manifest, number, row, stems, stem)
    except csv.Error as error:
        raise UserError(f"{manifest} is no table of comma-separated values: {error}") from None
    except OSError as error:
        raise UserError(f"{manifest} cannot be read: {error.strerror}") from None


def write_table(path: Path, columns: Iterable[str], rows: Iterable[Mapping[str, object]]) -> None:
    """A CSV file, whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
            writer = csv.DictWriter(file, tuple(columns))
            writer.writeheader()
            writer.writerows(rows)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def is_prepared(root: Path) -> bool:
    """Whether a folder is a pool that `recipe prepare` wrote."""
    return (root / MANIFEST).is_file() and any(root.glob("store-*.jsonl"))


def group_of(path: Path, folder: Path) -> str:
    """The folder directly under the stem's, or the file's name without the number of its take."""
    parts = path.relative_to(folder).parts if path.is_relative_to(folder) else path.parts[-1:]
    return parts[0] if len(parts) > 1 else base_name(path.stem)


def _source(
    manifest: Path, number: int, row: Mapping[str, str | None], stems: Stems, stem: str
) -> Source:
    where = f"{manifest}, line {number}"
    name = row.get("stem") or stem
    if name not in stems.names:
        raise UserError(f"{where}: no stem is called {name!r}. {stems.hint(name)}")
    split = row.get("split") or ""
    if split and split not in SPLITS:
        raise UserError(f"{where}: split is one of {', '.join(SPLITS)}, not {split!r}")
    if not row.get("path"):
        raise UserError(f"{where}: the path is missing")
    path = _path(manifest, str(row["path"]))
    song = row.get("song") or ""
    given = row.get("group") or row.get("speaker") or song
    source = Source(path, name, given or group_of(path, manifest.parent), split, song)
    return replace(
        source,
        kind=row.get("kind") or row.get("class") or "",
        texture=row.get("temporal_type") or texture_of(name, stems),
        language=row.get("language") or "",
        licence=row.get("licence") or row.get("license") or "",
        minus=_path(manifest, minus) if (minus := row.get("minus")) else None,
        span=_span(row.get("span") or "", where),
        stream=row.get("stream") or "",
        stamp=row.get("stamp") or "",
        grouped=bool(given),
    )


def texture_of(stem: str, stems: Stems) -> str:
    """How a noise goes on in time, where its stem says so."""
    return stem if stems.path(stem)[-2:-1] == ("noise",) else ""


def _path(manifest: Path, text: str) -> Path:
    home = text.startswith("~/")  # ~old is a name like any other
    path = Path(text).expanduser() if home else Path(text)
    if path.is_absolute():
        return path
    # A manifest inside a stem's folder may name its paths from inside or from beside the folder.
    inside, beside = manifest.parent / path, manifest.parent.parent / path
    return inside if inside.exists() or not beside.exists() else beside


def _span(text: str, where: str) -> tuple[float, float]:
    try:
        first, last = map(float, text.split("-")) if text else (0.0, 1.0)
    except ValueError:
        first, last = 1.0, 0.0
    if not 0 <= first < last <= 1:
        raise UserError(f"{where}: span is two shares of the recording as 0.8-0.9, not {text!r}")
    return first, last
