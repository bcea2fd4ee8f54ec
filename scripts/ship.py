"""Makes a run the model that the package brings along: its weights, its card, its recordings.

usage: python -m scripts.ship RUN NAME MANIFEST... [scores=FOLDER,FOLDER...] [start=FILE,FILE...]
       python -m scripts.ship gates RUN STEM=SHIFT...

RUN is a finished run folder, NAME the shipped name (any), MANIFEST the manifest.csv files of its
data, with the columns path, split, seconds, licence and repo; each FOLDER of scores was written by
`recipe evaluate model=RUN ... out=FOLDER`; each FILE is a model whose weights the next one, and at
last the run, went on from: its header says what it went on from itself. The second form moves, in a
run's own weights and before it is scored, the point at which the gate of a stem opens: down for one
that takes what belongs to others.
Writes src/soundsieve/models/shipped/NAME.safetensors,
docs/models/NAME.md and NAME-sources.csv.
"""

import csv
import json
import sys
from collections import defaultdict
from pathlib import Path

import torch

from soundsieve.config import resolve
from soundsieve.evaluation.scores import JSON
from soundsieve.evaluation.table import SEVERAL
from soundsieve.models.catalog import SHIPPED, header
from soundsieve.models.files import load, save
from soundsieve.models.find import WEIGHTS
from soundsieve.models.multihead import MultiHead
from soundsieve.runs import whole

DOCS = Path(__file__).parents[1] / "docs" / "models"
LICENCE = "MIT (weights); trained on recordings under the licences of the card"
CARD = """\
# {name}

{family} model for `{outputs}`: {parameters:,} parameters, {rate} Hz, latency {latency:.0f} ms.

- **Trained** for {minutes:.0f} minutes on {device} ({steps} steps, {hours:.1f} h of scenes), seed
  {seed}, commit {commit}, torch {torch}{start}:
  `recipe run {name} data=FOLDER{words}`.{gates}
- **Data**: {count} recordings of the train split: {list}. By licence:

| licence | recordings | minutes |
|---|---|---|
{licences}

Licence: {licence}.
Every recording with its licence and its source stands in [{name}-sources.csv]({name}-sources.csv).

## Scores

Mean SI-SDR improvement in dB with 95 % bootstrap intervals.

{tables}

## What it does badly

{worst}
Prompts are voices: one that it was not taught goes in part only. Percussive music and tonal
machines are taken for each other.

Written by `python -m scripts.ship`.
"""


UNSAID = ("data.path", "data.licences", "out", "device", "fresh", "train.steps", "score")
"""Of a recipe: where it ran, and for how long."""
TABLE = """\
{scenes} scenes of the {split} split at each of {snr} dB{of}{against}:

| keep | {estimators} |
|---|{rule}
{rows}
"""


def main(
    run: Path, name: str, manifests: list[Path], others: list[Path], starts: list[Path]
) -> None:
    """Copies, describes, lists."""
    about, scores = header(run / WEIGHTS), json.loads((run / JSON).read_text())
    rows = [row for path in manifests for row in rows_of(path) if row["split"] == "train"]
    SHIPPED.mkdir(exist_ok=True)
    DOCS.mkdir(parents=True, exist_ok=True)
    means = {keep: found["model"]["all"] for keep, found in scores["scores"].items()}
    about["training"]["recipe"] = placeless(about["training"]["recipe"])
    about["training"]["after"] = [line for start in starts for line in course(start)]
    kept = {k: v for k, v in about.items() if k not in ("family", "config")} | {
        "licence": LICENCE,
        "scores": {k: round(v["si_sdr_improvement"]["mean"], 2) for k, v in means.items()},
    }
    save(load(run / WEIGHTS), SHIPPED / f"{name}.safetensors", kept)
    with whole(DOCS / f"{name}-sources.csv") as part, part.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "licence", "source"])
        writer.writerows([row["path"], row["licence"], row["repo"]] for row in rows)
    with whole(DOCS / f"{name}.md") as part:
        more = [json.loads((folder / JSON).read_text()) for folder in others]
        part.write_text(card(name, about, [*more, scores], rows), encoding="utf-8")


def placeless(made: dict) -> dict:
    """A recipe whose files and folders go by their names: where they lie is one machine's affair.

    >>> placeless({"out": "/home/me/runs", "train": {"start": None}, "data": {"path": "a/pack"}})
    {'out': 'runs', 'train': {'start': None}, 'data': {'path': 'pack'}}
    """
    data, train = made["data"], made["train"]
    start = train["start"] and Path(train["start"]).name
    placed = {"data": {**data, "path": Path(data["path"]).name}, "train": {**train, "start": start}}
    return {**made, "out": Path(made["out"]).name, **placed}


def rows_of(manifest: Path) -> list[dict[str, str]]:
    """The rows of one manifest."""
    with manifest.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def card(name: str, about: dict, scores: list[dict], rows: list[dict[str, str]]) -> str:
    """The model card as Markdown."""
    training, config = about["training"], about["config"]
    kinds = defaultdict(int)
    for row in rows:
        kinds[Path(row["path"]).parts[0].rstrip("0123456789")] += 1
    return CARD.format(
        name=name,
        family=about["family"],
        outputs=",".join(config["names"]),
        parameters=about["parameters"],
        rate=config["sample_rate"],
        latency=1000 * about["latency_seconds"],
        minutes=training["seconds"] / 60,
        steps=training["steps"],
        hours=training["audio_hours"],
        seed=training["recipe"]["seed"],
        commit=training["versions"]["commit"],
        torch=training["versions"]["torch"],
        gates=gates_line(training.get("gates", {})),
        words=words_of(name, training["recipe"]),
        device=training["device"].replace("cpu", "a processor"),
        start=f", after {', then '.join(training['after'])}" if training["after"] else "",
        licence=LICENCE,
        count=len(rows),
        list=", ".join(f"{count} of {kind}" for kind, count in sorted(kinds.items())),
        licences="\n".join(licence_lines(rows)),
        tables="\n".join(scored(one, name) for one in scores),
        worst="\n".join(worst_line(one["scores"]) for one in scores[:-1] or scores),
    )


def move_gates(run: Path, shifts: dict[str, float]) -> None:
    """Adds to the activity logits of some outputs of a run, and notes it in its header."""
    about, model = header(run / WEIGHTS), load(run / WEIGHTS)
    assert isinstance(model, MultiHead)
    with torch.no_grad():
        for stem, shift in shifts.items():
            model.activity.bias[model.names.index(stem)] += shift
    about["training"]["gates"] = shifts
    save(model, run / WEIGHTS, {k: v for k, v in about.items() if k not in ("family", "config")})


def gates_line(shifts: dict[str, float]) -> str:
    """What was done to the gates after training."""
    if not shifts:
        return ""
    said = ", ".join(f"{stem} {shift:+g}" for stem, shift in shifts.items())
    return f"\n  Then the points were moved at which gates open (logits: {said})."


def words_of(name: str, made: dict) -> str:
    """What was said on the command line: where a recipe differs from the one of that name."""
    usual = flat(json.loads(resolve(name).model_dump_json()))
    words = ""
    for key, value in flat(made).items():
        if value != usual.get(key, value) and key not in UNSAID:
            said = "FILE" if key == "train.start" else json.dumps(value).replace('"', "")
            words += f" '{key}={said}'" if " " in said else f" {key}={said}"
    return words


def flat(tree: dict, above: str = "") -> dict[str, object]:
    """Leaves by their dotted key; what is a law or a table of odds is one leaf."""
    leaves: dict[str, object] = {}
    for key, value in tree.items():
        part = isinstance(value, dict) and key in ("data", "mix", "effects", "model", "train")
        leaves |= flat(value, f"{above}{key}.") if part else {above + key: value}
    return leaves


def course(start: Path) -> list[str]:
    """How a model was trained whose weights were gone on with, and what it had gone on from."""
    about = header(start)
    training = about["training"]
    speeds = training["recipe"]["mix"]["effects"]["speed"]
    own = (
        f"{training['steps']} steps ({training['audio_hours']:.1f} h of scenes, speeds with odds "
        f"of {speeds:g}) of {about['parameters']:,} parameters"
    )
    return [*training.get("after", []), own]


def licence_lines(rows: list[dict[str, str]]) -> list[str]:
    """A line of the table for each licence."""
    found: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        found[row["licence"]].append(float(row["seconds"]))
    ranked = sorted(found.items(), key=lambda item: -sum(item[1]))
    return [f"| {name} | {len(s)} | {sum(s) / 60:.1f} |" for name, s in ranked]


def scored(scores: dict, name: str) -> str:
    """One scoring as a table with its heading; a run scores itself as `model`."""
    about, tables = scores["about"], scores["scores"]
    estimators = list(next(iter(tables.values())))
    groups = next(iter(tables.values()))[estimators[0]]
    snr = [group.removeprefix("snr ") for group in groups if group.startswith("snr ")]
    return TABLE.format(
        scenes=about["scenes"],
        split=about["split"],
        snr=", ".join(snr),
        of=SEVERAL * (len(tables) > 1),
        against=f", against {' and '.join(about['against'])}" if about["against"] else "",
        estimators=" | ".join(name if each == "model" else each for each in estimators),
        rule="---|" * len(estimators),
        rows="\n".join(score_lines(tables, estimators)),
    )


def score_lines(tables: dict, estimators: list[str]) -> list[str]:
    """A line of the table for each target."""
    lines = []
    for keep, found in tables.items():
        cells = [interval(found[name]["all"].get("si_sdr_improvement")) for name in estimators]
        lines.append(f"| `{keep}` | {' | '.join(cells)} |")
    return lines


def interval(score: dict | None) -> str:
    """A mean with its interval."""
    return f"{score['mean']:.1f} [{score['low']:.1f}, {score['high']:.1f}]" if score else ""


def worst_line(tables: dict) -> str:
    """The kind of noise on which the model gains least, for each target."""
    lines = []
    for keep, found in tables.items():
        kinds = {
            group.removeprefix("kind "): measures["si_sdr_improvement"]["mean"]
            for group, measures in next(iter(found.values())).items()
            if group.startswith("kind ") and "si_sdr_improvement" in measures
        }
        if kinds:
            kind = min(kinds, key=kinds.__getitem__)
            lines.append(f"Least gained for `{keep}`: {kinds[kind]:+.1f} dB under {kind}.")
    return "\n".join(lines)


if __name__ == "__main__":
    if sys.argv[1:2] == ["gates"]:
        pairs = (word.split("=") for word in sys.argv[3:])
        move_gates(Path(sys.argv[2]), {stem: float(shift) for stem, shift in pairs})
        sys.exit()
    found = [word for word in sys.argv[3:] if word.startswith("scores=")]
    folders = [Path(f) for word in found for f in word.removeprefix("scores=").split(",")]
    starts = [word for word in sys.argv[3:] if word.startswith("start=")]
    listed = [Path(word) for word in sys.argv[3:] if word not in found + starts]
    before_it = [Path(f) for word in starts for f in word.removeprefix("start=").split(",")]
    main(Path(sys.argv[1]), sys.argv[2], listed, folders, before_it)
