"""The audio files under a folder, through links, without going in circles."""

import os
from collections.abc import Iterator
from pathlib import Path

AUDIO = (
    *(".wav", ".wave", ".w64", ".aiff", ".aif", ".flac", ".ogg", ".oga", ".opus"),
    *(".mp3", ".m4a", ".mp4", ".aac", ".wma"),
)


def audio_files(folder: Path) -> list[Path]:
    """Every file under `folder` whose name says audio, sorted; hidden ones are passed over.

    A folder that may not be read, or a link that leads nowhere, is in the list too: whoever reads
    it then says what is wrong with it.
    """
    return sorted(_walk(folder)) if folder.is_dir() else []


def _walk(folder: Path) -> Iterator[Path]:
    unreadable: list[Path] = []
    root = os.path.realpath(folder)
    seen = {root}
    walk = os.walk(
        folder, onerror=lambda error: unreadable.append(Path(error.filename)), followlinks=True
    )
    for at, folders, files in walk:
        # Each real folder once: a link back up, or a second way in, is not walked again.
        folders[:] = [
            name
            for name in sorted(folders)
            if not name.startswith(".") and _new(at, name, root, seen)
        ]
        for name in files:
            if name.lower().endswith(AUDIO) and not name.startswith("."):
                yield Path(at, name)
    yield from unreadable


def _new(at: str, name: str, root: str, seen: set[str]) -> bool:
    real = os.path.realpath(os.path.join(at, name))
    above = root.startswith(os.path.join(real, ""))
    new = real not in seen and not above
    seen.add(real)
    return new
