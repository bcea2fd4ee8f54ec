"""`recipe evaluate`: one table for models and baselines on the same scenes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from soundsieve.cli.words import at_most_one, models, options, sort
from soundsieve.errors import UserError

KEYS = ("model", "out", "songs", "noise", "prompts")
SONGS = ("auto", "museval", "sdr", "no")
HELP = """\
recipe evaluate [RECIPE] [model=A,B...] [data=...] [keep=...] [score.KEY=...] [out=FOLDER]

Scores models on the same held-out scenes and prints one table: SI-SDR and its improvement, SDR,
level of what is kept, attenuation of what is removed, with intervals; two models get a paired
interval. The unprocessed mixture, a classical suppressor and ideal masks stand beside them.
Where the data is songs in parts, whole songs are scored by museval in place of scenes, beside the
mixture, an ideal ratio mask and librosa's harmonic-percussive separation.

keys:
  model     run folders, files, shipped names, or baselines: mixture, classical,
            classical/spectral-subtraction, classical/hpss, oracle/ratio,
            oracle/phase-sensitive, oracle/complex
  noise     recordings of one noise: how much of it goes, and what becomes of the rest; mixture and
            classical/hpss cannot be named beside it
  prompts   the same for a prompt voice; what a fine-tuned model has learned of them is left out
  out       a folder for scores.json, scores.csv and plots; of songs, songs.json and museval's files
  songs     how whole songs are scored: museval; sdr, which is its SDR alone, in a fraction of its
            time and memory; no: scenes in their place; auto
  others    those of `recipe run`: data=, keep=, seed=, score.scenes=, score.snr=, score.split=...

examples:
  recipe evaluate model=runs/NAME,classical
  recipe evaluate model=runs/A,runs/B data=~/recordings keep=speech+music
  recipe evaluate model=any,runs/finetune-any-0123ab prompts=~/navi-voice
  recipe evaluate model=any,oracle/phase-sensitive noise=~/our-lathe
  recipe evaluate songs model=runs/NAME data=pools/musdb score.split=test out=scores
  recipe evaluate model=runs/NAME score.snr=0,5,10 score.scenes=100 out=scores
"""


def help_text() -> str:
    """The help of the verb."""
    return HELP


def main(words: Sequence[str]) -> int:
    """Check the words, then score."""
    from soundsieve.config import resolve

    names, pairs = sort(words)
    mine = [pair for pair in pairs if pair.partition("=")[0] in KEYS]
    found = options(mine, KEYS, "evaluate")
    others = [pair for pair in pairs if pair not in mine]
    if {"noise", "prompts"} & found.keys():
        return _removal(found, names, others)
    songs = found.get("songs", SONGS[0])
    if songs not in SONGS:
        raise UserError(f"songs expects one of {', '.join(SONGS)}, got {songs!r}.")
    recipe = resolve(at_most_one(names), others)
    out = Path(found["out"]).expanduser() if "out" in found else None

    from rich.console import Console

    from soundsieve.evaluation.command import evaluate
    from soundsieve.runs import make_folder

    if out:
        make_folder(out)
    done = evaluate(models(found), recipe, out, Console(highlight=False), songs=songs)
    if out and done:
        from soundsieve.report.run import write_report

        write_report(out, done.estimators, done.mixer, recipe, done.scores)
    return 0


def _removal(found: dict[str, str], names: Sequence[str], pairs: Sequence[str]) -> int:
    """Scores the removal of a sound, in the scenes of a fine-tune."""
    from soundsieve.cli.finetune import part
    from soundsieve.config import resolve

    stem = "noise" if "noise" in found else "prompts"
    if {"noise", "prompts"} <= found.keys() or names:
        raise UserError("expected one of noise= and prompts=, and key=value words; see --help.")
    keep = [pair.partition("=")[2] for pair in pairs if pair.startswith("keep=")]
    recipe = resolve(part(stem), [pair for pair in pairs if not pair.startswith("keep=")])
    out = Path(found["out"]).expanduser() if "out" in found else None

    from rich.console import Console

    from soundsieve.evaluation.removal import evaluate_removal
    from soundsieve.runs import make_folder

    if out:
        make_folder(out)
    console, main = Console(highlight=False), keep[-1] if keep else None
    evaluate_removal(models(found), found[stem], stem, main, recipe, out, console)
    return 0
