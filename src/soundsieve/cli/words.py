"""The words of a command line: names, `key=value`, and what is neither."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from soundsieve.errors import UserError, suggest

SWITCH = {"yes": True, "true": True, "no": False, "false": False}
# ./a=b.wav is a file; a=b.wav is a key and its value.
_PAIR = re.compile(r"[A-Za-z_][\w.-]*=", re.ASCII)


def sort(words: Iterable[str]) -> tuple[list[str], list[str]]:
    """The names and the `key=value` pairs of a command line, each in their order."""
    names: list[str] = []
    pairs: list[str] = []
    for word in words:
        if not word:
            raise UserError(
                "expected a name or key=value, got an empty word; is a variable of the shell unset?"
            )
        if word.startswith("-") and word != "-":
            raise UserError(_no_flag(word))
        (pairs if _PAIR.match(word) else names).append(word)
    return names, pairs


def at_most_one(names: Sequence[str]) -> str | None:
    """The recipe that a verb takes, if any."""
    if len(names) > 1:
        more = " ".join(names[1:])
        raise UserError(f"expected one recipe and key=value words, got {names[0]} and {more}.")
    return names[0] if names else None


def options(pairs: Iterable[str], known: Iterable[str], verb: str) -> dict[str, str]:
    """The pairs of a verb that takes a few keys only, as a dict."""
    found: dict[str, str] = {}
    for pair in pairs:
        key, _, value = pair.partition("=")
        if key not in known:
            hint = suggest(key, known) or f"It takes {', '.join(f'{word}=' for word in known)}."
            raise UserError(f"`recipe {verb}` has no key '{key}'. {hint}")
        if key in found:
            raise UserError(f"{key}= stands there twice; keep one of them.")
        if not value:
            raise UserError(f"{key}= needs a value; see `recipe {verb} --help`.")
        found[key] = value
    return found


def models(found: dict[str, str]) -> list[str]:
    """The names in `model=`, parted by commas; a run folder that has some in its name is one."""
    words = found.get("model", "").split(",")
    names: list[str] = []
    while words:
        ends = (n for n in range(len(words), 1, -1) if _is_there(",".join(words[:n])))
        end = next(ends, 1)
        names.append(",".join(words[:end]))
        del words[:end]
    return [name for name in names if name]


def _is_there(path: str) -> bool:
    return Path(path).expanduser().exists()


def needed(found: dict[str, str], key: str, example: str) -> str:
    """The value of a key that has no default."""
    if key not in found:
        raise UserError(f"{key}= is missing; write {key}={example}, say.")
    return found[key]


def switch(found: dict[str, str], key: str) -> bool:
    """Whether a key says yes; no where it is not given."""
    value = found.get(key, "no")
    if value not in SWITCH:
        raise UserError(f"{key} expects yes or no, got {value!r}.")
    return SWITCH[value]


def whole(found: dict[str, str], key: str) -> int | None:
    """The whole number above 0 of a key; None where it is not given."""
    value = found.get(key)
    if value is None:
        return None
    if not re.fullmatch("[0-9]{1,9}", value) or not int(value):
        raise UserError(f"{key} expects a whole number from 1, got {value!r}.")
    return int(value)


def _no_flag(word: str) -> str:
    name, _, value = word.lstrip("-").partition("=")
    if re.fullmatch(r"[A-Za-z_][\w.-]*", name, re.ASCII):
        return f"there are no flags such as {word}; write {name}={value or 'VALUE'}, or see --help."
    return f"expected a name or key=value, got {word!r}; write ./{word} for a file of that name."
