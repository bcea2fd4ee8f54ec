"""`recipe export`: a model as ONNX with a card beside it, proved and timed before it is written."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from soundsieve.errors import UserError
from soundsieve.export.graph import OPSET, Exportable, to_onnx
from soundsieve.export.int8 import to_int8
from soundsieve.export.proof import (
    BOUND,
    SECONDS,
    deviation,
    run_hops,
    run_whole,
    si_sdr_loss,
    sound,
)
from soundsieve.models.catalog import GRAPH_SUFFIX
from soundsieve.models.find import find
from soundsieve.models.onnx import EXTRA, OnnxSeparator, card_path
from soundsieve.models.separator import parameters
from soundsieve.models.stereo import Stereo
from soundsieve.runs import whole, write_json

NEEDED = ("onnx", "onnxscript", "onnxruntime")


@dataclass(frozen=True)
class Exported:
    """A file that was written, and its card."""

    path: Path
    card: dict[str, Any]

    def __str__(self) -> str:
        card, proof, time = self.card, self.card["proof"], self.card["hop_time"]
        equal = f"equal to PyTorch within {proof['largest_difference']:.0e}"
        if "si_sdr_loss_db" in proof:
            equal = f"SI-SDR {-proof['si_sdr_loss_db']:+.2f} dB against float32"
        return (
            f"{self.path}: {card['bytes'] / 1e6:.2f} MB, {equal}, latency "
            f"{card['latency_ms']:.0f} ms, {time['median_ms']:.2f} ms a hop "
            f"({time['median_share']:.1%}; 99.9 % under {time['p99_9_ms']:.2f} ms)"
        )


def export(
    name: str,
    out: Path | None = None,
    channels: int = 1,
    int8: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> list[Exported]:
    """Writes a model as float32 ONNX, with `int8` as small ONNX too, and a card beside each.

    Args:
        name: a shipped name, a run folder or a model file.
        out: the file to write, `.onnx`; by default the model's name in the working directory.
        channels: of the sound that the graph will get; they share one set of masks.
        say: gets a line on what goes on.
    """
    for module in NEEDED:
        if find_spec(module) is None:
            raise UserError(f"export needs {module}, which is not installed: {EXTRA}.")
    named = Path(name).expanduser()
    called = named.resolve().name if named.is_dir() else named.stem  # a folder may have dots
    out = _checked(out or Path(f"{called}{GRAPH_SUFFIX}"))
    model = find(name)
    # The graph of a song would hold thousands of frames, one after another.
    if not isinstance(model, Exportable) or isinstance(model, Stereo):
        raise UserError(
            f"{name} is a model of the family {model.family!r}; only live models and "
            "asteroid's networks for mono sound have an ONNX form."
        )
    say("tracing")
    graph = to_onnx(model, channels)
    parts, mixture = sound(model, channels)
    say(f"running PyTorch on {SECONDS:.0f} s of sound")
    reference = run_whole(model, mixture)
    card = _card(model, name, channels)
    say(f"running ONNX Runtime on {SECONDS:.0f} s of sound")
    done = [_float32(graph.SerializeToString(), card, mixture, reference, out)]
    if int8:
        say("the same with weights of one byte")
        small = to_int8(graph).SerializeToString()
        path = out.with_suffix(f".int8{GRAPH_SUFFIX}")
        done.append(_int8(small, card, mixture, reference, model, parts, path))
    return done


def _checked(out: Path) -> Path:
    if out.suffix != GRAPH_SUFFIX:
        raise UserError(f"out={out}: expected a name that ends in {GRAPH_SUFFIX}.")
    if out.is_dir():
        raise UserError(f"out={out}: expected a file to write, got a folder; choose another name.")
    if not out.absolute().parent.is_dir():
        raise UserError(f"out={out}: there is no folder {out.parent}; make it first.")
    return out


def _card(model: Exportable, name: str, channels: int) -> dict[str, Any]:
    """What holds for every precision."""
    shapes = {key: list(value.shape) for key, value in model.initial_state(1, channels).items()}
    about = model.about
    return {
        "name": name if name.isidentifier() else Path(name).name,
        "scope": model.scope,
        "names": model.names,
        "outputs": model.outputs,
        "sample_rate": model.sample_rate,
        "channels": channels,
        "hop": model.hop,
        "delay": model.delay,
        "causal": model.causal,
        "latency": model.latency,
        "latency_ms": 1000 * model.latency / model.sample_rate,
        "inputs": {"block": [1, channels, model.hop], **shapes},
        "state": "zeros at first, then each output next_NAME goes into the input NAME",
        "parameters": parameters(model),
        "licence": about.get("licence", "not stated"),
        "family": model.family,
        "size": getattr(model, "size", None),
        "opset": OPSET,
        "versions": {module: version(module) for module in ("soundsieve", "torch", *NEEDED)},
        "about": {key: value for key, value in about.items() if key not in ("config", "licence")},
    }


def _float32(
    graph: bytes, card: dict[str, Any], mixture: Tensor, reference: Tensor, path: Path
) -> Exported:
    card = {**card, "precision": "float32", "bytes": len(graph)}
    estimates, time = _tried(graph, card, mixture)
    proof = {"seconds": SECONDS, **deviation(estimates, reference)}
    # not `>`, since a nan is no proof either
    if not proof["largest_difference"] <= BOUND:
        raise RuntimeError(f"{path} is not equal to PyTorch: {proof}; nothing is written")
    return _written(path, graph, {**card, "proof": proof, "hop_time": time})


def _int8(
    graph: bytes,
    card: dict[str, Any],
    mixture: Tensor,
    reference: Tensor,
    model: Exportable,
    parts: Tensor,
    path: Path,
) -> Exported:
    card = {**card, "precision": "int8 weights", "bytes": len(graph)}
    estimates, time = _tried(graph, card, mixture)
    loss = si_sdr_loss(estimates, reference, model, parts)
    proof = {"seconds": SECONDS, "si_sdr_loss_db": loss, **deviation(estimates, reference)}
    return _written(path, graph, {**card, "proof": proof, "hop_time": time})


def _tried(graph: bytes, card: dict[str, Any], mixture: Tensor) -> tuple[Tensor, dict[str, Any]]:
    """Estimates of the probe by the graph as it will be run, and the time of a hop."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        trial = run_hops(OnnxSeparator(graph, card), mixture)
    finally:
        torch.set_num_threads(threads)
    return trial.estimates, trial.hop_time(card["hop"] / card["sample_rate"])


def _written(path: Path, graph: bytes, card: dict[str, Any]) -> Exported:
    with whole(path) as part:
        part.write_bytes(graph)
    write_json(card_path(path), card)
    return Exported(path, json.loads(card_path(path).read_text(encoding="utf-8")))
