"""One SNR or many: the same data and steps, trained at 5 dB only and at -5 to 20 dB.

usage: python benchmarks/snr.py [key=value ...]     keys of a recipe, for both; writes docs/snr.md
"""

import json
import sys
from pathlib import Path

from rich.console import Console

import soundsieve
from soundsieve.runs import commit, whole

SCORED_AT = (-5, 0, 5, 10, 15)
TRAINED_AT = {"5 dB only": "mix.snr=5", "-5 to 20 dB": "mix.snr=-5..20"}
PAGE = Path(__file__).parents[1] / "docs" / "snr.md"
TEXT = """\
# One SNR or many

Two models of the recipe `{name}`, `keep={keep}`, on the data `{data}`: the same network, seed,
steps ({steps}) and scoring scenes; only the SNR of the training scenes differs. Mean SI-SDR
improvement in dB over {scenes} scenes of the {split} split at each SNR, with 95 % bootstrap
intervals. The oracle is the phase-sensitive mask, cut at 1.

| trained at | {columns} | mean |
|---|{rule}---|
{rows}

Written by `python benchmarks/snr.py {words}` at commit {commit}.
"""


def main(words: list[str]) -> None:
    """Trains both, scores both at every SNR, writes the page."""
    scored = f"score.snr={','.join(map(str, SCORED_AT))}"
    rows = {}
    for label, law in TRAINED_AT.items():
        recipe = soundsieve.resolve("keep", [*words, law, scored])
        folder = soundsieve.run(recipe, Console())
        scores = json.loads((folder / "scores.json").read_text())["scores"][recipe.keep]
        rows[label] = row(scores["model"])
        rows["oracle"] = row(scores["oracle/phase-sensitive"])
    rows["oracle"] = rows.pop("oracle")
    text = TEXT.format(
        name=recipe.name,
        keep=recipe.keep,
        data=Path(recipe.data.path).name,
        steps=recipe.train.steps,
        scenes=recipe.score.scenes,
        split=recipe.score.split,
        columns=" | ".join(f"{snr} dB" for snr in SCORED_AT),
        rule="---|" * len(SCORED_AT),
        rows="\n".join(f"| {label} | {' | '.join(cells)} |" for label, cells in rows.items()),
        words=" ".join(word for word in words if not word.startswith("data=")),
        commit=commit(),
    )
    with whole(PAGE) as part:
        part.write_text(text, encoding="utf-8")


def row(scores: dict) -> list[str]:
    """The cells of one model: improvement at each SNR and over all."""
    groups = [*(f"snr {snr}" for snr in SCORED_AT), "all"]
    return [cell(scores[group]["si_sdr_improvement"]) for group in groups]


def cell(score: dict) -> str:
    """A mean and its interval."""
    return f"{score['mean']:.1f} ({score['low']:.1f} to {score['high']:.1f})"


if __name__ == "__main__":
    main(sys.argv[1:])
