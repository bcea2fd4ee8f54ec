"""`recipe list`: what there is to choose from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple

from soundsieve.cli.words import sort
from soundsieve.errors import UserError, suggest
from soundsieve.stems import ABOUT, STEMS

HELP = """\
recipe list recipes|models|stems|corpora

  recipes   what `recipe run` and `recipe show` take by name
  models    what model= takes: shipped models, the run folders here, and the families to train
  stems     the words of keep=
  corpora   what data= takes by name, beside folders and manifests

example:
  recipe list stems
"""

TITLES = ("model", "outputs", "rate", "size", "latency", "SI-SDR gain", "licence")


def help_text() -> str:
    """The help of the verb."""
    return HELP


def main(words: Sequence[str]) -> int:
    """Print one list."""
    names, pairs = sort(words)
    what = " ".join([*names, *pairs])
    if what not in LISTS:
        hint = suggest(what, LISTS) or f"Choose from {', '.join(LISTS)}."
        raise UserError(f"there is no list of {what!r}. {hint}" if what else f"of what? {hint}")
    for line in LISTS[what]():
        print(line)
    return 0


def recipes() -> Iterable[str]:
    """A line a recipe; its text is the first comment of its file."""
    from soundsieve.config import shipped_recipes

    for name, path in shipped_recipes().items():
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        yield f"{name:<14} {first.lstrip('# ')}"


def stems() -> Iterable[str]:
    """A line a stem, its parts indented below it."""
    for name in ("all", *STEMS.names):
        word = "  " * (len(STEMS.path(name)) - 1) + name
        yield f"{word:<18} {ABOUT[name]}"


def corpora() -> Iterable[str]:
    """A few lines a corpus: what it is, how much, its licence, where to get it and where it is."""
    from soundsieve.data.corpora import CORPORA

    yield "starter: synthetic speech, songs, noises and prompts inside the package; the default"
    for name, corpus in CORPORA.items():
        size = f", {corpus.gigabytes:g} GB" if corpus.gigabytes else ""
        amount = f" ({corpus.hours:g} h{size})" if corpus.hours else ""
        yield ""
        yield f"{name}: {corpus.about}{amount}"
        yield f"  stems    {', '.join(corpus.stems)}"
        yield f"  licence  {corpus.licence}"
        yield f"  get it   {corpus.origin}"
        yield f"  layout   {corpus.layout}"
        if corpus.folders:
            yield f"  here     {corpus.find() or f'not found; recipe prepare {name} root=FOLDER'}"


def models() -> Iterable[str]:
    """The families that can be trained, then a line a model.

    What it keeps, rate, numbers and bytes, latency, score, licence.
    """
    from soundsieve.models.catalog import FAMILIES

    yield "families, for `recipe run model=FAMILY` (asteroid: pip install 'soundsieve[asteroid]')"
    yield from (f"  {name:<20} {about}" for name, about in FAMILIES.items())
    yield ""
    yield from _trained()


def _trained() -> Iterable[str]:
    from soundsieve.models.catalog import entry, runs, shipped

    found = shipped() | runs()
    if not found:
        yield "no models yet; `recipe run keep=speech+music` trains one."
        return
    rows: list[tuple[str, ...]] = [TITLES]
    faults: list[str] = []
    for name, path in found.items():
        try:
            rows.append((name, *(cell or "-" for cell in astuple(entry(path)))))
        except UserError as error:
            faults.append(str(error))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
    yield from faults


LISTS: dict[str, Callable[[], Iterable[str]]] = {
    "recipes": recipes,
    "models": models,
    "stems": stems,
    "corpora": corpora,
}
