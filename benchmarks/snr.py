"""One SNR or many: the same data and steps, trained at 5 dB only, at -5 to 20 dB, and around 3 dB.

The SNRs of a training are all that differs; all models are scored from -5 to 15 dB. compare.py
says which words it takes.
"""

from argparse import Namespace

from compare import (
    FIGURES,
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
from page import by_snr, differences, page, verdict

from soundsieve.evaluation.command import estimator
from soundsieve.report.figures import improvement_by_snr, save

SCORED = "score.snr=-5,0,5,10,15"
ONE, MANY, AROUND = "5 dB only", "-5 to 20 dB", "around 3 dB"
VARIANTS = (
    Variant(ONE, ("mix.snr=5", SCORED)),
    Variant(MANY, ("mix.snr=-5..20", SCORED)),
    Variant(AROUND, ("mix.snr={normal: [3, 6]}", SCORED)),
)
ORACLE = "oracle/phase-sensitive"
FIGURE = "snr.png"
TEXT = """\
Three models for `keep={keep}`: the same network, data, seed and steps; only the SNR of the training
scenes differs: one, uniform over a wide range, or normal around 3 dB with a deviation of 6 dB. Mean
SI-SDR improvement in dB at each SNR. The oracle's mask is cut at 1."""


def measure(options: Namespace) -> Result:
    """Trains all, and scores all at every SNR."""
    folders = train(VARIANTS, options)
    recipe = resolved(VARIANTS[1], options)
    models = [trained(folder, label, recipe) for label, folder in folders.items()]
    baselines = [estimator(name, recipe) for name in ("classical", ORACLE)]
    scores, _ = score([*models, *baselines], recipe)
    found = by_snr_alone(scores, recipe)
    figure = improvement_by_snr(found, f"keep={recipe.keep}, trained at one SNR and at many")
    save(figure, options.out / FIGURES / FIGURE)
    differ = {other: paired(scores, MANY, other) for other in (ONE, AROUND)}
    return {**facts(recipe, scores), "scores": found, "differences": differ}


def render(result: Result) -> str:
    """The page of a result."""
    found, difference = result["scores"], result["differences"][ONE]
    groups = [name for name in difference if name.startswith("snr ")]
    low, high = groups[0].removeprefix("snr "), groups[-1].removeprefix("snr ")
    names = f"the model trained at {MANY}", f"the one trained at {ONE}"
    says = [
        verdict(*names, difference[groups[0]], f"at {low} dB"),
        verdict(*names, difference["snr 5"], "at 5 dB, the one SNR that the other knows"),
        verdict(*names, difference[groups[-1]], f"at {high} dB"),
        verdict(*names, difference["all"], "over all SNRs"),
        verdict(names[0], f"the one {AROUND}", result["differences"][AROUND]["all"]),
    ]
    return page(
        "One SNR or many",
        result,
        TEXT.format(**result),
        by_snr(found, "trained at"),
        differences({f"{MANY} - {o}": d for o, d in result["differences"].items()}, "paired"),
        "\n".join(says),
        f"![SI-SDR improvement over the SNR](figures/{FIGURE})",
    )


if __name__ == "__main__":
    compare("snr", __doc__, measure, render)
