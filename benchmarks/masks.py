"""The mask ladder: magnitude, phase-sensitive and complex masks, ideal and trained.

What an unchanged phase costs, at which SNR and in which band; and what the same network is without
non-linear activations. compare.py says which words it takes.
"""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from bands import BANDS, Bands, band_figure, measure_bands
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
from page import by_snr, cell, differences, gap, page, snr_groups, verdict
from render import table

from soundsieve.data.mixer import Mixer
from soundsieve.evaluation.command import estimator
from soundsieve.evaluation.estimators import Estimator
from soundsieve.evaluation.scores import ALL, MIXED, Scores
from soundsieve.evaluation.scoring import draw
from soundsieve.recipe import Recipe
from soundsieve.report.figures import improvement_by_snr, save, spectrograms
from soundsieve.report.run import pick
from soundsieve.runs import whole

LADDER = ("magnitude", "phase-sensitive", "complex")
LINEAR = "trained/complex, linear"
IDEAL = {kind: f"oracle/{kind}" for kind in LADDER}
TRAINED = {kind: f"trained/{kind}" for kind in LADDER}
VARIANTS = (
    *(Variant(TRAINED[kind], (f"mask.kind={kind}",)) for kind in LADDER),
    Variant(LINEAR, ("mask.kind=complex", "mask.activation=linear")),
)
PAIRS = {
    "ideal: complex - magnitude": (IDEAL["complex"], IDEAL["magnitude"]),
    "ideal: phase-sensitive - magnitude": (IDEAL["phase-sensitive"], IDEAL["magnitude"]),
    "trained: complex - magnitude": (TRAINED["complex"], TRAINED["magnitude"]),
    "trained: phase-sensitive - magnitude": (TRAINED["phase-sensitive"], TRAINED["magnitude"]),
    "trained: with - without activations": (TRAINED["complex"], LINEAR),
}
COST, COST_TRAINED, NON_LINEAR = (list(PAIRS)[place] for place in (0, 2, 4))
SPECTROGRAMS = "masks-spectrograms.jpg"
TEXT = """\
A magnitude mask scales each bin of the spectrum and leaves it the mixture's phase. So does a
phase-sensitive mask, but it shrinks a bin where the phases part. A complex mask also turns it. The
ideal masks know the target and are cut at 1; the trained ones are one network for `keep={keep}`,
with the same data, seed and steps. Mean SI-SDR improvement in dB at each SNR."""
LISTED = """\
By frequency band: how much the signal-to-error ratio rises inside each band, in dB, mean over all
scenes in which the target has sound there."""


def measure(options: Namespace) -> Result:
    """Trains every kind of mask, and scores all and the ideal ones."""
    folders = train(VARIANTS, options)
    recipe = resolved(VARIANTS[2], options)
    models = [trained(folder, label, recipe) for label, folder in folders.items()]
    estimators = [*(estimator(name, recipe) for name in IDEAL.values()), *models]
    scores, mixer = score(estimators, recipe)
    bands = measure_bands(estimators, mixer, recipe)
    found = by_snr_alone(scores, recipe)
    folder = options.out / FIGURES
    save(improvement_by_snr(found, f"keep={recipe.keep}"), folder / "masks-snr.png")
    means = bands.means()
    save(band_figure(means), folder / "masks-bands.png")
    pictures = spectrograms(_sounds(estimators, scores, mixer, recipe), mixer.sample_rate)
    with whole(folder / SPECTROGRAMS) as part:  # noise: as PNG it would be some megabytes
        pictures.savefig(part, format="jpeg", dpi=110, pil_kwargs={"quality": 80})
    return {
        **facts(recipe, scores),
        "scores": found,
        "differences": {name: paired(scores, *pair) for name, pair in PAIRS.items()},
        "bands": means,
        "band_differences": _band_differences(bands),
    }


def _band_differences(bands: Bands) -> Result:
    return {name: bands.paired(*pair) for name, pair in PAIRS.items()}


def _sounds(
    estimators: Sequence[Estimator], scores: Scores, mixer: Mixer, recipe: Recipe
) -> dict[str, dict[str, Any]]:
    """The scene that is the median of the trained complex mask, through every mask."""
    row = pick(scores.of(recipe.keep, TRAINED["complex"]))["median"]
    scenes = draw(mixer, recipe, MIXED, row.snr, [row.index])
    gains = mixer.targets[0].tolist()
    first = {"mixture": scenes.mixture[0], "target": scenes.target(gains)[0]}
    sounds = {e.name: e.estimate(scenes, [gains])[0, 0] for e in estimators}
    rows = {"ideal": IDEAL, "trained": TRAINED}
    return {
        f"{word} masks, SNR {row.snr:g} dB": {**first, **{k: sounds[n] for k, n in names.items()}}
        for word, names in rows.items()
    }


def render(result: Result) -> str:
    """The page of a result."""
    found, apart = result["scores"], result["differences"]
    rows = [
        [name, *(cell(of.get(band)) for band in BANDS)] for name, of in result["bands"].items()
    ] + [
        [name, *(gap(of.get(band)) for band in BANDS)]
        for name, of in result["band_differences"].items()
    ]
    return page(
        "What a mask may do",
        result,
        TEXT.format(**result),
        by_snr(found, "mask"),
        differences(apart, "paired difference"),
        "\n".join(_says(result)),
        "![SI-SDR improvement over the SNR](figures/masks-snr.png)",
        LISTED,
        table({"columns": ["mask", *BANDS], "rows": rows}),
        "![Improvement by frequency band](figures/masks-bands.png)",
        "The scene in which the trained complex mask does as well as it does in the median:",
        f"![Spectrograms of one scene](figures/{SPECTROGRAMS})",
    )


def _says(result: Result) -> list[str]:
    """What an unchanged phase costs, and where; and what the activations are for."""
    apart, bands = result["differences"], result["band_differences"]
    steps = [
        verdict(f"the ideal {better} mask", f"the {kind} mask", apart[name][ALL])
        for (kind, better), name in zip(
            (("magnitude", "complex"), ("magnitude", "phase-sensitive")), PAIRS, strict=False
        )
    ]
    return [
        *steps,
        _where(apart[COST], snr_groups(apart), "SNR", "An unchanged phase costs the ideal mask"),
        _where(bands[COST], list(BANDS), "band", "By frequency it costs"),
        verdict("trained, the complex mask", "the magnitude mask", apart[COST_TRAINED][ALL]),
        verdict("the network with activations", "the same without them", apart[NON_LINEAR][ALL]),
    ]


def _where(cost: Mapping[str, Any], groups: Sequence[str], word: str, start: str) -> str:
    """Where it costs most, and where least."""
    there = [group for group in groups if cell(cost.get(group))]
    most, least = (choose(there, key=lambda g: cost[g]["mean"]) for choose in (max, min))
    at = {g: f"{g.removeprefix('snr ')} dB {word}" if word == "SNR" else g for g in there}
    return (
        f"{start} most at {at[most]}: {cost[most]['mean']:.1f} dB, and least at {at[least]}: "
        f"{cost[least]['mean']:.1f} dB."
    )


if __name__ == "__main__":
    compare("masks", __doc__, measure, render)
