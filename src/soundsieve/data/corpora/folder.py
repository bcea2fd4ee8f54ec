"""Any folder of your own: stems by the names of its folders, a manifest, or pairs."""

from pathlib import Path

from soundsieve.data.corpora.corpus import Corpus
from soundsieve.data.source import Source
from soundsieve.data.sources import find_sources
from soundsieve.errors import UserError


def sources(root: Path) -> list[Source]:
    """What `data=FOLDER` finds; nothing where the folder says nothing."""
    try:
        return find_sources(root)
    except UserError:
        return []


def missing(root: Path) -> list[str]:
    """Why nothing was found."""
    try:
        found = find_sources(root)
    except UserError as error:
        return [str(error)]
    return [] if found else [f"{root} holds no audio"]


CORPUS = Corpus(
    about="your own recordings",
    stems=("any",),
    licence="yours",
    hours=0,
    gigabytes=None,
    origin="recipe prepare FOLDER, or speech=A noise=B songs=C name=NAME",
    layout="speech/ music/ noise/ prompts/ songs/, or noisy/ and clean/, or a manifest.csv",
    folders=(),
    sources=sources,
    missing=missing,
)
