"""Clips as Ogg Opus, the manifest, and the README, whose numbers are counted from it."""

import csv
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import soundfile

from .clip import Clip

COLUMNS = [
    "path", "stem", "split", "group", "song", "language", "kind", "licence", "seconds", "voice",
]  # fmt: skip


def write_clip(root: Path, clip: Clip) -> dict[str, str]:
    """Encode one clip, read it back to see that it is sound, and return its row of the manifest."""
    path = root / clip.path
    path.parent.mkdir(parents=True, exist_ok=True)
    peak = encode(path, clip, 1.0)
    if (
        peak > 0.85 and not clip.song
    ):  # the codec overshoots on clicks; stems of a song keep their levels
        peak = encode(path, clip, 0.75 / peak)
    if not 0.02 < peak < 0.89:
        raise ValueError(f"{clip.path}: peak of {peak:.3f}, expected 0.02 to 0.89")
    return {
        "path": clip.path,
        "stem": clip.stem,
        "split": clip.split,
        "group": clip.group,
        "song": clip.song,
        "language": clip.language,
        "kind": clip.kind,
        "licence": "CC0-1.0",
        "seconds": f"{len(clip.audio) / clip.sample_rate:.3f}",
        "voice": clip.voice,
    }


def encode(path: Path, clip: Clip, gain: float) -> float:
    """Encode a clip and return the peak of what a reader gets."""
    soundfile.write(
        path, gain * clip.audio, clip.sample_rate, format="OGG", subtype="OPUS",
        compression_level=clip.compression,
    )  # fmt: skip
    decoded, _ = soundfile.read(path)
    if len(decoded) != len(clip.audio):
        raise ValueError(f"{clip.path}: {len(decoded)} samples, expected {len(clip.audio)}")
    return float(np.abs(decoded).max())


def write_manifest(root: Path, rows: list[dict[str, str]]) -> None:
    """Write manifest.csv, a row a file."""
    with open(root / "manifest.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_manifest(root: Path) -> list[dict[str, str]]:
    """The rows of manifest.csv, or none where there is none yet."""
    path = root / "manifest.csv"
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_readme(root: Path, rows: list[dict[str, str]], seed: int) -> None:
    """Write README.md from the rows."""
    megabytes = sum(path.stat().st_size for path in root.rglob("*.ogg")) / 1e6
    minutes = sum(float(row["seconds"]) for row in rows) / 60
    text = TEMPLATE.read_text(encoding="utf-8").format(
        files=len(rows),
        megabytes=f"{megabytes:.2f}",
        minutes=f"{minutes:.0f}",
        seed=seed,
        table=table(rows),
        speech=listed(rows, "speech", "group"),
        languages=languages(rows, "speech"),
        prompt_voices=listed(rows, "prompts", "voice"),
        prompt_languages=languages(rows, "prompts"),
        styles=listed(rows, "vocals", "kind"),
        stationary=listed(rows, "stationary", "kind"),
        nonstationary=listed(rows, "nonstationary", "kind"),
        transient=listed(rows, "transient", "kind"),
    )
    (root / "README.md").write_text(text, encoding="utf-8")


def table(rows: list[dict[str, str]]) -> str:
    """Files, groups and minutes of every stem, by split."""
    lines = ["| stem | train | valid | test |", "| --- | --- | --- | --- |"]
    cells: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        cells[row["stem"], row["split"]].append(row)
    for stem in dict.fromkeys(row["stem"] for row in rows):
        entries = []
        for split in ("train", "valid", "test"):
            chosen = cells[stem, split]
            minutes = sum(float(row["seconds"]) for row in chosen) / 60
            groups = len({row["group"] for row in chosen})
            entries.append(
                f"{len(chosen)} files of {groups} {GROUPS.get(stem, 'kinds')}, {minutes:.1f} min"
            )
        lines.append(f"| {stem} | " + " | ".join(entries) + " |")
    return "\n".join(lines)


def listed(rows: list[dict[str, str]], stem: str, column: str) -> str:
    """The different values of a column in one stem: how many, and which."""
    values = sorted({row[column].replace("_", " ") for row in rows if row["stem"] == stem})
    return f"{len(values)} ({', '.join(values)})"


def languages(rows: list[dict[str, str]], stem: str) -> str:
    """Languages of one stem, most clips first."""
    counts = Counter(row["language"] for row in rows if row["stem"] == stem)
    return f"{len(counts)} ({', '.join(language for language, _ in counts.most_common())})"


TEMPLATE = Path(__file__).with_name("README.template.md")
GROUPS = {
    "speech": "voices", "prompts": "sentences",
    "vocals": "songs", "drums": "songs", "bass": "songs", "other": "songs",
}  # fmt: skip
