"""Scores as tables for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.box import SIMPLE
from rich.table import Table

from soundsieve.evaluation.scores import ALL, INTERFERENCE_ALONE, TARGET_ALONE

HEADINGS = {
    "si_sdr": "SI-SDR",
    "si_sdr_improvement": "improvement",
    "sdr": "SDR",
    "pesq": "PESQ",
    "estoi": "ESTOI",
}
WITH_INTERVAL = ("si_sdr_improvement", "pesq")
SEVERAL = " of some stems over the others"
"""What the SNR of scenes for several targets is: which stems these are is drawn for each scene."""
DIGITS = {"pesq": 2, "estoi": 3}


def tables(scores: Mapping[str, Any]) -> Iterator[Table]:
    """For each target what every estimator reached, where, and by how much they differ.

    `scores` is what scores.json holds.
    """
    about = scores["about"]
    for target, found in scores["scores"].items():
        title = f"keep={target}, {about['split']} split, {about['scenes']} scenes an SNR, dB"
        yield _overall(title, found)
        yield _by_stem("Level change of what is kept, attenuation of what is removed, dB", found)
        snr = f"SNR{SEVERAL * (len(scores['scores']) > 1)}"
        yield _by_group(f"SI-SDR improvement by {snr} (dB) and texture of the noise", found)
        if any(TARGET_ALONE in groups for groups in found.values()):
            yield _alone("What is kept alone, what is removed alone", found)
        pairs = scores["differences"][target]
        if pairs:
            yield _paired("Differences on the same scenes, dB SI-SDR", pairs, len(found))


def _overall(title: str, found: Mapping[str, Any]) -> Table:
    """One line an estimator."""
    names = dict.fromkeys(name for groups in found.values() for name in groups[ALL])
    columns = [name for name in names if name in HEADINGS]
    table = _table(title, ["", *(HEADINGS[name] for name in columns)])
    for estimator, groups in found.items():
        cells = (_cell(groups[ALL].get(name), name, name in WITH_INTERVAL) for name in columns)
        table.add_row(estimator, *cells)
    return table


def _by_stem(title: str, found: Mapping[str, Any]) -> Table:
    """One line a stem: `level STEM` where it is kept, `attenuation STEM` where it is removed."""
    names = dict.fromkeys(name for groups in found.values() for name in groups[ALL])
    table = _table(title, ["", *(name.partition("/")[2] or name for name in found)])
    for name in (name for name in names if " " in name):
        scores = (groups[ALL].get(name) for groups in found.values())
        table.add_row(name, *(_cell(score, "", False) for score in scores))
    return table


def _by_group(title: str, found: Mapping[str, Any]) -> Table:
    groups = dict.fromkeys(group for groups in found.values() for group in groups)
    columns = [group for group in groups if group.split()[0] in ("snr", "texture")]
    short = [name.removeprefix("snr ").removeprefix("texture ") for name in columns]
    table = _table(title, ["", *short])
    for estimator, mine in found.items():
        scores = (mine.get(group, {}).get("si_sdr_improvement") for group in columns)
        table.add_row(estimator, *(_cell(score, "", False) for score in scores))
    return table


def _alone(title: str, found: Mapping[str, Any]) -> Table:
    table = _table(
        title, ["", "kept alone:\nSI-SDR", "level\nchange", "removed alone:\nattenuation"]
    )
    for estimator, groups in found.items():
        kept = groups.get(TARGET_ALONE, {})
        removed = groups.get(INTERFERENCE_ALONE, {})
        changes = [value["mean"] for name, value in kept.items() if name.startswith("level ")]
        worst = max(changes, key=abs, default=None)
        level = "" if worst is None else _number(worst, 1)
        table.add_row(
            estimator,
            _cell(kept.get("si_sdr"), "", False),
            level,
            _cell(removed.get("attenuation"), "", False),
        )
    return table


def _paired(title: str, pairs: list[dict[str, Any]], estimators: int) -> Table:
    """The first estimator against each other one."""
    table = _table(title, ["", "difference", "95 % interval"])
    for pair in pairs[: estimators - 1]:
        score = pair.get("si_sdr")
        if score:
            low, high = score["low"], score["high"]
            span = "" if low is None else f"{low:+.2f} to {high:+.2f}"
            table.add_row(f"{pair['of']} - {pair['against']}", f"{score['mean']:+.2f}", span)
    return table


def _table(title: str, headings: list[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left", no_wrap=not place)
    return table


def _cell(score: Mapping[str, Any] | None, name: str, interval: bool) -> str:
    if not score or score["mean"] is None:
        return ""
    digits = DIGITS.get(name, 1)
    text = _number(score["mean"], digits)
    if interval and score["low"] is not None:
        text += f" [{_number(score['low'], digits)}, {_number(score['high'], digits)}]"
    return text


def _number(value: float, digits: int) -> str:
    """Without a minus before nothing."""
    text = f"{value:.{digits}f}"
    return text if float(text) else text.removeprefix("-")
