"""How much a fine-tune wins from how much audio, for noises and for voices, and what it costs.

    python benchmarks/finetune.py [key=value ...] --noise FOLDER... --prompts FOLDER... --data POOL

Of each folder a third is held out for good. Of the rest, so many seconds are handed to `recipe
finetune`; the base model and what came of it are then scored on the held-out part, in scenes of the
pool, of which the base model should know no more than its train split. `--seconds 10,30,120,600`
are the amounts, the one of `--usual` is what `--ways` are compared at. Each fine-tune is a run of
its own, so what was stopped goes on with the same command. benchmarks/results/trained/finetune.json
holds what is measured, and docs/finetune.md is written from that alone: `--render` writes it anew,
and `--merge FILE...` from several such files, of work that was shared out by `--out`; of two rows
of the same, the later counts.
"""

import argparse
import json
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from compare import RESULTS, ROOT, RUN, Result
from handed_in import cut
from like_voices import NAME as LIKE_VOICES
from like_voices import like_voices
from render import CHANGED, table
from rich.console import Console

from soundsieve.cli.finetune import part
from soundsieve.config import resolve
from soundsieve.errors import UserError
from soundsieve.evaluation.removal import evaluate_removal
from soundsieve.finetuning import SCORES
from soundsieve.models.catalog import WEIGHTS, header, shipped
from soundsieve.runs import versions, whole, write_json

METHODS = {
    "adapter": (),
    "full": ("finetune.method=full",),
    "untaught": ("finetune.teacher=no",),
    "corpus": ("data={data}",),
    **{
        way: (f"train.steps={steps}", "data={data}", "train.validate_every=100")
        for way, steps in (("long", 1000), ("longer", 2000))
    },
}
"""Ways to fine-tune: the default, free in form, without the teacher, with real sound beside it, and
with six and twelve times the steps as well."""
IDEAL, MASK = "ideal", "oracle/phase-sensitive"
"""The way that needs no fine-tune: a mask that knows what is to stay."""
COLUMNS = {
    "removed, beside speech": ("new sound and speech", "attenuation"),
    "beside a like voice": (LIKE_VOICES, "attenuation"),
    "beside music": ("new sound and music", "attenuation"),
    "alone": ("new sound alone", "attenuation"),
    "speech beside it: SI-SDR": ("new sound and speech", "si_sdr"),
    "a like voice beside it: SI-SDR": (LIKE_VOICES, "si_sdr"),
    "music beside it: SI-SDR": ("new sound and music", "si_sdr"),
    "scenes without it: removed": ("old scenes", "attenuation"),
    "scenes without it: SI-SDR": ("old scenes", "si_sdr"),
    "speech by itself: SI-SDR": ("speech alone", "si_sdr"),
    "music by itself: SI-SDR": ("music alone", "si_sdr"),
    "other talkers: SI-SDR": ("other talkers", "si_sdr"),
    "other talkers: level": ("other talkers", "level"),
}
BESIDE = {heading: where for heading, where in COLUMNS.items() if "beside" in heading}
TEXT = """\
`recipe finetune {base}` on {sounds}, up to {usual} s of each: decibels before and after, on
recordings that were held out, in scenes of `{data}` ({split} split). Sounds are removed from scenes
at 0 dB; other talkers come through a small loudspeaker, as prompts do, and are to stay. How long a
fine-tune takes stands among the [times](benchmarks.md). The weights that it started from were
trained at commit {trained}{since}."""
SINCE = "; the package has later ones by now"
AMOUNTS = "The same from so many seconds of recordings, or of all there are where these are fewer."
WAYS = """\
The same, up to {usual} s handed in, in other ways: `full` changes all weights freely, and
`untaught` has no teacher, so that the true stems of the starter corpus are aimed at; `corpus` has
half its scenes of the train split of `{data}`, where others know the synthetic starter alone, and
`long` has that and 1000 steps, half an hour on one core, and `longer` 2000."""
BEST = """\
In the same scenes the phase-sensitive mask that knows what is to stay: what a real mask can keep at
best, and what it removes then. More goes at the cost of what is kept."""


def main() -> None:
    """Measures, or reads what was measured, and writes the page."""
    options = _options()
    stored = options.out / RESULTS / "finetune.json"
    try:
        if options.merge:
            write_json(stored, merge([_result(path) for path in options.merge]))
        elif not options.render:
            write_json(stored, measure(options))
        if not stored.exists():
            raise UserError(f"no {stored}: run it without --render first.")
    except UserError as error:
        sys.exit(str(error))
    with whole(options.out / "docs" / "finetune.md") as page:
        page.write_text(render(json.loads(stored.read_text())), encoding="utf-8")
    print(f"written: {options.out / 'docs' / 'finetune.md'}")


def measure(options: argparse.Namespace) -> Result:
    """The scores of every sound, amount and method."""
    rows = [row for kind, folder in _sounds(options) for row in _of_sound(kind, folder, options)]
    return {
        "base": Path(options.base).name,
        "trained": _trained(options.base),
        "data": Path(options.data).name,
        "split": options.split,
        "usual": options.usual,
        "threads": torch.get_num_threads(),
        "rows": rows,
        "command": _command(options),
        "versions": versions(),
    }


def _trained(base: str) -> str:
    """The commit at which a model's weights were trained."""
    path = shipped().get(base, Path(base))
    about = header(path / WEIGHTS if path.is_dir() else path)
    return about["training"]["versions"]["commit"]


def _result(path: Path) -> Result:
    if not path.is_file():
        raise UserError(f"no {path}: expected a finetune.json that --out left.")
    return json.loads(path.read_text(encoding="utf-8"))


def merge(results: Sequence[Result]) -> Result:
    """One result of several, measured on the same scenes; of two of the same, the later counts."""
    same = ("base", "trained", "data", "split", "usual", "threads")
    if len({tuple(result[name] for name in same) for result in results}) > 1:
        raise UserError(f"the results differ in one of {', '.join(same)}.")
    rows = {}
    for result in results:
        for row in result["rows"]:
            key = row["sound"], row["seconds"], row["way"]
            rows[key] = {"commit": result["versions"]["commit"], **row}
    commits = ", ".join(dict.fromkeys(row["commit"] for row in rows.values()))
    return {
        **results[0],
        "rows": list(rows.values()),
        "command": together([result["command"] for result in results]),
        "versions": {**results[0]["versions"], "commit": commits},
    }


def together(commands: Sequence[str]) -> str:
    """One command that does what each of several does: of every flag, all that one of them has."""
    flags: dict[str, dict[str, None]] = {}
    for command in commands:
        words = flags.setdefault("python", {})
        for word in command.split()[1:]:
            if word.startswith("--"):
                words = flags.setdefault(word, {})
            else:
                words |= dict.fromkeys(word.split(",") if word[0].isdigit() else [word])
    amounts = sorted(map(int, flags.get("--seconds", {})))
    joined = {"--seconds": [",".join(map(str, amounts))]} if amounts else {}
    return " ".join(" ".join([flag, *words]) for flag, words in (flags | joined).items())


def render(result: Result) -> str:
    """The page of a result."""
    first, usual = next(iter(METHODS)), result["usual"]
    default = _rows(result, way=first, seconds=usual)
    base, trained = result["base"], result["trained"]
    since = SINCE if base in shipped() and _trained(base) != trained else ""
    sounds = f"{len(default)} sounds"
    parts = ["# Fine-tuning", TEXT.format(sounds=sounds, since=since, **result)]
    for kind in dict.fromkeys(row["kind"] for row in default):
        rows = _rows(result, kind=kind)
        some = {row["sound"]: [row] for row in default if row["kind"] == kind}
        whole = {"mean": [row for [row] in some.values()]} if len(some) > 1 else {}
        parts += [f"## {kind}", _table(some | whole)]
        if ideal := _rows(result, kind=kind, way=IDEAL):
            parts += [BEST, _table({row["sound"]: [row] for row in ideal}, BESIDE, ("after",))]
        taught = [row for row in rows if row["way"] != IDEAL]
        for said, key in ((AMOUNTS, "seconds"), (WAYS, "way")):
            if several := _several(taught, key, first, usual):
                parts += [said.format(**result), _table(several)]
    made = result["versions"]
    source = f"Written, in parts, by `{result['command']}` at commit {made['commit']}, torch "
    source += f"{made['torch']}{CHANGED * ('+' in made['commit'])}."
    return "\n\n".join([*parts, source]) + "\n"


def _rows(result: Result, **wanted: Any) -> list[Result]:
    """The rows with these values."""
    return [row for row in result["rows"] if all(row[k] == v for k, v in wanted.items())]


def _of_sound(kind: str, folder: Path, options: argparse.Namespace) -> Iterator[Result]:
    """The rows of one sound: every amount by the first method, the usual one by all."""
    place = options.work / f"{kind}-{folder.name}"
    learned, test = cut(folder, place, options.seconds, options.usual)
    for seconds, recordings in learned.items():
        for way in options.ways if seconds == options.usual else list(METHODS)[:1]:
            run = None if way == IDEAL else _run(kind, recordings, METHODS[way], options)
            yield {
                "kind": kind,
                "sound": folder.name,
                "seconds": seconds,
                "way": way,
                "run": _facts(run) if run else {},
                **_scored(kind, str(run or MASK), test, options),
            }


def _run(kind: str, recordings: Path, words: Sequence[str], options: argparse.Namespace) -> Path:
    """The run folder of a fine-tune; what is finished is found again by the same command."""
    command = ["finetune", options.base, f"{kind}={recordings}", f"out={options.work / 'runs'}"]
    command += [word.format(data=options.data) for word in words] + options.words
    print("recipe", shlex.join(command), flush=True)
    done = subprocess.run(
        [sys.executable, "-c", RUN, *command], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode == 130:
        raise KeyboardInterrupt
    if done.returncode:
        raise UserError(f"a fine-tune ended with code {done.returncode}.")
    return Path(done.stdout.rsplit("model=", 1)[1].strip())


def _facts(run: Path) -> Result:
    scores = json.loads((run / SCORES).read_text(encoding="utf-8"))
    return {name: scores[name] for name in ("seconds", "training", "losses", "offered")}


def _scored(kind: str, model: str, test: Path, options: argparse.Namespace) -> Result:
    """Scores before and after on held-out recordings."""
    words = [f"data={options.data}", f"score.split={options.split}"]
    words += [f"score.scenes={options.scenes}", f"seed={options.seed}"]
    mine = [word for word in options.words if word.startswith("mix.")]
    models, console = [options.base, model], Console(quiet=True)
    recipe = resolve(part(kind), [*words, *mine])
    found = evaluate_removal(models, str(test), kind, None, recipe, None, console)["scores"]
    if kind == "prompts":
        for name, values in like_voices(models, test, recipe).items():
            found[name] |= values
    return {"before": found[options.base], "after": found[model]}


def _several(rows: list[Result], key: str, way: str, usual: int) -> dict[str, list[Result]]:
    """Rows of the sounds that were taught from several amounts, or in several ways, by a label."""
    usually = {"seconds": {"way": way}, "way": {"seconds": usual}}[key]
    found = sorted(_rows({"rows": rows}, **usually), key=lambda row: (row["sound"], row["seconds"]))
    counts = Counter(row["sound"] for row in found)
    unit = {"seconds": " s", "way": ""}[key]
    return {f"{r['sound']}, {r[key]}{unit}": [r] for r in found if counts[r["sound"]] > 1}


def _table(
    groups: dict[str, list[Result]],
    columns: dict[str, tuple[str, str]] = COLUMNS,
    times: Sequence[str] = ("before", "after"),
) -> str:
    """A row for each group: means of every measure that is known, and commits that differ."""
    made = {label: {row.get("commit", "") for row in some} for label, some in groups.items()}
    cells = {
        heading: [_cell(some, *where, times) for some in groups.values()]
        for heading, where in columns.items()
    }
    known = {"sound": list(groups)} | {h: column for h, column in cells.items() if any(column)}
    if len(set().union(*made.values())) > 1:
        known["commit"] = [next(iter(c)) if len(c) == 1 else "" for c in made.values()]
    return table({"columns": list(known), "rows": list(zip(*known.values(), strict=True))})


def _cell(rows: Sequence[Result], scenes: str, measure_: str, times: Sequence[str]) -> str:
    values = [[row[when].get(scenes, {}).get(measure_) for when in times] for row in rows]
    known = [found for found in values if None not in found]
    if not known:
        return ""
    means = (sum(column) / len(known) for column in zip(*known, strict=True))
    return " → ".join(f"{mean:.1f}" for mean in means)


def _sounds(options: argparse.Namespace) -> Iterator[tuple[str, Path]]:
    for kind in ("noise", "prompts"):
        for folder in getattr(options, kind):
            yield kind, folder


def _options() -> argparse.Namespace:
    words = argparse.ArgumentParser("benchmarks/finetune.py", description=__doc__)
    words.add_argument("words", nargs="*", metavar="key=value", help="for every fine-tune")
    words.add_argument("--noise", nargs="*", type=Path, default=[], help="a folder a noise")
    words.add_argument("--prompts", nargs="*", type=Path, default=[], help="a folder a voice")
    words.add_argument("--base", default="any", help="the model to start from")
    words.add_argument("--data", default="starter", help="recordings to score in")
    words.add_argument("--split", default="valid", help="of these")
    words.add_argument("--seconds", type=_numbers, default=[10, 30, 120, 600])
    words.add_argument("--ways", nargs="*", choices=[*METHODS, IDEAL], default=[*METHODS, IDEAL])
    words.add_argument("--usual", type=int, default=120, help="seconds at which methods compare")
    words.add_argument("--scenes", type=int, default=32, help="scored of each kind")
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--work", type=Path, default=Path("runs", "benchmark-finetune"))
    words.add_argument("--out", type=Path, default=ROOT, help="in place of this checkout")
    words.add_argument("--merge", nargs="+", type=Path, help="write the page of these results")
    words.add_argument("--render", action="store_true", help="only write the page anew")
    return words.parse_intermixed_args()


def _numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


def _command(options: argparse.Namespace) -> str:
    """The command, with folders by name."""
    flags: dict[str, Any] = {
        "noise": " ".join(path.name for path in options.noise),
        "prompts": " ".join(path.name for path in options.prompts),
        "data": Path(options.data).name,
        "split": options.split,
        "seconds": ",".join(map(str, options.seconds)),
        "ways": " ".join(options.ways),
        "usual": options.usual,
        "scenes": options.scenes,
        "seed": options.seed,
    }
    said = [f"--{name} {value}" for name, value in flags.items() if value != ""]
    return f"python benchmarks/finetune.py {' '.join([*said, *options.words])}"


if __name__ == "__main__":
    main()
