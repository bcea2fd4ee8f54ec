"""Our multi-head model beside networks of asteroid: equal minutes of computing, equal scenes.

Each is timed first, on one thread, and then takes as many steps as its minutes hold, by the same
loop and loss. So the result does not depend on what else the machine does meanwhile, and a
comparison that was stopped goes on: the times are kept in runs/. compare.py says which words it
takes; without --minutes or --steps each training has five minutes. It needs the extra `asteroid`.
"""

import json
import time
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

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
from page import by_snr, differences, length, page, verdict
from render import table
from rich.console import Console

from soundsieve.data.opening import held_out, mixer_of, pool_of
from soundsieve.data.pool import Pool
from soundsieve.evaluation.scores import ALL
from soundsieve.export.proof import processor
from soundsieve.models.asteroid.networks import NETWORKS
from soundsieve.models.catalog import header
from soundsieve.models.find import WEIGHTS
from soundsieve.models.separator import Separator, parameters
from soundsieve.progress import progress_bar
from soundsieve.recipe import Recipe
from soundsieve.runs import write_json
from soundsieve.training.fit import settings
from soundsieve.training.module import Training
from soundsieve.training.train import first_model

OURS = "multihead"
LABELS = (OURS, *NETWORKS)
ONCE = "train.validate_every=100000000"
"""Validation costs the slow networks more: it is left to the end."""
VARIANTS = tuple(Variant(label, (f"model={label}", ONCE)) for label in LABELS)
MINUTES = 5.0
TIMES = Path("runs", "against-asteroid.json")
"""Where the times are kept, for the same command to find the same runs."""
TIMED = 3
"""Steps that are timed, after one that is not."""
SECONDS = 16.0
"""Sound that is separated to time it."""
TEXT = """\
Networks of asteroid as `model=asteroid/NAME`, beside `model=multihead`, all of size `{size}`,
trained for {length} each to keep `{keep}`: with the same scenes in the same order, the same loss,
learning rate and schedule. Only the multi-head model is live: it hears no more than 32 ms ahead,
the others 8 s. So few steps tell who is ahead early, not who ends better."""
SPEED = """\
What each costs on one thread of a processor ({machine}), in its own time, whatever else ran: steps
of training a second, and seconds of sound separated in a second; and the steps that it took."""
TRAINED = """\
SI-SDR improvement in dB at each SNR, on the same held-out scenes."""
PAIRED = "The multi-head model against each of the others, in dB on the same scenes:"


def measure(options: Namespace) -> Result:
    """Times every network, trains each for as long, and scores all."""
    if options.minutes is None and options.steps is None:
        options.minutes = MINUTES
    minutes, options.minutes = options.minutes, None
    speed = {v.label: dict(_times(v.label, resolved(v, options))) for v in VARIANTS}
    variants = [_for_minutes(v, minutes, speed[v.label]) for v in VARIANTS]
    folders = train(variants, options)
    recipe = resolved(variants[0], options)
    models = [trained(folder, label, recipe) for label, folder in folders.items()]
    scores, _ = score(models, recipe)
    for label, folder in folders.items():
        speed[label]["steps"] = header(folder / WEIGHTS)["training"]["steps"]
    return {
        **facts(recipe, scores),
        "minutes": minutes,
        "size": recipe.model.size,
        "machine": processor(),
        "speed": speed,
        "scores": by_snr_alone(scores, recipe),
        "differences": {f"{OURS} - {other}": paired(scores, OURS, other) for other in NETWORKS},
    }


def _for_minutes(variant: Variant, minutes: float | None, times: dict[str, float]) -> Variant:
    """The variant with as many steps as fit; unchanged where steps are given."""
    if minutes is None:
        return variant
    steps = max(1, round(60 * minutes * times["steps_a_second"]))
    return replace(variant, words=(*variant.words, f"train.steps={steps}"))


def _times(label: str, recipe: Recipe) -> dict[str, float]:
    """What a network costs, measured once for each size of it and of its scenes."""
    known = json.loads(TIMES.read_text(encoding="utf-8")) if TIMES.exists() else {}
    size = recipe.model.model_dump_json(exclude_none=True)
    key = f"{size} {recipe.train.batch} x {recipe.mix.segment:g} s of {Path(recipe.data.path).name}"
    if key not in known:
        print(f"timing: {label}", flush=True)
        known[key] = _measured(recipe)
        write_json(TIMES, known)
    return known[key]


def _measured(recipe: Recipe) -> dict[str, float]:
    with progress_bar(Console()) as progress:
        pool = pool_of(recipe, progress)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        model = first_model(recipe, pool)
        return {
            "parameters": parameters(model),
            "steps_a_second": 1 / _step_seconds(model, recipe, pool),
            "sound_a_second": SECONDS / _separating_seconds(model),
        }
    finally:
        torch.set_num_threads(threads)


def _step_seconds(model: Separator, recipe: Recipe, pool: Pool) -> float:
    """Processor time of a training step, scenes and optimizer included."""
    options = recipe.train
    module = Training(
        model,
        mixer_of(recipe, pool, "train", recipe.seed),
        held_out(recipe, pool, "valid"),
        **settings(options, torch.device("cpu")) | {"precision": torch.float32},
        valid_indices=[],
        valid_snr=[],
    )
    optimizer, start = module.optimizer(), 0.0
    for step in range(TIMED + 1):
        start = start if step != 1 else time.process_time()
        indices = list(range(step * options.batch, (step + 1) * options.batch))
        optimizer.zero_grad()
        module.loss(module.mixer.scenes(indices).stems, indices).backward()
        optimizer.step()
    return (time.process_time() - start) / TIMED


@torch.inference_mode()
def _separating_seconds(model: Separator) -> float:
    """Processor time of a mono signal of `SECONDS`."""
    sound = 0.1 * torch.randn(1, 1, round(SECONDS * model.sample_rate))
    model.eval()(sound[..., : model.hop])
    start = time.process_time()
    model(sound)
    return time.process_time() - start


def render(result: Result) -> str:
    """The page of a result."""
    columns = ["network", "parameters", "steps a second", "seconds of sound a second", "steps"]
    rows = [
        [name, of["parameters"], of["steps_a_second"], of["sound_a_second"], of["steps"]]
        for name, of in result["speed"].items()
    ]
    return page(
        "Beside asteroid",
        result,
        TEXT.format(**result, length=length(result)),
        SPEED.format(**result),
        table({"columns": columns, "rows": rows}),
        TRAINED,
        by_snr(result["scores"], "network"),
        PAIRED,
        differences(result["differences"], "paired difference"),
        " ".join(_says(result)),
    )


def _says(result: Result) -> list[str]:
    return [
        verdict(OURS, pair.partition(" - ")[2], of[ALL])
        for pair, of in result["differences"].items()
    ]


if __name__ == "__main__":
    compare("against-asteroid", __doc__, measure, render)
