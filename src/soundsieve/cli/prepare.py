"""`recipe prepare`: from folders and corpora to a pool that training reads at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from soundsieve.cli.words import options, sort, switch, whole
from soundsieve.errors import UserError, suggest
from soundsieve.forms import LIVE, Form
from soundsieve.stems import STEMS

if TYPE_CHECKING:
    from soundsieve.data.source import Source

ONCE = (
    *("name", "out", "root", "download", "subset", "licence", "clean"),
    *("sample_rate", "channels", "max_clipped", "workers", "fresh", "shards"),
)
FOLDERS = ("songs", "pairs", "manifest")
HELP = """\
recipe prepare [FOLDER or CORPUS...] [STEM=FOLDER...] [songs=FOLDER] [pairs=FOLDER] [name=NAME]

Finds recordings, checks every one, splits them so that no speaker, song or recording is in two of
train, valid and test, and decodes them into pools/NAME, which data= takes. Files that are broken,
silent or clipped are left out; dropped.csv says which and why. Interrupted, the same command goes
on where it was; run again, it decodes only what is new or changed, and every group keeps its split.

what to take:
  STEM=FOLDER   speech=, music=, noise=, prompts=, vocals=...: recordings of one stem; also twice
  songs=        a folder a song, with vocals.wav, drums.wav, bass.wav, other.wav, or STEMS mp4 files
  pairs=        noisy/ and clean/ with files of the same names; clean=STEM is what is clean (speech)
  manifest=     a CSV file with path and stem, and any of split, group, speaker, song, kind,
                language, licence; a split that it gives is final
  FOLDER        a folder with all that inside: speech/ music/ noise/ prompts/ songs/
  CORPUS        a name of `recipe list corpora`, with root=FOLDER where it is not in a usual place

keys:
  name          of the pool (the folder's or the corpus'; needed where several are given)
  out           folder of the pools (pools)
  sample_rate   of the decoded recordings, in Hz (16000)
  channels      of the decoded recordings (1); other forms are decoded when they are asked for
  licence       of the recordings whose manifest says none
  max_clipped   share of clipped samples that is let pass (0.005); 1 lets all pass
  workers       recordings decoded at a time (a core each)
  fresh         yes: forget what the pool held, splits too (no)
  shards        yes: also write the pool as tar shards (WebDataset) into pools/NAME/shards (no);
                data= takes that folder, or URLs such as s3://bucket/{000000..000012}.tar
  download      yes: fetch the corpus into root= first, where a library offers it (no)
  subset        the part of the corpus to fetch; the pool is of all parts that are there by then

A group is a folder right under the stem's (a speaker, say), else the name without its take:
talk_01, talk take2 and talk (copy) are one group, as are files of one telling name in two folders.

examples:
  recipe prepare speech=~/recordings noise=~/noises music=~/songs name=mine
  recipe prepare songs=~/stems prompts=~/voice licence=CC0-1.0 name=car
  recipe prepare pairs=~/pairs name=pairs
  recipe prepare musdb root=~/musdb18 sample_rate=44100 channels=2
  recipe prepare librispeech root=~/corpora download=yes subset=dev-clean       to validate on, then
  recipe prepare librispeech root=~/corpora download=yes subset=train-clean-100
  recipe run keep=speech+music data=pools/mine
"""


def help_text() -> str:
    """The help of the verb."""
    return HELP


def main(words: Sequence[str]) -> int:
    """Find the recordings, prepare them, say what came of it."""
    names, pairs = sort(words)
    takes = (*STEMS.names, *FOLDERS)
    folders = [pair.partition("=") for pair in pairs if pair.partition("=")[0] in takes]
    rest = [pair for pair in pairs if pair.partition("=")[0] not in takes]
    found = options(rest, (*ONCE, *takes), "prepare")
    places = [(key, Path(value or "?").expanduser()) for key, _, value in folders]
    if not names and not places:
        raise UserError("nothing is named; write recipe prepare speech=FOLDER name=mine, say.")
    folder = Path(found.get("out", "pools")).expanduser() / _name(found, names, places)
    form = Form(
        whole(found, "sample_rate") or LIVE.sample_rate, whole(found, "channels") or LIVE.channels
    )
    if form.channels > 2:
        raise UserError(f"channels={form.channels}: expected 1 or 2.")
    workers, fresh = whole(found, "workers"), switch(found, "fresh")
    shards = switch(found, "shards")
    most_clipped = _share(found, "max_clipped", 0.005)

    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    sources, gaps = _sources(names, places, found)
    from soundsieve.cli.prepared import work

    work(sources, folder, console, gaps, form, workers, most_clipped, fresh, shards)
    return 0


def _sources(
    names: Sequence[str], places: Sequence[tuple[str, Path]], found: dict[str, str]
) -> tuple[list[Source], list[str]]:
    """Every recording that was named, and what corpora lack."""
    from dataclasses import replace

    from soundsieve.data.sources import find_sources, told_apart

    there: list[tuple[str, list[Source]]] = []
    gaps: list[str] = []
    for name in names:
        if _is_corpus(name):
            some, lines = _corpus(name, found)
            there.append((name, some))
            gaps += lines
        elif Path(name).expanduser().exists():
            there.append((Path(name).name, find_sources(Path(name).expanduser())))
        else:
            from soundsieve.data.corpora import CORPORA

            hint = suggest(name, CORPORA) or "See `recipe list corpora`."
            raise UserError(f"{name} is no folder here and no corpus. {hint}")
    there += [(path.name, _folder(key, path, found)) for key, path in places]
    sources, licence = told_apart(there), found.get("licence", "")
    return [replace(s, licence=s.licence or licence) for s in sources], gaps


def _folder(key: str, path: Path, found: dict[str, str]) -> list[Source]:
    from soundsieve.data import sources

    if key == "manifest" and not path.is_file():
        raise UserError(f"manifest={path}: no such file; expected a CSV file with path and stem.")
    if key == "manifest":
        return sources.find_sources(path)
    if not path.is_dir():
        raise UserError(f"{key}={path}: no such folder.")
    if key == "pairs":
        missing = [name for name in ("noisy", "clean") if not (path / name).is_dir()]
        if missing:
            raise UserError(f"pairs={path}: expected noisy/ and clean/ in it, {missing[0]}/ lacks.")
        STEMS.check(clean := found.get("clean", "speech"))
        some = list(sources.pair_sources(path, clean))
    else:
        some = list(
            sources.song_sources(path) if key == "songs" else sources.stem_sources(path, key)
        )
    if not some:
        what = "a folder a song with vocals.wav, drums.wav..." if key == "songs" else "audio files"
        raise UserError(f"{key}={path}: nothing in it; expected {what}")
    return some


def _corpus(name: str, found: dict[str, str]) -> tuple[list[Source], list[str]]:
    from soundsieve.data.corpora import CORPORA
    from soundsieve.data.corpora.fetch import fetch

    corpus = CORPORA[name]
    root = Path(found["root"]).expanduser() if "root" in found else None
    if switch(found, "download"):
        root = root or Path("corpora")
        fetch(name, corpus, root, found.get("subset", ""))
    root = root or corpus.find()
    if root is None:
        raise UserError(
            f"{name} is not in a usual place; write root=FOLDER, which holds {corpus.layout}. "
            f"Where to get it: {corpus.origin}."
        )
    root = corpus.root(root)
    sources, gaps = corpus.sources(root), corpus.missing(root)
    if not sources:
        why = "; ".join(gaps) or "no recording is there"
        raise UserError(f"{root} holds no {name}: {why}. Expected {corpus.layout}.")
    return sources, [f"{name}: {line}" for line in gaps]


def _is_corpus(name: str) -> bool:
    from soundsieve.data.corpora import CORPORA

    return name in CORPORA and not (name == "folder" and Path(name).exists())


def _name(found: dict[str, str], names: Sequence[str], places: Sequence[tuple[str, Path]]) -> str:
    if "name" in found:
        name = found["name"]
        if Path(name).name != name or name.startswith("."):
            raise UserError(f"name={name}: expected a plain name; the folder goes into out=.")
        return name
    if len(names) == 1 and not places:
        path = Path(names[0]).expanduser().resolve()
        return names[0] if _is_corpus(names[0]) else path.name if path.is_dir() else path.stem
    raise UserError("name= is missing; write name=mine, say: the pool goes to pools/mine.")


def _share(found: dict[str, str], key: str, default: float) -> float:
    try:
        value = float(found.get(key, default))
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise UserError(f"{key} expects a share from 0 to 1, got {found[key]!r}.")
    return value
