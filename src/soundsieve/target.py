"""The target language: `speech+music@-12,all-prompts` read into gain vectors, and printed back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from soundsieve.errors import UserError
from soundsieve.stems import STEMS, Stems

LEVELS = (-100.0, 40.0)  # dB, the range that `@` takes
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?=[+,-]|\Z)", re.ASCII)


@dataclass(frozen=True)
class Term:
    """One stem of an expression: kept at a level in dB, or removed (`level` None)."""

    name: str
    level: float | None = 0.0

    def __str__(self) -> str:
        if not self.level:
            return self.name
        return f"{self.name}@{self.level:.2f}".rstrip("0").rstrip(".")

    @property
    def gain(self) -> float:
        """The level as a linear factor; 0 where the stem is removed."""
        return 0.0 if self.level is None else 10 ** (self.level / 20)


@dataclass(frozen=True)
class Target:
    """One output: the terms of an expression in normal form, as `parse` makes them."""

    terms: tuple[Term, ...]

    def __str__(self) -> str:
        """The normal form: general terms first, then tree order, no term without effect.

        >>> str(*parse("vocals@-6.0+speech-noise"))
        'speech+vocals@-6'
        """
        signs = ("-" if term.level is None else "+" for term in self.terms)
        return "".join(f"{s}{t}" for s, t in zip(signs, self.terms, strict=True)).removeprefix("+")

    def gains(
        self, scope: Sequence[str], stems: Stems = STEMS, owner: str = "the data"
    ) -> tuple[float, ...]:
        """The linear gain of every stem of a scope; a special term wins over a general one.

        Args:
            scope: the stems that data or a model has, none of them a part of another.
            owner: who has them, for the error texts ("the data", "the model").

        >>> parse("all-prompts")[0].gains(["speech", "noise", "prompts"])
        (1.0, 1.0, 0.0)
        """
        _check_scope(scope, stems)
        for term in self.terms:
            _check_term(term, scope, stems, owner)
        gains = tuple(_gain(self.terms, stem, stems) for stem in scope)
        fault = _fault(gains)
        if fault:
            raise UserError(
                f"'{self}' keeps {fault} of what {owner} has ({', '.join(scope)}); "
                "keep some stems of it and remove others."
            )
        return gains

    def gains_if_there(self, scope: Sequence[str], stems: Stems = STEMS) -> tuple[float, ...]:
        """The same over stems that need not be all that it speaks of, and may be all or none.

        >>> parse("all-prompts")[0].gains_if_there(["speech", "noise"])
        (1.0, 1.0)
        """
        return tuple(_gain(self.terms, stem, stems) for stem in scope)


def parse(text: str, stems: Stems = STEMS) -> tuple[Target, ...]:
    """Read an expression; one `Target` for each part between commas.

    Raises a `UserError` of one line that names the word, its position (from 1) and what to write.

    >>> [str(target) for target in parse("music+speech,music-vocals")]
    ['speech+music', 'music-vocals']
    """
    targets: list[Target] = []
    start = 0
    for part in text.split(","):
        target = _output(text, start, start + len(part), stems)
        if target in targets:
            where = f"output '{target}' at position {start + 1} of {text!r}"
            raise UserError(f"{where} stands there twice; name it once.")
        targets.append(target)
        start += len(part) + 1
    return tuple(targets)


def normal_form(targets: Iterable[Target]) -> str:
    """The outputs in their normal forms, with commas; it names runs and files."""
    return ",".join(map(str, targets))


def _output(text: str, start: int, end: int, stems: Stems) -> Target:
    found: dict[str, tuple[Term, int]] = {}
    for term, position in _terms(text, start, end, stems):
        if term.name in found and found[term.name][0] != term:
            raise UserError(_twice(*found[term.name], term, position, text))
        found.setdefault(term.name, (term, position))
    terms = [term for term, _ in found.values()]
    fault = _fault([_gain(terms, leaf, stems) for leaf in stems.leaves("all")])
    if fault == "nothing":
        where = f"'{text[start:end]}' at position {start + 1}"
        raise UserError(f"{where} keeps nothing; name a stem to keep, as in speech+music.")
    if fault:
        where = f"'{text[start:end]}' at position {start + 1}"
        raise UserError(f"{where} keeps {fault}; remove a stem, as in all-noise.")
    return Target(_normal(terms, stems))


def _terms(text: str, start: int, end: int, stems: Stems) -> Iterator[tuple[Term, int]]:
    """The terms of one output with their positions, from 0."""
    at, sign = start, "+"
    while True:
        name = re.split("[-+@]", text[at:end], maxsplit=1)[0]
        if not name:
            raise UserError(_no_stem(text, at, start, end))
        if name not in stems:
            where = f"unknown stem {name!r} at position {at + 1} of {text!r}"
            raise UserError(f"{where}. {stems.hint(name)}")
        position, at = at, at + len(name)
        level = 0.0 if sign == "+" else None
        if text[at:end].startswith("@"):
            level, at = _level(text, at + 1, end, name, sign)
        yield Term(name, level), position
        if at == end:
            return
        sign, at = text[at], at + 1


def _level(text: str, at: int, end: int, name: str, sign: str) -> tuple[float, int]:
    number = _NUMBER.match(text, at, end)
    got = text[at:end] if number is None else number[0]
    here = f"at position {at + 1} of {text!r}"
    if number is None:
        said = repr(re.split(r"[+]", got)[0]) if got else "nothing"
        raise UserError(
            f"expected a level in dB after '{name}@' {here}, got {said}; write {name}@-12, say."
        )
    if sign == "-":
        raise UserError(
            f"'{name}' is removed, so it takes no level, but '@{got}' came {here}; "
            f"write +{name}@{got} to keep it at that level, or -{name}."
        )
    if not LEVELS[0] <= float(got) <= LEVELS[1]:
        raise UserError(
            f"the level '@{got}' of '{name}' {here} is out of range; "
            f"give {LEVELS[0]:g} to {LEVELS[1]:g} dB, or -{name} to remove it."
        )
    return round(float(got), 2) + 0.0, number.end()  # + 0.0 makes -0.0 a plain 0


def _no_stem(text: str, at: int, start: int, end: int) -> str:
    got = repr(text[at]) if at < len(text) else "the end"
    where = f"expected a stem at position {at + 1} of {text!r}, got {got}"
    if at == start and text[at:end].startswith("-"):
        return f"{where}; start with what is kept, as in {'all' + text[at:end]!r}."
    return f"{where}; write stems joined by + and -, as in speech+music or all-prompts."


def _twice(first: Term, at: int, second: Term, position: int, text: str) -> str:
    def said(term: Term, where: int) -> str:
        how = "removed" if term.level is None else f"kept at {term.level:g} dB"
        return f"{how} at position {where + 1}"

    both = f"{said(first, at)} and {said(second, position)}"
    return f"'{first.name}' is {both} of {text!r}; name it once."


def _governing(terms: Iterable[Term], stem: str, stems: Stems) -> Term | None:
    """The most special term at or above a stem."""
    path = stems.path(stem)
    above = [term for term in terms if term.name in path]
    return max(above, key=lambda term: path.index(term.name), default=None)


def _gain(terms: Iterable[Term], stem: str, stems: Stems) -> float:
    term = _governing(terms, stem, stems)
    return term.gain if term else 0.0


def _fault(gains: Sequence[float]) -> str:
    if not any(gains):
        return "nothing"
    return "everything at one level" if len(set(gains)) == 1 else ""


def _normal(terms: Sequence[Term], stems: Stems) -> tuple[Term, ...]:
    """The same gains in one order, without terms that others cover or that repeat their parent."""
    leaves = stems.leaves("all")
    governing = {term for leaf in leaves if (term := _governing(terms, leaf, stems))}
    order = {name: (len(stems.path(name)), i) for i, name in enumerate(("all", *stems.names))}
    kept: list[Term] = []
    for term in sorted(governing, key=lambda term: order[term.name]):
        parent = _governing(kept, term.name, stems)
        if term.level != (parent.level if parent else None):
            kept.append(term)
    return tuple(kept)


def _check_scope(scope: Sequence[str], stems: Stems) -> None:
    for stem in scope:
        above = set(stems.path(stem)[:-1]) & set(scope)
        if above:
            raise ValueError(f"scope {tuple(scope)}: {stem!r} is a part of {above.pop()!r}")


def _check_term(term: Term, scope: Sequence[str], stems: Stems, owner: str) -> None:
    if any(term.name in stems.path(stem) for stem in scope):
        return
    whole = next((stem for stem in stems.path(term.name) if stem in scope), None)
    has = ", ".join(scope)
    if whole:
        raise UserError(
            f"{owner} has '{whole}' only as a whole, so '{term.name}' cannot be told apart in it; "
            f"name whole stems ({has})."
        )
    raise UserError(f"{owner} has no '{term.name}'; it has {has}. Leave '{term.name}' out.")
