"""One recording of a stem, as all of this package speaks of it."""

from dataclasses import dataclass, field
from pathlib import Path

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Source:
    """One recording of a stem.

    `group` is what must not cross splits: a speaker, a song, a recording; `grouped` says that it
    was given, not read off the names. Sources of one `song` are aligned. `minus` is a second file
    that is subtracted: the noise of a pair is `noisy - clean`. `stream` is the stem inside a STEMS
    file. `stamp` is size and time of the files, where a prepared pool has noted them.
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
    stream: str = ""
    stamp: str = ""
    grouped: bool = False


def stamp(source: Source) -> str:
    """Size and time of the files of a source: they are unchanged while it is."""
    if source.stamp:
        return source.stamp
    facts = []
    for path in (source.path, source.minus):
        if path is not None:
            try:
                found = path.stat()
            except OSError:
                facts.append("gone")
            else:
                facts.append(f"{found.st_size}-{found.st_mtime_ns}")
    return "+".join(facts)


def shown(source: Source) -> str:
    """A source in a line for people: its path, and the stream inside it."""
    text = str(source.path).encode(errors="backslashreplace").decode()
    return f"{text} ({source.stream})" if source.stream else text
