"""The recordings of a pool: found in folders, read from manifests, taken from pairs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from soundsieve.data.manifest import MANIFEST, group_of, read_manifest, texture_of
from soundsieve.data.source import SPLITS, Source
from soundsieve.data.walk import audio_files
from soundsieve.errors import UserError
from soundsieve.stems import STEMS, Stems

__all__ = [
    "SPLITS",
    "STARTER",
    "Source",
    "find_sources",
    "pair_sources",
    "song_sources",
    "stem_sources",
    "told_apart",
]

STARTER = Path(__file__).with_name("starter")
STEMS_FILE = ".stem.mp4"


def find_sources(root: Path, stems: Stems = STEMS, clean: str = "speech") -> list[Source]:
    """Every source under `root`: a manifest.csv, stem folders, or `noisy/` and `clean/`.

    Raises UserError where nothing is there or the layout says nothing.
    """
    if root.is_file() and root.suffix == ".csv":
        return list(read_manifest(root, stems))
    if not root.is_dir():
        raise UserError(f"no data at {root}: expected a folder with {_LAYOUT}, or a {MANIFEST}")
    if (root / MANIFEST).is_file():
        return list(read_manifest(root / MANIFEST, stems))
    if (root / "noisy").is_dir() and (root / "clean").is_dir():
        return list(pair_sources(root, clean))
    folders = sorted(root.iterdir())
    found = told_apart([(folder.name, list(_by_name(folder, stems))) for folder in folders])
    if not found:
        raise UserError(f"{root} holds no audio that names a stem: expected {_LAYOUT}")
    return found


_LAYOUT = "folders named after stems (speech/ music/ noise/ prompts/ songs/) or noisy/ and clean/"


def stem_sources(folder: Path, stem: str, stems: Stems = STEMS) -> Iterator[Source]:
    """The sources of a folder whose recordings are all of one stem.

    Where it has a manifest.csv, those that it lists, and those of a manifest further down: a corpus
    that was moved into the folder brings its own.
    """
    if (folder / MANIFEST).is_file():
        for manifest in sorted(folder.rglob(MANIFEST)):
            yield from read_manifest(manifest, stems, stem)
        return
    for path in audio_files(folder):
        parts = path.relative_to(folder).parts
        kind = parts[0] if len(parts) > 1 else ""
        texture = texture_of(stem, stems)
        yield Source(path, stem, group_of(path, folder), kind=kind, texture=texture)


def song_sources(folder: Path, stems: Stems = STEMS) -> Iterator[Source]:
    """The sources of songs: a folder a song with files named after stems, or STEMS files."""
    if (folder / MANIFEST).is_file():
        yield from read_manifest(folder / MANIFEST, stems)
        return
    for path in audio_files(folder):
        name = path.stem.lower()
        song = path.parent.relative_to(folder).as_posix()
        if name in stems.names:
            yield Source(path, name, f"song {song}", song=song, grouped=True)
        elif path.name.lower().endswith(STEMS_FILE):
            song = path.relative_to(folder).as_posix()[: -len(STEMS_FILE)]
            for part in ("vocals", "drums", "bass", "other"):
                yield Source(path, part, f"song {song}", song=song, stream=part, grouped=True)


def told_apart(places: Iterable[tuple[str, Sequence[Source]]]) -> list[Source]:
    """The sources of several places, whose songs are different ones where they have one name."""
    found: list[Source] = []
    taken: set[str] = set()
    for place, sources in places:
        again = {s.song for s in sources if s.song in taken and s.group == f"song {s.song}"}
        names = {song: _untaken(f"{place}/{song}", place, taken) for song in again}
        for source in sources:
            name = names.get(source.song)
            found.append(replace(source, song=name, group=f"song {name}") if name else source)
        taken |= {names.get(source.song, source.song) for source in sources if source.song}
    return found


def _untaken(name: str, place: str, taken: set[str]) -> str:
    """The name with as many of its place in front as it takes."""
    return _untaken(f"{place}/{name}", place, taken) if name in taken else name


def pair_sources(root: Path, clean: str) -> Iterator[Source]:
    """The sources of `noisy/` and `clean/`: the clean sound, and the noise as their difference."""
    for noisy in audio_files(root / "noisy"):
        path = root / "clean" / noisy.relative_to(root / "noisy")
        if not path.is_file():
            raise UserError(f"{noisy} has no partner: expected {path}")
        group = group_of(noisy, root / "noisy")
        yield Source(path, clean, group)
        yield Source(noisy, "noise", group, minus=path)


def _by_name(folder: Path, stems: Stems) -> Iterator[Source]:
    """The sources of a folder whose name says what it holds; noise2/ is more noise."""
    whole = folder.name.lower()
    name = whole if whole in stems.names else whole.rstrip("0123456789")
    if folder.is_dir() and name in ("songs", "stems"):
        yield from song_sources(folder, stems)
    elif folder.is_dir() and name in stems.names:
        yield from stem_sources(folder, name, stems)
