"""Dry scenes or real ones: what training in rooms and through channels is worth, and where.

One model is trained on dry scenes, one on the full scene set (configs/mix/real.yaml). Both are
scored on dry scenes and on scenes that are reverberant, band-limited and low. compare.py says which
words it takes.
"""

from argparse import Namespace
from pathlib import Path

from compare import (
    Result,
    Variant,
    by_snr_alone,
    compare,
    facts,
    paired,
    resolved,
    score,
    train,
    trained,
)
from page import MEASURE, cell, gap, page, verdict
from render import table

from soundsieve.evaluation.command import estimator
from soundsieve.evaluation.scores import ALL

REAL = str(Path(__file__).with_name("realism.yaml"))
DRY, FULL = "trained dry", "trained on real scenes"
VARIANTS = (Variant(DRY), Variant(FULL, recipe=REAL))
ROOM, BAND, LOW = "mix.effects.room=1", "mix.effects.band=1", "mix.level=-40..-25"
HARD = "reverberant, band-limited and low"
SCORED = {
    "dry": Variant("dry"),
    "reverberant": Variant("reverberant", (ROOM,)),
    "band-limited": Variant("band-limited", (BAND,)),
    "low": Variant("low", (LOW,)),
    HARD: Variant(HARD, (ROOM, BAND, LOW), REAL),
}
"""Each effect alone on else dry scenes; in the last set together, with all others at their odds."""
BASELINES = ("classical/mmse-lsa", "oracle/phase-sensitive")
TEXT = """\
Two models for `keep={keep}`: the same network, data, seed and steps; one was trained on dry
scenes, the other on the full scene set of `configs/mix/real.yaml`. Mean SI-SDR improvement in dB on
held-out scenes: dry; with one effect alone (a room in every scene; a band limit in every scene; a
low level, `{low}`); and with all three, the other effects of the scene set at their odds."""


def measure(options: Namespace) -> Result:
    """Trains both, and scores both on every kind of scene."""
    folders = train(VARIANTS, options)
    sets = {}
    for kind, variant in SCORED.items():
        recipe = resolved(variant, options)
        models = [trained(folder, label, recipe) for label, folder in folders.items()]
        scores, _ = score([*models, *(estimator(name, recipe) for name in BASELINES)], recipe)
        found = by_snr_alone(scores, recipe)
        sets[kind] = {"scores": found, "difference": paired(scores, FULL, DRY)}
    return {**facts(recipe, scores), "sets": sets}


def render(result: Result) -> str:
    """The page of a result."""
    sets = result["sets"]
    names = list(sets["dry"]["scores"])
    rows = [
        [
            kind,
            *(cell(found["scores"][name][ALL][MEASURE]) for name in names),
            gap(found["difference"][ALL]),
        ]
        for kind, found in sets.items()
    ]
    columns = ["scenes", *names, "difference of the two, paired"]
    words = "the model trained on real scenes", "the one trained dry"
    says = [
        verdict(*words, sets[HARD]["difference"][ALL], f"where scenes are {HARD}"),
        verdict(*words, sets["dry"]["difference"][ALL], "on dry scenes"),
    ]
    return page(
        "Dry scenes or real ones",
        result,
        TEXT.format(low=LOW, **result),
        table({"columns": columns, "rows": rows}),
        "\n".join(says),
    )


if __name__ == "__main__":
    compare("realism", __doc__, measure, render)
