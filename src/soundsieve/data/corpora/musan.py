"""MUSAN: music, speech and noise to augment with."""

from pathlib import Path

from soundsieve.data.corpora.corpus import Corpus, lacking
from soundsieve.data.source import Source
from soundsieve.data.walk import audio_files

PARTS = {
    "music": ("fma", "fma-western-art", "hd-classical", "jamendo", "rfm"),
    "speech": ("librivox", "us-gov"),
    "noise": ("free-sound", "sound-bible"),
}
COUNTS = {"music": 660, "speech": 426, "noise": 930}
LICENCE = "CC-BY-4.0"


def sources(root: Path) -> list[Source]:
    """Every file; a composer is a group, elsewhere each file is one of its own."""
    found = []
    for stem, folders in PARTS.items():
        for folder in folders:
            makers = _makers(root / stem / folder / "ANNOTATIONS")
            for path in audio_files(root / stem / folder):
                if path.is_dir():
                    continue
                group = f"musan {makers.get(path.stem, path.stem)}"
                kind = folder if stem == "noise" else ""
                found.append(Source(path, stem, group, kind=kind, licence=LICENCE, grouped=True))
    return found


def missing(root: Path) -> list[str]:
    """Folders that are not here, and stems with fewer files than the corpus has."""
    folders = [f"{stem}/{folder}" for stem, inner in PARTS.items() for folder in inner]
    lines = lacking(root, folders, "folders")
    here = sources(root)
    for stem, count in COUNTS.items():
        files = sum(source.stem == stem for source in here)
        if files < count:
            lines += [f"{stem}/ has {files} of {count} files"]
    return lines


def _makers(annotations: Path) -> dict[str, str]:
    """Artist of a piece: the last columns of the lists of music; the lists of speech have none."""
    if annotations.parent.parent.name != "music" or not annotations.is_file():
        return {}
    rows = (line.split() for line in annotations.read_text("utf-8", "replace").splitlines())
    return {row[0]: " ".join(row[3:]) for row in rows if len(row) > 3}


CORPUS = Corpus(
    about="music, talks and noises, 16 kHz",
    stems=("speech", "music", "noise"),
    licence=LICENCE,
    hours=109,
    gigabytes=11,
    origin="OpenSLR, resource 17",
    layout="musan/{music,speech,noise}/SOURCE/*.wav, with ANNOTATIONS beside them",
    folders=("musan", "MUSAN"),
    sources=sources,
    missing=missing,
)
