"""The door of the command `recipe`: help, the dispatch to a module a verb, and the exit codes."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from io import TextIOWrapper
from types import FrameType

from soundsieve.errors import UserError, suggest

# A verb is the module of its name here, with help_text() and main(words), imported when asked for.
VERBS = {
    "run": "draw scenes, train a model, score it, report",
    "finetune": "teach a model a noise or a prompt voice of your own, in minutes",
    "separate": "keep the chosen sounds of files and folders",
    "stream": "the same block by block, from file or pipe to file or pipe",
    "evaluate": "one table for models and baselines on the same scenes",
    "prepare": "check, split and decode your recordings or a corpus into a pool",
    "export": "a model as ONNX, proved equal and timed, with its card",
    "scenes": "write scenes to listen to, as training draws them",
    "list": "what there is: recipes, models, stems, corpora",
    "show": "a recipe with all its keys, as YAML",
}
HELP = """\
recipe keeps the sounds that you choose and removes the rest.

usage:  recipe VERB [FILE or RECIPE...] [key=value...]

{verbs}

What to keep is one word, safe in every shell:
  keep=speech                    speech alone
  keep=speech+music              both; noise and prompts go
  keep=all-prompts               everything but navigation prompts
  keep=music-vocals              the backing track
  keep=speech+music@-12          music 12 dB down
  keep=vocals,drums,bass,other   four outputs

First steps:
  recipe separate street.wav keep=speech+music         nothing to train: a model comes along
  recipe stream in=street.wav out=clean.wav keep=speech+music
  recipe run keep=speech+music                         train one on the built-in corpus
  recipe run keep=speech+music data=FOLDER             on your own speech/ music/ noise/ prompts/
  recipe separate street.wav keep=speech+music model=runs/NAME
  recipe evaluate model=runs/NAME,any,classical        compare it
  recipe finetune any noise=FOLDER                     teach the model a noise of your own
  recipe show train.steps=2000                         see what a run would do

recipe VERB --help says more; recipe run --help lists every key.
"""
# What a full or locked disk raises, whoever was writing.
DISK = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS}
# What a name may raise, wherever it is looked up.
NAME = {errno.ENAMETOOLONG, errno.ELOOP}


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, 2 for what the user can mend, 130 after Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # the name of a file may be no UTF-8
            stream.reconfigure(errors="backslashreplace")
    try:
        with _ended_as_by_ctrl_c():
            code = _dispatch(list(sys.argv[1:] if words is None else words))
        sys.stdout.flush()
        return code
    except UserError as error:
        return complain([str(error)])
    except KeyboardInterrupt:
        print("recipe: interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has seen enough; keep the interpreter from flushing into it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.errno not in DISK | NAME:
            raise
        way = "choose another name" if error.errno in NAME else "make room or rights"
        return complain([f"{error.filename or 'the disk'}: {error.strerror}; {way}."])


@contextmanager
def _ended_as_by_ctrl_c() -> Iterator[None]:
    """Takes what ends a service, or a terminal; only the main thread hears it."""
    numbers = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]
    here = threading.current_thread() is threading.main_thread()
    # Under nohup the second is ignored, and stays so.
    ours = [n for n in numbers if here and n and signal.getsignal(n) == signal.SIG_DFL]
    for number in ours:
        signal.signal(number, partial(_end, os.getpid()))
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _end(process: int, number: int, _: FrameType | None) -> None:
    """Ends as Ctrl-C does, with nothing half written; a process that was forked off just ends."""
    if os.getpid() == process:
        raise KeyboardInterrupt
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def complain(lines: Sequence[str]) -> int:
    """Print errors to standard error, one line each; give the exit code."""
    for line in lines:
        print(f"recipe: {line}", file=sys.stderr)
    return 2


def _dispatch(words: list[str]) -> int:
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    if not words or words[0] in ("--help", "-h"):
        print(HELP.format(verbs=_verbs()), end="")
        return 0
    if words[0] == "--version":
        from importlib.metadata import version

        print(f"soundsieve {version('soundsieve')}")
        return 0
    verb, *rest = words
    if verb not in VERBS:
        hint = suggest(verb, VERBS) or f"The verbs are {', '.join(VERBS)}."
        if "=" in verb or os.path.exists(verb):
            first = "run" if "=" in verb else "separate"
            hint = f"A verb comes first; write recipe {first} {' '.join(words)}, say."
        raise UserError(f"unknown verb {verb!r}. {hint}")
    module = import_module(f"soundsieve.cli.{verb}")
    if "--help" in rest or "-h" in rest:
        print(module.help_text(), end="")
        return 0
    return module.main(rest)


def _verbs() -> str:
    return "\n".join(f"  {verb:<10} {text}" for verb, text in VERBS.items())
