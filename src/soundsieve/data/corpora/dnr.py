"""DnR, Divide and Remaster: minutes of film-like speech, music and effects, with their stems."""

from pathlib import Path

from soundsieve.data.corpora.corpus import Corpus, lacking, listed
from soundsieve.data.source import Source

SPLIT = {  # version 2, then version 3
    "tr": "train",
    "cv": "valid",
    "tt": "test",
    "train": "train",
    "val": "valid",
    "test": "test",
}
PARTS = {"speech": "speech", "music": "music", "sfx": "noise"}
LICENCES = {"speech": "CC-BY-4.0"} | dict.fromkeys(("music", "sfx"), "Creative Commons, by clip")
LICENCE = "CC-BY-4.0 (speech), Creative Commons by clip (music, effects)"


def sources(root: Path) -> list[Source]:
    """The three stems of every minute, aligned as the stems of a song are."""
    found = []
    for subset, split in SPLIT.items():
        for minute in sorted(path for path in (root / subset).glob("*") if path.is_dir()):
            name = f"dnr {subset}/{minute.name}"
            for part, stem in PARTS.items():
                path = _file(minute, part)
                if path:
                    found.append(
                        Source(
                            path, stem, name, split, song=name, licence=LICENCES[part], grouped=True
                        )
                    )
    return found


def missing(root: Path) -> list[str]:
    """Subsets that are not here, then minutes that lack a stem."""
    version = ("train", "val", "test") if (root / "train").is_dir() else ("tr", "cv", "tt")
    lines = lacking(root, version, "subsets")
    for subset in version:
        minutes = sorted(path for path in (root / subset).glob("*") if path.is_dir())
        for part in PARTS:
            gone = [minute.name for minute in minutes if not _file(minute, part)]
            if gone:
                lines += [f"{part} of {len(gone)} of {len(minutes)} in {subset}/: {listed(gone)}"]
    return lines


def _file(minute: Path, part: str) -> Path | None:
    paths = (minute / f"{part}{kind}" for kind in (".wav", ".flac"))
    return next((path for path in paths if path.is_file()), None)


CORPUS = Corpus(
    about="film-like minutes of speech, music and effects, 44.1 or 48 kHz",
    stems=("speech", "music", "noise"),
    licence=LICENCE,
    hours=81,
    gigabytes=None,
    origin="Zenodo, Divide and Remaster by Petermann et al. (v2) or Watcharasupat et al. (v3)",
    layout="dnr_v2/{tr,cv,tt}/NUMBER/{speech,music,sfx}.wav, or {train,val,test} and flac (v3)",
    folders=("dnr_v2", "dnr", "DnR", "multi/audio"),
    sources=sources,
    missing=missing,
)
