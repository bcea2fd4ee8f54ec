"""VoiceBank-DEMAND: sentences with and without the noise that was added to them."""

from pathlib import Path

from soundsieve.data.corpora.corpus import Corpus, lacking, listed
from soundsieve.data.source import Source

SETS = ("trainset_28spk", "testset")
VALID = ("p226", "p287")  # the two speakers that most papers hold out
LICENCE = "CC-BY-4.0"


def sources(root: Path) -> list[Source]:
    """The clean sentences as speech, and noisy minus clean as noise; the speaker is the group."""
    found = []
    for name in SETS:
        for noisy in sorted((root / f"noisy_{name}_wav").glob("*.wav")):
            clean = root / f"clean_{name}_wav" / noisy.name
            speaker = noisy.name.split("_")[0]
            split = "test" if name == "testset" else "valid" if speaker in VALID else "train"
            group = f"voicebank {speaker}"
            about = {"licence": LICENCE, "grouped": True}
            speech = Source(clean, "speech", group, split, language="en", **about)
            noise = Source(noisy, "noise", group, split, minus=clean, **about)
            found += [speech, noise] if clean.is_file() else []
    return found


def missing(root: Path) -> list[str]:
    """Folders that are not here, then sentences without their partner."""
    folders = [f"{kind}_{name}_wav" for name in SETS for kind in ("clean", "noisy")]
    lines = lacking(root, folders, "folders")
    for name in SETS:
        clean, noisy = (
            {path.name for path in (root / f"{kind}_{name}_wav").glob("*.wav")}
            for kind in ("clean", "noisy")
        )
        for kind, gone in (("clean", noisy - clean), ("noisy", clean - noisy)):
            if gone and (clean and noisy):
                lines += [f"{kind}_{name}_wav lacks {len(gone)}: {listed(sorted(gone))}"]
    return lines


CORPUS = Corpus(
    about="11,572 and 824 pairs of noisy and clean sentences, 30 speakers, 48 kHz",
    stems=("speech", "noise"),
    licence=LICENCE,
    hours=10,
    gigabytes=6,
    origin="Edinburgh DataShare, noisy speech database by Valentini-Botinhao",
    layout="VoiceBank-DEMAND/{clean,noisy}_{trainset_28spk,testset}_wav/pNNN_NNN.wav",
    folders=("VoiceBank-DEMAND", "voicebank-demand", "VoiceBank", "VCTK-DEMAND", "DS_10283_2791"),
    sources=sources,
    missing=missing,
)
