"""The recordings of a pool: found in folders, read from manifests, taken from pairs."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from soundsieve.errors import UserError, suggest
from soundsieve.stems import STEMS, Stems

AUDIO = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif", ".m4a", ".mp4")
SPLITS = ("train", "valid", "test")
STARTER = Path(__file__).with_name("starter")


@dataclass(frozen=True)
class Source:
    """One recording of a stem.

    `group` is what must not cross splits: a speaker, a song, a recording. Sources of one `song` are
    aligned. `minus` is a second file that is subtracted: the noise of a pair is `noisy - clean`.
    """

    path: Path
    stem: str
    group: str
    split: str = ""
    song: str = ""
    kind: str = ""
    texture: str = ""
    language: str = ""
    licence: str = ""
    minus: Path | None = None
    span: tuple[float, float] = field(default=(0.0, 1.0))


def find_sources(root: Path, stems: Stems = STEMS, clean: str = "speech") -> list[Source]:
    """Every source under `root`: a folder with a manifest.csv, stem folders, or `noisy/` and `clean/`.

    Raises UserError where nothing is there or the layout says nothing.
    """
    if root.is_file() and root.suffix == ".csv":
        return list(_from_manifest(root, stems))
    if not root.is_dir():
        raise UserError(f"no data at {root}: expected a folder with {_LAYOUT}, or a manifest.csv")
    if (root / "manifest.csv").is_file():
        return list(_from_manifest(root / "manifest.csv", stems))
    if (root / "noisy").is_dir() and (root / "clean").is_dir():
        return list(_from_pairs(root, clean))
    found = [source for folder in sorted(root.iterdir()) for source in _from_folder(folder, stems)]
    if not found:
        raise UserError(f"{root} holds no audio that names a stem: expected {_LAYOUT}")
    return found


_LAYOUT = "folders named after stems (speech/ music/ noise/ prompts/ songs/) or noisy/ and clean/"


def _from_folder(folder: Path, stems: Stems) -> Iterator[Source]:
    name = folder.name.rstrip("0123456789")  # noise2/ is more noise
    if not folder.is_dir() or name not in (*stems.names, "songs", "stems"):
        return
    if (folder / "manifest.csv").is_file():
        yield from _from_manifest(folder / "manifest.csv", stems, "" if name in ("songs", "stems") else name)
    elif name in ("songs", "stems"):
        for path in _audio(folder):
            if path.stem in stems.names:
                song = str(path.parent.relative_to(folder))
                yield Source(path, path.stem, f"song {song}", song=song)
    else:
        for path in _audio(folder):
            yield Source(path, name, _group(path, folder), kind=_kind(path, folder))


def _from_pairs(root: Path, clean: str) -> Iterator[Source]:
    for noisy in _audio(root / "noisy"):
        path = root / "clean" / noisy.relative_to(root / "noisy")
        if not path.is_file():
            raise UserError(f"{noisy} has no partner: expected {path}")
        group = _group(noisy, root / "noisy")
        yield Source(path, clean, group)
        yield Source(noisy, "noise", group, minus=path)


def _from_manifest(manifest: Path, stems: Stems, stem: str = "") -> Iterator[Source]:
    with manifest.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        columns = rows.fieldnames or []
        missing = [name for name in ("path",) + (() if stem else ("stem",)) if name not in columns]
        if missing:
            raise UserError(f"{manifest} has no column {missing[0]!r}: it has {', '.join(columns)}")
        for number, row in enumerate(rows, 2):
            yield _from_row(manifest, number, row, stems, stem)


def _from_row(manifest: Path, number: int, row: Mapping[str, str], stems: Stems, stem: str) -> Source:
    where = f"{manifest}, line {number}"
    name = row.get("stem") or stem
    if name not in stems.names:
        raise UserError(f"{where}: no stem is called {name!r}. {suggest(name, stems.names)}".strip())
    split = row.get("split") or ""
    if split and split not in SPLITS:
        raise UserError(f"{where}: split is one of {', '.join(SPLITS)}, not {split!r}")
    # A manifest inside a stem's folder may speak of its paths from inside or from beside the folder.
    inside, beside = manifest.parent / row["path"], manifest.parent.parent / row["path"]
    path = inside if inside.exists() or not beside.exists() else beside
    song = row.get("song") or ""
    group = row.get("group") or row.get("speaker") or song or _group(path, manifest.parent)
    source = Source(path, name, group, split, song)
    return replace(
        source,
        kind=row.get("kind") or row.get("class") or "",
        texture=row.get("temporal_type") or (name if stems.path(name)[-2:-1] == ("noise",) else ""),
        language=row.get("language") or "",
        licence=row.get("licence") or row.get("license") or "",
    )


def _audio(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in AUDIO and p.is_file())


def _group(path: Path, folder: Path) -> str:
    """The folder directly under the stem's, or the file's name without the number of its take."""
    parts = path.relative_to(folder).parts if path.is_relative_to(folder) else path.parts[-1:]
    return parts[0] if len(parts) > 1 else re.sub(r"[-_ .]*\d+$", "", path.stem) or path.stem


def _kind(path: Path, folder: Path) -> str:
    parts = path.relative_to(folder).parts
    return parts[0] if len(parts) > 1 else ""
