"""LibriSpeech: people reading books aloud."""

import re
from collections import defaultdict
from pathlib import Path

from soundsieve.data.corpora.corpus import Corpus, lacking, listed
from soundsieve.data.source import Source

SUBSETS = {  # GB to download and unpack
    "dev-clean": 0.7,
    "dev-other": 0.7,
    "test-clean": 0.7,
    "test-other": 0.7,
    "train-clean-100": 13.0,
    "train-clean-360": 47.0,
    "train-other-500": 61.0,
}
SPLIT = {"train": "train", "dev": "valid", "test": "test"}
LICENCE = "CC-BY-4.0"


def sources(root: Path) -> list[Source]:
    """Every utterance; the speaker is the group, the subset the split."""
    return [
        Source(
            path,
            "speech",
            f"librispeech {path.parts[-3]}",
            SPLIT[subset.split("-")[0]],
            language="en",
            licence=LICENCE,
            grouped=True,
        )
        for subset in SUBSETS
        for path in sorted((root / subset).glob("*/*/*.flac"))
    ]


def missing(root: Path) -> list[str]:
    """Subsets that are not here, then speakers and utterances that the lists of the corpus name."""
    here = [subset for subset in SUBSETS if (root / subset).is_dir()]
    lines = [] if here else [f"no subset is here; expected one of {', '.join(SUBSETS)}"]
    if here and len(here) < len(SUBSETS):
        lines += [f"subsets that are not here: {', '.join(s for s in SUBSETS if s not in here)}"]
    speakers = _speakers(root / "SPEAKERS.TXT")
    for subset in here:
        lines += lacking(root / subset, sorted(speakers[subset], key=int), f"speakers of {subset}")
        for chapter in sorted((root / subset).glob("*/*/*.trans.txt")):
            words = chapter.read_text(encoding="utf-8").splitlines()
            names = [f"{line.split(' ')[0]}.flac" for line in words if line]
            gone = [name for name in names if not (chapter.parent / name).is_file()]
            if gone:
                where = chapter.parent.relative_to(root)
                lines += [f"{len(gone)} of {len(names)} utterances of {where}: {listed(gone)}"]
    return lines


def download(root: Path, subset: str) -> None:
    """Fetch one subset."""
    from torchaudio.datasets import LIBRISPEECH

    LIBRISPEECH(root, url=subset, download=True)


def _speakers(table: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    if table.is_file():
        text = table.read_text(encoding="utf-8", errors="replace")
        for speaker, subset in re.findall(r"^(\d+)\s*\|[^|]*\|\s*([\w-]+)", text, re.MULTILINE):
            found[subset].append(speaker)
    return found


CORPUS = Corpus(
    about="people reading books, 2,484 speakers, 16 kHz",
    stems=("speech",),
    licence=LICENCE,
    hours=982,
    gigabytes=61,
    origin="OpenSLR, resource 12; or download=yes subset=train-clean-100",
    layout="LibriSpeech/train-clean-100/SPEAKER/CHAPTER/SPEAKER-CHAPTER-NUMBER.flac",
    folders=("LibriSpeech", "librispeech"),
    sources=sources,
    missing=missing,
    download=download,
    subsets=tuple(SUBSETS.items()),
)
