"""Words and tables of the pages that comparisons write."""

from collections.abc import Mapping
from textwrap import fill
from typing import Any

from render import CHANGED, table

from soundsieve.evaluation.scores import ALL

MEASURE = "si_sdr_improvement"
Interval = Mapping[str, Any]


def page(title: str, result: Mapping[str, Any], *parts: str) -> str:
    """A page: title, parts, and where its figures come from."""
    said = [part if "|" in part or part.startswith("!") else _wrapped(part) for part in parts]
    return "\n\n".join([f"# {title}", *said, _wrapped(source(result))]) + "\n"


def source(result: Mapping[str, Any]) -> str:
    """Where the figures of a page come from."""
    made = result["versions"]
    batch = f"of {result['batch']} scenes" + (" a step" if result.get("minutes") else "")
    return (
        f"Data `{result['data']}`, {length(result)} {batch}, seed "
        f"{result['seed']}; {result['scored']} of the {result['split']} split; 95 % bootstrap "
        "intervals over scenes. "
        f"Written by `{result['command']}` at commit {made['commit']}, torch {made['torch']}"
        f"{CHANGED * made['commit'].endswith('+')}."
    )


def length(result: Mapping[str, Any]) -> str:
    """How long each training of a comparison was.

    >>> length({"steps": 800}), length({"steps": 800, "minutes": 5.0})
    ('800 steps', '5 minutes')
    """
    minutes = result.get("minutes")
    return f"{minutes:g} minutes" if minutes else f"{result['steps']} steps"


def cell(score: Interval | None) -> str:
    """A mean and its interval, in dB; empty where nothing was measured.

    >>> cell({"mean": 5.04, "low": 4.8, "high": 5.31, "n": 9})
    '5.0 (4.8 to 5.3)'
    """
    return _spoken(score, 1)


def gap(difference: Interval | None) -> str:
    """A paired difference and its interval, in dB, with its sign.

    >>> gap({"mean": 0.5, "low": -0.004, "high": 1, "n": 9})
    '+0.50 (0.00 to +1.00)'
    """
    return _spoken(difference, 2, "+")


def snr_groups(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The groups of scores by SNR, in order."""
    names = dict.fromkeys(group for groups in found.values() for group in groups)
    snr = [name for name in names if name.startswith("snr ")]
    return sorted(snr, key=lambda name: float(name.removeprefix("snr ")))


def by_snr(found: Mapping[str, Mapping[str, Any]], first: str) -> str:
    """A table of SI-SDR improvement: a row for each label, a column for each SNR and for all."""
    groups = [*snr_groups(found), ALL]
    rows = [
        [label, *(cell(found[label].get(group, {}).get(MEASURE)) for group in groups)]
        for label in found
    ]
    return table({"columns": [first, *map(_heading, groups)], "rows": rows})


def differences(found: Mapping[str, Mapping[str, Interval]], first: str) -> str:
    """A table of paired differences: a row for each, a column for each SNR and for all."""
    groups = [*snr_groups(found), ALL]
    rows = [[name, *(gap(of.get(g)) for g in groups)] for name, of in found.items()]
    return table({"columns": [first, *map(_heading, groups)], "rows": rows})


def verdict(one: str, other: str, difference: Interval, where: str = "") -> str:
    """Which of two is better and by how much, or that their scenes do not tell.

    >>> verdict("Wide", "narrow", {"mean": 1.23, "low": 0.8, "high": 1.6})
    'Wide is 1.23 dB better than narrow (0.80 to 1.60).'
    >>> verdict("Wide", "narrow", {"mean": 0.2, "low": -0.1, "high": 0.5}, "at 5 dB")
    'Wide is not certainly better or worse than narrow at 5 dB: +0.20 dB (-0.10 to +0.50).'
    """
    mean, low, high = difference["mean"], difference["low"], difference["high"]
    place = f" {where}" if where else ""
    if mean is None:
        return f"{_capital(one)} and {other} have no scene in common{place}."
    if low is None or low <= 0 <= high:
        start = f"{_capital(one)} is not certainly better or worse than {other}{place}"
        return f"{start}: {gap(difference).replace(' (', ' dB (')}."
    word = "better" if mean > 0 else "worse"
    low, high = sorted(map(abs, (low, high)))
    span = f"({low:.2f} to {high:.2f})"
    return f"{_capital(one)} is {abs(mean):.2f} dB {word} than {other}{place} {span}."


def _heading(group: str) -> str:
    return "mean" if group == ALL else f"{group.removeprefix('snr ')} dB"


def _wrapped(text: str) -> str:
    return fill(text, 100, break_long_words=False, break_on_hyphens=False)


def _spoken(score: Interval | None, digits: int, sign: str = "") -> str:
    if not score or score["mean"] is None:
        return ""
    ends = [score[name] for name in ("mean", "low", "high") if score[name] is not None]
    mean, *span = (_number(value, digits, sign) for value in ends)
    return f"{mean} ({' to '.join(span)})" if span else mean


def _number(value: float, digits: int, sign: str) -> str:
    """Without a sign before nothing."""
    text = f"{value:{sign}.{digits}f}"
    return text if float(text) else text.lstrip("+-")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
