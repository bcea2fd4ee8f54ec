"""MUSDB18: the same 150 songs as STEMS files, compressed, five streams a file."""

from pathlib import Path

from soundsieve.data.corpora.corpus import Corpus, lacking
from soundsieve.data.corpora.musdb_hq import PARTS
from soundsieve.data.corpora.musdb_tracks import absent, licence, split_of
from soundsieve.data.source import Source

SUFFIX = ".stem.mp4"


def sources(root: Path) -> list[Source]:
    """Every stem of every song."""
    found = []
    for subset in ("train", "test"):
        for path in sorted((root / subset).glob(f"*{SUFFIX}")):
            name = path.name.removesuffix(SUFFIX)
            for part in PARTS:
                found.append(
                    Source(
                        path,
                        part,
                        f"musdb {name}",
                        split_of(name, subset),
                        song=f"musdb {name}",
                        licence=licence(name),
                        stream=part,
                        grouped=True,
                    )
                )
    return found


def missing(root: Path) -> list[str]:
    """The songs that are not here, by name."""
    lines = lacking(root, ("train", "test"), "folders")
    for subset, count in (("train", 100), ("test", 50)):
        here = list((root / subset).glob(f"*{SUFFIX}"))
        if len(here) < count:
            lines += [f"{subset}/ has {len(here)} of {count} songs"]
    return lines + absent(p.name.removesuffix(SUFFIX) for p in root.glob(f"t*/*{SUFFIX}"))


CORPUS = Corpus(
    about="150 songs in four stems, STEMS files, 44.1 kHz stereo, 16 kHz wide",
    stems=PARTS,
    licence="CC-BY-NC-SA for 48 songs, academic use only for the rest",
    hours=10,
    gigabytes=4.7,
    origin="Zenodo, MUSDB18, by SigSep; needs soundsieve[musdb] and ffmpeg",
    layout="musdb18/{train,test}/ARTIST - TITLE.stem.mp4",
    folders=("musdb18", "MUSDB18", "musdb"),
    sources=sources,
    missing=missing,
)
