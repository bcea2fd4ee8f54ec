"""Our multi-head model beside networks of asteroid: equal minutes, equal scenes.

Each is trained for as long as the others, by the same loop and loss, whatever number of steps that
makes; validation, which costs the slow ones more, is left to the end. compare.py says which words
it takes; without --minutes each training has five. It needs the extra `asteroid`.
"""

import time
from argparse import Namespace
from pathlib import Path
from typing import Any

import torch
from compare import Result, Variant, compare, facts, paired, resolved, score, train, trained
from page import by_snr, differences, length, page, verdict
from render import table
from rich.console import Console

from soundsieve.data.opening import held_out, mixer_of, pool_of
from soundsieve.evaluation.scores import ALL
from soundsieve.export.proof import processor
from soundsieve.models.asteroid.networks import NETWORKS
from soundsieve.models.catalog import header
from soundsieve.models.files import load
from soundsieve.models.find import WEIGHTS
from soundsieve.models.separator import Separator, parameters
from soundsieve.progress import progress_bar
from soundsieve.recipe import Recipe
from soundsieve.training.module import Training

OURS = "multihead"
ONCE = "train.validate_every=100000000"
VARIANTS = tuple(Variant(family, (f"model={family}", ONCE)) for family in (OURS, *NETWORKS))
MINUTES = 5.0
TIMED = 3
"""Steps that are timed, after one that is not."""
SECONDS = 16.0
"""Sound that is separated to time it."""
TEXT = """\
Networks of asteroid as `model=asteroid/NAME`, beside `model=multihead`, all of size `{size}`,
trained for {length} each to keep `{keep}`: with the same scenes in the same order, the same loss,
learning rate and schedule over the time, so that the faster ones take more steps. Only the
multi-head model is live: it hears no more than 32 ms ahead, the others 8 s."""
SPEED = """\
Steps that each took in its minutes, and what it costs on one thread of the processor ({machine}):
steps a second of computing, and seconds of sound separated in one second of it."""
TRAINED = """\
SI-SDR improvement in dB at each SNR, on the same held-out scenes."""
PAIRED = "The multi-head model against each of the others, in dB on the same scenes:"


def measure(options: Namespace) -> Result:
    """Trains every network for as long, times them, and scores all."""
    if options.minutes is None and options.steps is None:
        options.minutes = MINUTES
    folders = train(VARIANTS, options)
    recipe = resolved(VARIANTS[0], options)
    models = [trained(folder, label, recipe) for label, folder in folders.items()]
    scores, _ = score(models, recipe)
    others = list(folders)[1:]
    return {
        **facts(recipe, scores),
        "size": recipe.model.size,
        "machine": processor(),
        "speed": {v.label: _speed(folders[v.label], resolved(v, options)) for v in VARIANTS},
        "scores": scores.summary()["scores"][recipe.keep],
        "differences": {f"{OURS} - {other}": paired(scores, OURS, other) for other in others},
    }


def _speed(folder: Path, recipe: Recipe) -> dict[str, Any]:
    """Size, steps in the time that there was, and what a step and a second of sound cost."""
    training, model = header(folder / WEIGHTS)["training"], load(folder / WEIGHTS)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return {
            "parameters": parameters(model),
            "steps": training["steps"],
            "seconds": training["seconds"],
            "steps_a_second": 1 / _step_seconds(model, recipe),
            "sound_a_second": SECONDS / _separating_seconds(model),
        }
    finally:
        torch.set_num_threads(threads)


def _step_seconds(model: Separator, recipe: Recipe) -> float:
    """Processor time of a training step, scenes and optimizer included."""
    with progress_bar(Console()) as progress:
        pool = pool_of(recipe, progress)
    options = recipe.train
    module = Training(
        model,
        mixer_of(recipe, pool, "train", recipe.seed),
        held_out(recipe, pool, "valid"),
        steps=options.steps,
        batch=options.batch,
        rate=options.rate,
        warmup=options.warmup,
        snr_weight=options.snr_weight,
        decay=options.ema,
        precision=torch.float32,
        valid_indices=[],
        valid_snr=[],
    )
    optimizer, model = module.optimizer(), model.train()
    start = 0.0
    for step in range(TIMED + 1):
        start = start if step != 1 else time.process_time()
        indices = list(range(step * options.batch, (step + 1) * options.batch))
        optimizer.zero_grad()
        module.loss(module.mixer.scenes(indices), indices).backward()
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
    columns = ["network", "parameters", "steps", "steps a second", "seconds of sound a second"]
    rows = [
        [name, of["parameters"], of["steps"], of["steps_a_second"], of["sound_a_second"]]
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
