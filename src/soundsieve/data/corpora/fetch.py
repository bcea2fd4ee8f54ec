"""Downloads of corpora, by the libraries that offer them, when the user asks."""

import shutil
from pathlib import Path

from soundsieve.data.corpora.corpus import Corpus
from soundsieve.errors import UserError


def fetch(name: str, corpus: Corpus, root: Path, subset: str) -> None:
    """Fetch a corpus, or a part of it, into `root`; the library checks the checksum.

    Raises UserError where no library offers it, the part is unknown or the disk has no room.
    """
    if corpus.download is None:
        raise UserError(f"no library fetches {name}; get it: {corpus.origin}; then root=FOLDER.")
    parts = dict(corpus.subsets)
    subset = subset or (next(iter(parts)) if len(parts) == 1 else "")
    if subset not in parts:
        raise UserError(f"{name} is fetched in parts; write subset= and one of {', '.join(parts)}.")
    root.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(root).free / 1e9
    if free < parts[subset]:
        raise UserError(
            f"{name} {subset} needs {parts[subset]:g} GB to fetch and unpack, and {root} has "
            f"{free:.1f} GB free; make room or choose another root=."
        )
    try:
        corpus.download(root, subset)
    except (OSError, RuntimeError) as error:
        reason = (str(error).splitlines() or ["no reason given"])[0]
        raise UserError(
            f"{name} {subset} could not be fetched ({reason}); repeat the command, or get it from "
            f"{corpus.origin}."
        ) from error
