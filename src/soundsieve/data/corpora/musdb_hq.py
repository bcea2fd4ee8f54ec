"""MUSDB18-HQ: 150 songs as wav files, a folder a song with its four stems."""

from pathlib import Path

from soundsieve.data.corpora.corpus import Corpus, lacking
from soundsieve.data.corpora.musdb_tracks import absent, licence, split_of
from soundsieve.data.source import Source

PARTS = ("vocals", "drums", "bass", "other")


def sources(root: Path) -> list[Source]:
    """Every stem of every song; the validation songs are the usual fourteen."""
    return [
        Source(
            folder / f"{part}.wav",
            part,
            f"musdb {folder.name}",
            split_of(folder.name, subset),
            song=f"musdb {folder.name}",
            licence=licence(folder.name),
            grouped=True,
        )
        for subset in ("train", "test")
        for folder in sorted((root / subset).glob("*"))
        for part in PARTS
        if (folder / f"{part}.wav").is_file()
    ]


def missing(root: Path) -> list[str]:
    """Songs that are not here, then stems that single songs lack."""
    lines = []
    for subset, count in (("train", 100), ("test", 50)):
        folders = sorted(path for path in (root / subset).glob("*") if path.is_dir())
        if len(folders) < count:
            lines += [f"{subset}/ has {len(folders)} of {count} songs"]
        for folder in folders:
            lines += lacking(folder, [f"{part}.wav" for part in PARTS], f"stems of {folder.name}")
    return lines + absent(path.name for path in root.glob("t*/*") if path.is_dir())


def download(root: Path, _subset: str) -> None:
    """Fetch all of it; it lands in root/musdb18hq."""
    from torchaudio.datasets import MUSDB_HQ

    MUSDB_HQ(root, subset="train", download=True)


CORPUS = Corpus(
    about="150 songs in four stems, wav, 44.1 kHz stereo",
    stems=PARTS,
    licence="CC-BY-NC-SA for 48 songs, academic use only for the rest",
    hours=10,
    gigabytes=23,
    origin="Zenodo, MUSDB18-HQ, by SigSep; or download=yes",
    layout="musdb18hq/{train,test}/ARTIST - TITLE/{vocals,drums,bass,other}.wav",
    folders=("musdb18hq", "musdb18-hq", "MUSDB18-HQ", "musdb-hq"),
    sources=sources,
    missing=missing,
    download=download,
    subsets=(("all", 46.0),),
)
