"""The law of a random draw: one value, a range, a bell or a list of values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    model_serializer,
    model_validator,
)

KINDS = ("fixed", "uniform", "normal", "choice")
FORMS = "5, -5..20, [0,5] or {normal: [5, 2]}"
_RANGE = re.compile(r"\s*(\S*[^.\s])\.\.(?!\.)(\S+)\s*")


class Law(BaseModel):
    """How a number is drawn; `values` are its value, its two bounds, mean and deviation, or a list.

    In YAML `5`, `{uniform: [-5, 20]}` (or `-5..20`), `{normal: [5, 2]}`, `{choice: [0, 5]}` (or
    `[0, 5]`).

    >>> Law.model_validate("-5..20") == Law.uniform(-5, 20)
    True
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    kind: Literal["fixed", "uniform", "normal", "choice"]
    values: tuple[float, ...] = Field(min_length=1)

    @classmethod
    def fixed(cls, value: float) -> Self:
        """Always the same value."""
        return cls(kind="fixed", values=(value,))

    @classmethod
    def uniform(cls, low: float, high: float) -> Self:
        """Every value between two bounds alike."""
        return cls(kind="uniform", values=(low, high))

    @classmethod
    def normal(cls, mean: float, deviation: float) -> Self:
        """A bell around a mean."""
        return cls(kind="normal", values=(mean, deviation))

    @classmethod
    def choice(cls, values: Sequence[float]) -> Self:
        """One of a list, each alike."""
        return cls(kind="choice", values=tuple(values))

    def __str__(self) -> str:
        numbers = [f"{value:g}" for value in self.values]
        if self.kind == "uniform":
            return "..".join(numbers)
        listed = f"[{', '.join(numbers)}]"
        return {"fixed": numbers[0], "choice": listed}.get(self.kind, f"{{{self.kind}: {listed}}}")

    @model_validator(mode="before")
    @classmethod
    def _forms(cls, value: Any) -> Any:
        if isinstance(value, str) and (ends := _RANGE.fullmatch(value)):
            return {"kind": "uniform", "values": ends.groups()}
        if isinstance(value, (str, int, float)):
            return {"kind": "fixed", "values": (value,)}
        if isinstance(value, (list, tuple)):
            return {"kind": "choice", "values": value}
        if isinstance(value, dict) and len(value) == 1:
            kind, values = next(iter(value.items()))
            single = isinstance(values, (str, int, float))
            return {"kind": kind, "values": (values,) if single else values}
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        wanted = {"fixed": 1, "uniform": 2, "normal": 2}.get(self.kind)
        if wanted and len(self.values) != wanted:
            raise ValueError(f"{self.kind} takes {wanted} numbers, {len(self.values)} came")
        if self.kind == "uniform" and self.values[0] > self.values[1]:
            raise ValueError("the lower bound comes first")
        if self.kind == "normal" and self.values[1] < 0:
            raise ValueError("a deviation is not negative")
        return self

    @model_serializer
    def _short(self) -> Any:
        return self.values[0] if self.kind == "fixed" else {self.kind: list(self.values)}


class Range:
    """The range that a law's values keep to; it stands in the annotation, for help and errors."""

    def __init__(self, low: float, high: float) -> None:
        self.ge, self.le = low, high

    def __call__(self, law: Law) -> Law:
        """The law itself, or a `ValueError`."""
        checked = law.values[:1] if law.kind == "normal" else law.values
        if not all(self.ge <= value <= self.le for value in checked):
            raise ValueError(f"values from {self.ge:g} to {self.le:g} are allowed")
        return law


def within(low: float, high: float) -> AfterValidator:
    """A validator that holds the values of a law (of a bell, its mean) in a range."""
    return AfterValidator(Range(low, high))
