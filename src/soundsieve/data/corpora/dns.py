"""The folders of the DNS Challenge: clean speech and noise."""

import re
from pathlib import Path

from soundsieve.data.corpora.corpus import Corpus
from soundsieve.data.manifest import group_of
from soundsieve.data.source import Source
from soundsieve.data.walk import audio_files

CLEAN = ("clean_fullband", "clean")
NOISE = ("noise_fullband", "noise")
LICENCE = "DNS Challenge (its parts: public domain, CC0, CC-BY-4.0)"
# book_00000_chp_0009_reader_06709_0.wav, p225_001_mic1.flac
_SPEAKER = re.compile(r"reader_\d+|(?:^|_)p\d{3}(?=_)")


def sources(root: Path) -> list[Source]:
    """Every clip; a reader is a group, and each noise is its own recording."""
    found = []
    for folder in _first(root, CLEAN):
        for path in audio_files(folder):
            speaker = _SPEAKER.search(path.name)
            group = speaker[0].strip("_") if speaker else group_of(path, path.parent)
            subset = "".join(path.relative_to(folder).parts[:-1][:1])  # none in a flat folder
            name = f"dns {subset} {group}"
            found.append(Source(path, "speech", name, licence=LICENCE, grouped=True))
    for folder in _first(root, NOISE):
        for path in audio_files(folder):
            name = f"dns noise {path.stem}"
            found.append(Source(path, "noise", name, licence=LICENCE, grouped=True))
    return found


def missing(root: Path) -> list[str]:
    """The folders of speech and noise."""
    return [
        f"{' or '.join(names)} is missing or holds no audio"
        for names in (CLEAN, NOISE)
        if not any(audio_files(folder) for folder in _first(root, names))
    ]


def _first(root: Path, names: tuple[str, ...]) -> list[Path]:
    return [root / name for name in names if (root / name).is_dir()][:1]


CORPUS = Corpus(
    about="read and emotional speech of many languages, and noises, 48 or 16 kHz",
    stems=("speech", "noise"),
    licence=LICENCE,
    hours=940,
    gigabytes=892,
    origin="GitHub, DNS-Challenge by Microsoft, its download scripts",
    layout="datasets_fullband/{clean_fullband/SUBSET,noise_fullband}/*.wav",
    folders=("datasets_fullband", "datasets", "DNS-Challenge/datasets_fullband", "dns"),
    sources=sources,
    missing=missing,
)
