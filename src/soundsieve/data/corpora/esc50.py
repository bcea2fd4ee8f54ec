"""ESC-50: two thousand clips of fifty everyday sounds."""

import csv
from pathlib import Path

from soundsieve.data.corpora.corpus import Corpus, lacking
from soundsieve.data.source import Source

TABLE = "meta/esc50.csv"
LICENCE, LICENCE_10 = "CC-BY-NC-3.0", "CC-BY-3.0"


def sources(root: Path) -> list[Source]:
    """Every clip; clips cut from one recording are a group, the category is the kind of noise."""
    return [
        Source(
            root / "audio" / row["filename"],
            "noise",
            f"freesound {row['src_file']}",
            kind=row["category"],
            licence=LICENCE_10 if row.get("esc10") == "True" else LICENCE,
            grouped=True,
        )
        for row in _table(root)
    ]


def missing(root: Path) -> list[str]:
    """The table, or the clips that it names and that are not here."""
    if not (root / TABLE).is_file():
        return [f"the list of clips is not here: expected {TABLE}"]
    return lacking(root / "audio", [row["filename"] for row in _table(root)], "clips")


def _table(root: Path) -> list[dict[str, str]]:
    if not (root / TABLE).is_file():
        return []
    with (root / TABLE).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


CORPUS = Corpus(
    about="2,000 clips of 50 everyday sounds, 44.1 kHz",
    stems=("noise",),
    licence=f"{LICENCE}, its subset ESC-10 {LICENCE_10}",
    hours=2.8,
    gigabytes=0.8,
    origin="GitHub, ESC-50 by Karol Piczak",
    layout="ESC-50-master/audio/*.wav and ESC-50-master/meta/esc50.csv",
    folders=("ESC-50-master", "ESC-50", "esc50"),
    sources=sources,
    missing=missing,
)
