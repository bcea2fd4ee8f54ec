"""Recipes read from YAML files with `extends` and from `key=value`, into the schema and back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError
from yaml.composer import ComposerError

from soundsieve.errors import UserError, suggest
from soundsieve.knobs import Knob, field_of, is_part, is_table, knobs, nearest_key
from soundsieve.law import Law
from soundsieve.recipe import SHORTHANDS, Recipe

DEFAULT = "keep"  # the recipe that is taken where none is named
FILE = "recipe.yaml"


class Setting(NamedTuple):
    """One value as it was read, and where it stands."""

    value: Any
    origin: str


def resolve(recipe: str | Path | None = None, overrides: Sequence[str] = ()) -> Recipe:
    """A recipe from a shipped name, a YAML file or a run folder, changed by `key=value` words.

    Raises a `UserError` of one line that names the file and line, or the command line.

    >>> resolve("keep", ["keep=music-vocals", "train.steps=10"]).train.steps
    10
    """
    path = _locate(recipe or DEFAULT)
    settings = {"name": Setting(_name(path), f"the name of {path}")}
    settings |= _read(path, ())
    settings |= _command_line(overrides)
    return _validate(settings)


def dump(recipe: Recipe) -> str:
    """A recipe as YAML, which `resolve` reads back to the same recipe."""
    return "".join(f"{line}\n" for line in _lines(recipe.model_dump(mode="json"), ""))


def shipped_recipes() -> dict[str, Path]:
    """The recipes that come with the package, by name."""
    return {path.parent.name: path for path in sorted(shipped("recipes").glob(f"*/{FILE}"))}


def shipped_parts() -> dict[str, Path]:
    """The parts that recipes can extend, by name, as `mix/real`."""
    folder = shipped("configs")
    found = sorted(folder.glob("*/*.yaml"))
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in found}


def shipped(folder: str) -> Path:
    """A folder that stands inside an installed package, or at the top of a checkout."""
    package = Path(str(files("soundsieve")))
    inside = package / folder
    return inside if inside.is_dir() else package.parents[1] / folder


def split_pair(word: str) -> tuple[str, str]:
    """`key=value` in two."""
    key, equals, value = word.partition("=")
    if not equals or not key:
        raise UserError(f"expected key=value on the command line, got {word!r}.")
    return key, value


def _lines(values: dict[str, Any], above: str) -> Iterator[str]:
    """The YAML of a recipe or of a part of it, whose dotted key is `above`."""
    indent = "  " * above.count(".")
    for name, value in values.items():
        field = field_of(above + name)
        if field and is_part(field):
            yield f"{indent}{name}:"
            yield from _lines(value, f"{above}{name}.")
        else:
            yield f"{indent}{name}: {_inline(value)}"


def _locate(recipe: str | Path) -> Path:
    """The file of a recipe on the command line: a shipped name, a file or a folder."""
    path, text = Path(recipe).expanduser(), str(recipe)
    names = shipped_recipes()
    if text in names:
        return names[text]
    if path.is_dir() and (path / FILE).is_file():
        return path / FILE
    if path.is_file():
        return path
    if path.is_dir():
        raise UserError(
            f"the folder {text} holds no {FILE}; name a run folder, a file or a recipe."
        )
    if "/" in text or path.suffix in (".yaml", ".yml"):
        raise UserError(f"no such recipe file: {text}.")
    hint = suggest(text, names) or "Run `recipe list recipes`."
    raise UserError(f"no recipe is called {text!r}. {hint}")


def _name(path: Path) -> str:
    name = path.resolve().parent.name if path.name == FILE else path.stem
    return re.sub("[^A-Za-z0-9_.-]+", "-", name).lstrip(".-") or "recipe"


def _read(path: Path, chain: tuple[Path, ...]) -> dict[str, Setting]:
    """The settings of a file on top of those that it extends, by dotted key."""
    path = path.resolve()
    if path in chain:
        loop = " -> ".join(map(str, (*chain[chain.index(path) :], path)))
        raise UserError(f"extends goes in a loop: {loop}; take one of them out.")
    root = _compose(path)
    own: dict[str, Setting] = {}
    bases: list[Setting] = []
    if root is not None:
        _flatten(root, path, "", own)
    if "extends" in own:
        value, origin = own.pop("extends")
        bases = [Setting(word, origin) for word in (value if isinstance(value, list) else [value])]
    settings: dict[str, Setting] = {}
    for base in bases:
        inherited = _read(_extended(base, path), (*chain, path))
        inherited.pop("name", None)  # a recipe has its own name
        settings |= inherited
    return settings | own


def _compose(path: Path) -> yaml.MappingNode | None:
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is no YAML file: it is not UTF-8 text.") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"line {mark.line + 1}" if mark else "somewhere"
        raise UserError(f"{path}, {line}: no valid YAML: {error.problem or error}.") from None
    except RecursionError:
        raise UserError(f"{path}: no valid recipe: it is nested too deep.") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: no valid YAML: {' '.join(str(error).split())}.") from None
    if root is not None and not isinstance(root, yaml.MappingNode):
        raise UserError(f"{path}: expected lines of `key: value`, got something else.")
    return root


class _Loader(yaml.SafeLoader):
    """Reads nodes only, so a tag builds nothing; aliases could unfold without end."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise ComposerError(None, None, "recipes take no aliases (*name)", mark)
        return super().compose_node(parent, index)


def _extended(base: Setting, path: Path) -> Path:
    """The file that `extends` names: a shipped recipe or part, or a file beside the one read."""
    word = str(base.value)
    known = shipped_parts() | shipped_recipes()
    file = path.parent / Path(word).expanduser()
    if file.is_dir() and (file / FILE).is_file():
        return file / FILE
    if file.is_file():
        return file
    if word in known:
        return known[word]
    hint = suggest(word, known) or f"Known are {', '.join(known)}."
    raise UserError(f"{base.origin}: extends {word!r}, but there is no such file or recipe. {hint}")


def _flatten(
    node: yaml.MappingNode, path: Path | None, prefix: str, into: dict[str, Setting]
) -> None:
    """Put the leaves of a YAML mapping into a dict by dotted key, checking every key."""
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        origin = f"{path}, line {line}" if path else "on the command line"
        for key, value in _leaves(f"{prefix}{_plain(key_node)}", value_node, origin):
            if isinstance(value, yaml.MappingNode):
                _flatten(value, path, f"{key}.", into)
            elif key in into:
                raise UserError(f"{origin}: {key} stands there twice; keep one of them.")
            else:
                into[key] = Setting(value, origin)


def _leaves(key: str, node: yaml.Node, origin: str) -> Iterator[tuple[str, Any]]:
    """One key with its value as plain data, or with its node where it holds further keys."""
    mapping = isinstance(node, yaml.MappingNode)
    if key == "extends":
        yield key, _plain(node)
        return
    field = field_of(key)
    above = field_of(key.rpartition(".")[0]) if "." in key else None
    if key in SHORTHANDS and not mapping:
        yield f"{key}.{SHORTHANDS[key]}", _plain(node)
    elif field and (is_part(field) or is_table(field)):
        if not mapping and _plain(node) is not None:
            form = "a table of names and values" if is_table(field) else _keys_of(key)
            raise UserError(f"{origin}: {key} holds {form}, got {_said(_plain(node))}.")
        if mapping:
            yield key, node
    elif field or (above and is_table(above)):
        yield key, _plain(node)
    elif above and above.annotation is Law:
        # A form of a law: mix.snr.uniform=[0,5] is mix.snr={uniform: [0,5]}.
        parent, _, form = key.rpartition(".")
        yield parent, {form: _plain(node)}
    else:
        nearest = nearest_key(key)
        hint = f"Did you mean '{nearest}'?" if nearest else "Run `recipe run --help` for all keys."
        raise UserError(f"{origin}: unknown key '{key}'. {hint}")


def _keys_of(part: str) -> str:
    names = [key.removeprefix(f"{part}.") for key in knobs() if key.startswith(f"{part}.")]
    return f"the keys {', '.join(names)}"


def _plain(node: yaml.Node) -> Any:
    """A node as dicts, lists and texts: what `no`, `1e-3` or `010` mean, the schema says."""
    if isinstance(node, yaml.MappingNode):
        return {str(_plain(key)): _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    return None if node.tag == "tag:yaml.org,2002:null" else node.value


def _command_line(overrides: Sequence[str]) -> dict[str, Setting]:
    settings: dict[str, Setting] = {}
    for word in overrides:
        key, value = split_pair(word)
        one: dict[str, Setting] = {}
        _flatten(yaml.MappingNode("", [(_scalar(key), _value(value))]), None, "", one)
        if "extends" in one:
            raise UserError("extends= belongs into a file; on the command line name the recipe.")
        settings |= one  # the last one wins
    return settings


def _value(text: str) -> yaml.Node:
    """Lists and tables in YAML's short form; everything else is a text."""
    if text[:1] not in ("[", "{"):
        return _scalar(text)
    try:
        return yaml.compose(text, Loader=_Loader) or _scalar(text)
    except yaml.YAMLError:
        raise UserError(
            f"on the command line: {text!r} is no list like [0,5] and no table like {{a: 1}}."
        ) from None


def _scalar(text: str) -> yaml.ScalarNode:
    mark = yaml.Mark("", 0, 0, 0, None, 0)
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, mark, mark)


def _validate(settings: dict[str, Setting]) -> Recipe:
    tree: dict[str, Any] = {}
    for key, setting in settings.items():
        *above, last = key.split(".")
        place = tree
        for name in above:
            place = place.setdefault(name, {})
        place[last] = setting.value
    try:
        return Recipe.model_validate(tree)
    except ValidationError as error:
        raise UserError(_one_line(error, settings)) from None


def _one_line(error: ValidationError, settings: dict[str, Setting]) -> str:
    first = error.errors()[0]
    context = first.get("ctx", {})
    key = context.get("key") or ".".join(map(str, first["loc"]))
    while key not in settings and "." in key:  # an error inside a list or a law
        key = key.rpartition(".")[0]
    below = [setting for other, setting in settings.items() if other.startswith(f"{key}.")]
    value, origin = settings.get(key) or [*below, Setting(None, "in the recipe")][0]
    if first["type"] == "words":
        return f"{origin}: {key}: {first['msg']}"
    reason = first["msg"].removeprefix("Value error, ")
    knob = knobs().get(key) or knobs().get(key.rpartition(".")[0])
    if first["type"] == "value_error":
        return f"{origin}: {key}={_said(value)}: {reason}."
    expects = _expected(knob) if knob else reason[0].lower() + reason[1:]
    return f"{origin}: {key} expects {expects}, got {_said(value)}."


def _expected(knob: Knob) -> str:
    return f"{knob.expects} ({knob.unit})" if knob.unit else knob.expects


def _said(value: Any) -> str:
    if value is None:
        return "nothing"
    return repr(value) if isinstance(value, str) else _inline(value)


def _inline(value: Any) -> str:
    """A value as YAML on one line."""
    text = yaml.safe_dump([value], default_flow_style=True, sort_keys=False, width=2**31)
    return text.strip()[1:-1]
