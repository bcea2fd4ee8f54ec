"""The knobs of a recipe as a list: key, default, unit, range and text, read off the schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from types import UnionType
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from soundsieve.errors import nearest
from soundsieve.law import FORMS, Law
from soundsieve.recipe import SHORTHANDS, Part, Recipe


class Knob(NamedTuple):
    """One key of a recipe, as help and errors speak of it."""

    key: str
    default: Any
    expects: str
    unit: str
    text: str


@cache
def knobs() -> dict[str, Knob]:
    """Every key of a recipe, dotted, in the order of the schema.

    >>> knobs()["train.batch"].expects
    'a whole number from 1 to 65536'
    """
    return {found.key: found for found in _walk(Recipe, "")}


def nearest_key(key: str) -> str | None:
    """The key that a wrong one was meant to be: the same last word elsewhere, or near spelling.

    >>> nearest_key("steps")
    'train.steps'
    """
    known = [*knobs(), *SHORTHANDS]
    last = key.rpartition(".")[2]
    same = [other for other in known if other.rpartition(".")[2] == last]
    if same:
        return same[0]
    by_last = {other.rpartition(".")[2]: other for other in reversed(known)}
    return nearest(key, known) or by_last.get(nearest(last, by_last) or "")


def field_of(key: str) -> FieldInfo | None:
    """The field of the schema at a dotted key; None where there is none."""
    part: type[BaseModel] = Recipe
    *above, last = key.split(".")
    for name in above:
        field = part.model_fields.get(name)
        if field is None or not is_part(field):
            return None
        part = field.annotation  # type: ignore[assignment]
    return part.model_fields.get(last)


def is_part(field: FieldInfo) -> bool:
    """Whether a field holds further keys of its own."""
    return isinstance(field.annotation, type) and issubclass(field.annotation, Part)


def is_table(field: FieldInfo) -> bool:
    """Whether a field holds pairs whose names are the user's, such as stems."""
    return get_origin(field.annotation) is dict


def _walk(part: type[BaseModel], prefix: str) -> Iterator[Knob]:
    for name, field in part.model_fields.items():
        if is_part(field):
            yield from _walk(field.annotation, f"{prefix}{name}.")  # type: ignore[arg-type]
            continue
        extra = field.json_schema_extra
        unit = str(extra.get("unit", "")) if isinstance(extra, dict) else ""
        expects = _expects(field.annotation, field.metadata)
        yield Knob(prefix + name, field.default, expects, unit, field.description or "")


def _expects(annotation: Any, metadata: Iterable[Any]) -> str:
    """What a value has to be, in words."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if hasattr(annotation, "__metadata__"):
        return _expects(inner[0], [*annotation.__metadata__, *metadata])
    if origin is Literal:
        return f"one of {', '.join(map(str, inner))}"
    if origin is UnionType:
        return f"{_expects(inner[0], metadata)}, or none"
    if origin is list:
        return f"a list of {_plural(_expects(inner[0], []))}"
    if origin is dict:
        return f"a table of {_plural(_expects(inner[1], []))}, as '{{stem: value}}'"
    return WORDS[annotation] + _bounds(metadata)


WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "yes or no",
    str: "a text",
    Law: f"a law ({FORMS}) with values",
}


def _plural(words: str) -> str:
    noun = words.removeprefix("a ")
    return noun.replace("number", "numbers").replace("text", "texts")


def _bounds(metadata: Iterable[Any]) -> str:
    """The range in words, from the constraints of pydantic and from `law.Range`."""
    found: dict[str, float] = {}
    for item in metadata:
        if isinstance(item, FieldInfo):
            return _bounds(item.metadata)
        item = getattr(item, "func", item)
        for name in ("ge", "gt", "le", "lt"):
            value = getattr(item, name, None)
            if value is not None:
                found[name] = value
    low = {"ge": " from {:,}", "gt": " above {:,}"}
    high = {"le": " to {:,}", "lt": " to below {:,}"}
    text = "".join(word.format(found[k]) for k, word in low.items() if k in found)
    end = "".join(word.format(found[k]) for k, word in high.items() if k in found)
    return (text + end).replace(",", "")
