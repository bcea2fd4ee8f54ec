"""What is said of every corpus, and the helpers that its small file is written with."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from soundsieve.data.source import Source

PLACES = (
    *(".", "data", "datasets", "corpora", ".."),
    *("~", "~/data", "~/datasets", "~/corpora", "~/Downloads", "/data"),
)
"""Where a corpus is looked for when nobody says where it is."""


@dataclass(frozen=True)
class Corpus:
    """A corpus that many have: what it is, where its files lie, and what is missing of it.

    Args:
        origin: where to get it, in words.
        layout: what the folder looks like, as a few lines.
        folders: names that its folder usually has.
        sources: the recordings under a folder of this layout.
        missing: what that folder should hold and does not, a line each.
        download: fetch it into a folder, or a part of it by name; None where no library offers it.
        subsets: the parts that can be fetched, with the room they need in GB.
    """

    about: str
    stems: tuple[str, ...]
    licence: str
    hours: float
    gigabytes: float | None
    origin: str
    layout: str
    folders: tuple[str, ...]
    sources: Callable[[Path], list[Source]]
    missing: Callable[[Path], list[str]]
    download: Callable[[Path, str], None] | None = None
    subsets: tuple[tuple[str, float], ...] = ()

    def root(self, folder: Path) -> Path:
        """The corpus' own folder, where `folder` is that or the one above it."""
        inside = [folder / name for name in self.folders if (folder / name).is_dir()]
        return next((path for path in (folder, *inside) if self.sources(path)), folder)

    def find(self) -> Path | None:
        """Where the corpus is on this machine, as far as one can see."""
        for place in PLACES:
            for name in self.folders:
                path = Path(place).expanduser() / name
                if path.is_dir():
                    return path
        return None


def listed(names: Iterable[str], most: int = 5) -> str:
    """The first names of a list, and how many more there are.

    >>> listed(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def lacking(root: Path, names: Sequence[str], what: str) -> list[str]:
    """A line that counts and names what is not in a folder; none where all is there."""
    gone = [name for name in names if not (root / name).exists()]
    return [f"{len(gone)} of {len(names)} {what} are missing: {listed(gone)}"] if gone else []
