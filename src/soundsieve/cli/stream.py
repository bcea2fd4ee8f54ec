"""`recipe stream`: block by block, as in a live chain."""

from __future__ import annotations

from collections.abc import Sequence
from os.path import expanduser

from soundsieve.cli.words import needed, options, sort, whole
from soundsieve.errors import UserError
from soundsieve.models.catalog import tree
from soundsieve.target import parse

KEYS = ("in", "out", "keep", "model", "block", "sample_rate", "channels", "encoding")
HELP = """\
recipe stream in=FILE|- out=FILE|- keep=TARGET [model=MODEL] [block=SAMPLES]

The model of `recipe separate`, fed block by block. From file to file it writes what `separate`
writes. `-` is standard input or output as raw PCM, which comes out later by the model's latency.

keys:
  in, out      a file, or - for raw PCM through a pipe
  keep         one output, as speech+music@-12
  model        a shipped name, a run folder or a file; any by default
  block        samples that are read at once (one hop of the model)
  sample_rate  of raw PCM, in Hz (the model's)
  channels     of raw PCM (1)
  encoding     of raw PCM: s16, s24, s32 or f32, little-endian (s16)

examples:
  recipe stream in=street.wav out=clean.wav keep=speech+music
  recipe stream in=street.wav out=clean.wav keep=speech block=160
  arecord -t raw -f S16_LE -r 48000 | recipe stream in=- out=- sample_rate=48000 \\
      keep=speech+music | aplay -t raw -f S16_LE -r 48000
"""


def help_text() -> str:
    """The help of the verb."""
    return HELP


def main(words: Sequence[str]) -> int:
    """Check the words, then stream until the input ends."""
    names, pairs = sort(words)
    if names:
        raise UserError(f"expected key=value only, got {names[0]!r}; write in={names[0]}, say.")
    found = options(pairs, KEYS, "stream")
    source = expanduser(needed(found, "in", "street.wav"))
    sink = expanduser(needed(found, "out", "clean.wav"))
    targets = parse(needed(found, "keep", "speech+music"), tree(found.get("model")))
    block, sample_rate = whole(found, "block"), whole(found, "sample_rate")
    channels, encoding = whole(found, "channels") or 1, found.get("encoding", "s16")
    raw = ("encoding",) if "-" in (source, sink) else ()
    raw = ("sample_rate", "channels", *raw) if source == "-" else raw
    for key in {"sample_rate", "channels", "encoding"} & found.keys() - set(raw):
        raise UserError(f"{key}= is of raw PCM through a pipe; a file says its own, leave it out.")

    from soundsieve.inference.live import stream

    stream(source, sink, targets, found.get("model"), block, sample_rate, channels, encoding)
    return 0
