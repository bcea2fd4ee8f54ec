"""What was tried to learn faster, one change at a time: writes docs/training-log.md.

    python benchmarks/training_log.py [RUN ...]

Short runs stand in benchmarks/results/trained/training-log.json as they were made, with code that
is no more, on one core and the pack of real recordings. Run folders named here are added to the
long ones: their journals and recipes say the rest.
"""

import csv
import json
import sys
from pathlib import Path
from typing import Any

from render import ROOT, table

from soundsieve.models.catalog import WEIGHTS, header
from soundsieve.runs import whole, write_json

STORED = ROOT / "benchmarks" / "results" / "trained" / "training-log.json"
PAGE = ROOT / "docs" / "training-log.md"
POINTS = 6
"""Rows of a long run's journal that the page shows, evenly spaced, the last one among them."""
HEAD = """\
# What was tried in training

Real recordings (train split), 16 kHz, where a row says nothing else scenes of 3 s, batches of 8,
one core. One seed each: differences of 0.2 dB mean nothing. Written by
`python benchmarks/training_log.py`.

## Steps and changes

800 steps, or as many as stand there, with a cosine to the end. Mean SI-SDR improvement in dB at -5,
0 and 5 dB: of `speech+music` against noise (36 scenes of the valid split on the way, 144 at the
end, and 144 of the train split), of `speech` against music and noise, and of `music` against noise.
"""
COLUMNS = {
    "s+m/valid": "speech+music",
    "s+m/train": "same, train split",
    "s/valid": "speech",
    "m/valid": "music",
}


def main(folders: list[Path]) -> None:
    """Adds the run folders to what is stored, and writes the page."""
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    for folder in folders:
        stored["long"][folder.name] = journal(folder)
    write_json(STORED, stored)
    with whole(PAGE) as part:
        part.write_text(page(stored), encoding="utf-8")


def journal(folder: Path) -> dict[str, Any]:
    """What a run folder says of its training."""
    about = header(folder / WEIGHTS)
    with (folder / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    training = about["training"]
    recipe = {key: training["recipe"][key] for key in ("keep", "model", "train")}
    if start := recipe["train"]["start"]:
        recipe["train"]["start"] = Path(start).name
    return {
        "parameters": about["parameters"],
        "commit": training["versions"]["commit"],
        "device": training.get("device", "cpu"),
        "recipe": recipe,
        "rows": rows,
    }


def page(stored: dict[str, Any]) -> str:
    """The page of what is stored."""
    columns = ["model", "change", "step", *COLUMNS.values()]
    parts = [HEAD, table({"columns": columns, "rows": short(stored)})]
    for name, run in stored["long"].items():
        parts += [f"\n## {name}\n", told(run), table(course(run["rows"]))]
    return "\n".join(parts) + "\n"


def short(stored: dict[str, Any]) -> list[list[Any]]:
    """Rows of the short runs: their first validation and their last."""
    rows = []
    for run in stored["short"]:
        for row in {r["step"]: r for r in (run["rows"][0], run["rows"][-1])}.values():
            scores = [row.get(key, "") for key in COLUMNS]
            rows.append([run["what"], run["change"], row["step"], *scores])
    return rows


def told(run: dict[str, Any]) -> str:
    """A long run in a sentence."""
    train, last = run["recipe"]["train"], run["rows"][-1]
    steps = run.get("steps")  # where the journal ends earlier
    more = f", the first of {steps:,} steps" if steps else ""
    start = ", from the weights of an earlier run" if train.get("start") else ""
    return (
        f"`keep={run['recipe']['keep']}`, {run['recipe']['model']['family']}, "
        f"{run['parameters']:,} parameters{start}, rate {train['rate']:g}, batch {train['batch']}, "
        f"{run.get('device', 'cpu')}: "
        f"{float(last['seconds']) / 60:.1f} minutes, {float(last['audio_seconds']) / 3600:.1f} h "
        f"of scenes{more}, commit {run['commit']}. "
        "The score is that of its own validation scenes.\n"
    )


def course(rows: list[dict[str, str]]) -> dict[str, Any]:
    """Some rows of a journal as a table."""
    places = {round((k + 1) * len(rows) / POINTS) - 1 for k in range(POINTS)} - {-1}
    columns = ("step", "audio_seconds", "rate", "loss", "valid_si_sdri")
    picked = [[float(rows[place][c]) for c in columns] for place in sorted(places)]
    return {
        "columns": ["step", "audio, h", "audio s a second", "loss", "SI-SDR improvement, dB"],
        "rows": [[int(step), audio / 3600, *rest] for step, audio, *rest in picked],
    }


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
