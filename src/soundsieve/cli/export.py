"""`recipe export`: a model as ONNX, with its card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from soundsieve.cli.words import options, sort, switch, whole
from soundsieve.errors import UserError

KEYS = ("out", "int8", "channels")
HELP = """\
recipe export MODEL [out=NAME.onnx] [int8=yes] [channels=2]

Writes a model as an ONNX graph of one hop: a block and the state go in, the estimates and the next
state come out, all shapes fixed. Before it is written it is run by ONNX Runtime on a minute of
sound, must equal PyTorch to 1e-4, and is timed. Beside it stands NAME.json, its card: outputs,
rate, hop, latency, shapes, parameters, bytes, time a hop, licence, and how it was trained.
MODEL is a shipped name, a run folder or a model file. A hop of an offline model is some seconds;
models of songs have no ONNX form.

keys:
  out       the file to write (the model's name, here)
  int8      yes: also NAME.int8.onnx, weights of one byte, with what that costs on its card (no)
  channels  of the sound that the graph gets; they share one set of masks (1); a graph of one takes
            each channel of stereo by itself, which can move the image

examples:
  recipe export any out=any.onnx int8=yes
  recipe export runs/NAME out=car.onnx channels=2
  recipe separate street.wav keep=speech+music model=any.onnx
"""


def help_text() -> str:
    """The help of the verb."""
    return HELP


def main(words: Sequence[str]) -> int:
    """Check the words, then export."""
    names, pairs = sort(words)
    found = options(pairs, KEYS, "export")
    if len(names) != 1:
        got = f"got {' '.join(names)}" if names else "none is named"
        raise UserError(f"expected one model, {got}; write recipe export any out=any.onnx, say.")
    int8, channels = switch(found, "int8"), whole(found, "channels") or 1
    out = Path(found["out"]).expanduser() if "out" in found else None

    from rich.console import Console

    from soundsieve.export.command import export

    with Console(stderr=True).status("starting") as status:
        done = export(names[0], out, channels, int8, status.update)
    for file in done:
        print(file)
    return 0
