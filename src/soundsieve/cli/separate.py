"""`recipe separate`: files in, files out."""

from __future__ import annotations

from collections.abc import Sequence
from os import sep
from pathlib import Path

from soundsieve.cli.door import complain
from soundsieve.cli.words import needed, options, sort, switch
from soundsieve.errors import UserError
from soundsieve.models.catalog import DEFAULT, tree
from soundsieve.target import normal_form, parse

KEYS = ("keep", "model", "out", "residual", "format")
HELP = """\
recipe separate FILE... keep=TARGET [model=MODEL] [out=FOLDER] [residual=yes] [format=musdb]

Writes what is kept of each file to FOLDER/<its name>.<target>.<ext>, with the rate, channels and
length of the input: wav, flac, ogg, opus, mp3 and what ffmpeg reads, any rate, any length. A wav
stays a wav, all else becomes flac.
A folder stands for the audio files in it. A file that fails gets one line, the others are done.

keys:
  keep      what to keep, as speech+music@-12 or all-prompts; a,b gives two outputs
  model     a shipped name, a run folder or a file, ours or asteroid's (.pth, .bin); without it, the
            shipped model, any
  out       the folder to write into (separated)
  residual  yes: also write what was removed, to <its name>.residual.<ext> (no)
  format    files; or for keep=vocals,drums,bass,other, with the song itself as mixture: musdb, a
            folder of wav files as MUSDB18-HQ has it, or stems.mp4, one file of five streams (files)

examples:
  recipe separate street.wav keep=speech+music
  recipe separate talks/ keep=speech out=cleaned residual=yes
  recipe separate drive.m4a keep=all-prompts model=runs/NAME
  recipe separate song.flac keep=vocals,drums,bass,other model=runs/NAME format=stems.mp4
  recipe separate ./a=b.wav keep=speech             a name with = needs its folder
"""


def help_text() -> str:
    """The help of the verb."""
    return HELP


def main(words: Sequence[str]) -> int:
    """Check the words, then separate every file."""
    files, pairs = sort(words)
    found = options(pairs, KEYS, "separate")
    targets = parse(needed(found, "keep", "speech+music"), tree(found.get("model")))
    residual = switch(found, "residual")
    for name in files:
        if name in KEYS and not Path(name).exists():
            raise UserError(f"{name} is a key and needs a value; write {name}=..., see --help.")
    if "-" in files:
        raise UserError("- is no file; a pipe goes through recipe stream in=- out=-.")
    if not files:
        raise UserError("no file is named; write recipe separate FILE... keep=..., say.")
    out = Path(found["out"]).expanduser() if "out" in found else None
    model, layout = found.get("model"), found.get("format", "files")

    from rich.console import Console
    from rich.progress import Progress

    from soundsieve.inference.separate import separate_files

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        done, errors = separate_files(
            list(map(Path, files)), targets, model, out, residual, progress, layout
        )
    if done:
        place = f"{out or 'separated'}{sep}"
        print(f"{normal_form(targets)}: {done} done by {model or DEFAULT}, in {place}")
    return complain(errors) if errors else 0
