"""One model or two: heads, a model for the sum, and two models whose outputs are added.

Same network size, data and steps for each training. compare.py says which words it takes.
"""

from argparse import Namespace
from collections.abc import Sequence

import torch
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
from page import by_snr, differences, page, verdict
from render import table
from rich.console import Console
from torch import Tensor

from soundsieve.data.mixer import Scenes
from soundsieve.data.opening import pool_of
from soundsieve.evaluation.command import estimator
from soundsieve.evaluation.estimators import Gains, ModelEstimator
from soundsieve.models.separator import parameters
from soundsieve.progress import progress_bar
from soundsieve.stems import STEMS

KEPT = ("speech", "music")
HEADS, ALONE, ADDED = "multi-head", "trained for it alone", "two models, added"
SINGLE = Variant(ALONE, ("keep=speech+music", "model=mask"))
PARTS = tuple(Variant(f"{stem} alone", (f"keep={stem}", "model=mask")) for stem in KEPT)
BASELINES = ("classical/mmse-lsa", "oracle/phase-sensitive")
TEXT = """\
Three ways to `keep={keep}`, each training with the same data, seed and steps: a multi-head model
(`keep={heads}`) whose speech and music heads are summed; a mask model trained for that sum alone;
and two mask models, one trained for speech and one for music, whose outputs are added. Two models
are twice the training and twice the time of a hop. A mask model learns beside companions, masks for
every stem that are dropped afterwards, so that it is taught what heads are taught. Mean SI-SDR
improvement in dB at each SNR."""


class Added:
    """Models that are each asked for their own stem; what they answer is added."""

    name = ADDED

    def __init__(self, models: Sequence[ModelEstimator]):
        self.models = models

    def estimate(self, scenes: Scenes, gains: Gains) -> Tensor:
        """Shape: `-> [batch, request, channel, time]`."""
        parts = []
        for model, stem in zip(self.models, KEPT, strict=True):
            own = [name for name in scenes.scope if stem in model.stems.path(name)]
            asked = [[float(name in own) for name in scenes.scope]]
            # The requests are all for one sum, so each model answers once.
            parts.append(model.estimate(scenes, asked).expand(-1, len(gains), -1, -1))
        return torch.stack(parts).sum(0)


def measure(options: Namespace) -> Result:
    """Trains the four models, and scores the three ways."""
    heads = heads_of(options)
    multi = Variant(HEADS, (f"keep={heads}", "model=multihead"))
    folders = train([multi, SINGLE, *PARTS], options)
    recipe = resolved(SINGLE, options)
    models = {label: trained(folder, label, recipe) for label, folder in folders.items()}
    parts = [models[variant.label] for variant in PARTS]
    ways = [models[HEADS], models[ALONE], Added(parts)]
    scores, _ = score([*ways, *(estimator(name, recipe) for name in BASELINES)], recipe)
    sizes = {
        HEADS: parameters(models[HEADS].model),
        ALONE: parameters(models[ALONE].model),
        ADDED: sum(parameters(part.model) for part in parts),
    }
    return {
        **facts(recipe, scores),
        "heads": heads,
        "parameters": sizes,
        "scores": by_snr_alone(scores, recipe),
        "differences": {
            f"{HEADS} - {other}": paired(scores, HEADS, other) for other in (ALONE, ADDED)
        },
    }


def heads_of(options: Namespace) -> str:
    """A head for each kind of sound at the top of the tree that the data has."""
    with progress_bar(Console()) as progress:
        scope = pool_of(resolved(SINGLE, options), progress).scope
    return ",".join(dict.fromkeys(STEMS.path(stem)[1] for stem in scope))


def render(result: Result) -> str:
    """The page of a result."""
    found, apart = result["scores"], result["differences"]
    stems = [name for name in found[HEADS]["all"] if name.startswith(("level ", "attenuation "))]
    rows = [
        [way, size, *(round(found[way]["all"][stem]["mean"], 1) for stem in stems)]
        for way, size in result["parameters"].items()
    ]
    says = [
        verdict("the multi-head model", name, apart[f"{HEADS} - {other}"]["all"])
        for name, other in (("the model trained for the sum alone", ALONE), ("two added", ADDED))
    ]
    return page(
        "One model or two",
        result,
        TEXT.format(**result),
        by_snr(found, "way"),
        differences(apart, "paired difference"),
        "\n".join(says),
        table(
            {
                "title": "Parameters; level change of what is kept, attenuation of the rest, dB:",
                "columns": ["way", "parameters", *stems],
                "rows": rows,
            }
        ),
    )


if __name__ == "__main__":
    compare("one-or-two", __doc__, measure, render)
