"""The one error that a user can mend, and the nearest valid word for a wrong one."""

from __future__ import annotations

from collections.abc import Iterable


class UserError(Exception):
    """A mistake that the user can mend, in one line: what was expected, what came, what to do."""


def suggest(word: str, choices: Iterable[str]) -> str:
    """A sentence with the nearest of the choices, or an empty string where none is near.

    >>> suggest("speach", ["speech", "music"])
    "Did you mean 'speech'?"
    """
    found = nearest(word, choices)
    return f"Did you mean '{found}'?" if found else ""


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that is spelled most like the word, whatever its case; None where none is near."""
    from difflib import get_close_matches  # only needed once something is wrong

    by_case = {choice.lower(): choice for choice in choices}
    found = get_close_matches(word.lower(), by_case, n=1, cutoff=0.55)
    return by_case[found[0]] if found else None
