"""DEMAND: eighteen places recorded with sixteen microphones."""

from pathlib import Path

from soundsieve.data.corpora.corpus import Corpus, lacking
from soundsieve.data.source import Source

PLACES = (
    *("DKITCHEN", "DLIVING", "DWASHING", "NFIELD", "NPARK", "NRIVER"),
    *("OHALLWAY", "OMEETING", "OOFFICE", "PCAFETER", "PRESTO", "PSTATION"),
    *("SCAFE", "SPSQUARE", "STRAFFIC", "TBUS", "TCAR", "TMETRO"),
)
LICENCE = "CC-BY-SA-3.0"


def sources(root: Path) -> list[Source]:
    """The first microphone of every place: the others hear the same."""
    return [
        Source(
            root / place / "ch01.wav",
            "noise",
            f"demand {place}",
            kind=place.lower(),
            licence=LICENCE,
            grouped=True,
        )
        for place in PLACES
        if (root / place / "ch01.wav").is_file()
    ]


def missing(root: Path) -> list[str]:
    """The places whose first microphone is not here."""
    return lacking(root, [f"{place}/ch01.wav" for place in PLACES], "places")


CORPUS = Corpus(
    about="18 places, homes to metros, 5 minutes each, 48 kHz (16 kHz too)",
    stems=("noise",),
    licence=LICENCE,
    hours=1.5,
    gigabytes=8,
    origin="Zenodo, DEMAND by Thiemann, Ito and Vincent",
    layout="DEMAND/PLACE/ch01.wav, with PLACE as in DKITCHEN or TCAR",
    folders=("DEMAND", "demand"),
    sources=sources,
    missing=missing,
)
