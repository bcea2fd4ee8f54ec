"""Exported models, run hop by hop by ONNX Runtime under the contract of every model."""

import json
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from soundsieve.errors import UserError
from soundsieve.models.separator import Separator, State

EXTRA = "pip install 'soundsieve[export]'"
"""What brings ONNX Runtime."""


class OnnxSeparator(Separator):
    """A graph of one hop and its card.

    The graph takes `block` and the state, and gives `estimates` and the state after it, all with a
    batch of one: items of a batch run one after the other, hop after hop.

    Raises ValueError where graph and card do not fit each other, KeyError or TypeError where the
    card lacks something.
    """

    family = "onnx"

    def __init__(self, graph: bytes, card: dict[str, Any]):
        super().__init__(
            *(card[key] for key in ("scope", "outputs", "names", "sample_rate", "hop", "delay"))
        )
        self.channels, self.card = card["channels"], card
        self.about = {**(card.get("about") or {}), **card}
        self.causal = card.get("causal", True)
        self._session = session(graph)
        inputs = {item.name: item.shape for item in self._session.get_inputs()}
        results = {item.name: item.shape for item in self._session.get_outputs()}
        block = [1, self.channels, self.hop]
        estimates = [1, len(self.outputs), self.channels, self.hop]
        if inputs.pop("block", None) != block or results.pop("estimates", None) != estimates:
            raise ValueError(f"no block {block} goes in, or no estimates {estimates} come out")
        if [f"next_{key}" for key in inputs] != list(results):
            raise ValueError("the state that comes out is not the one that goes in")
        self._shapes: dict[str, list[int]] = inputs

    @property
    def config(self) -> dict[str, Any]:
        """The card."""
        return self.card

    def initial_state(self, batch: int, channels: int) -> State:
        """The state after endless silence."""
        if channels != self.channels:
            raise ValueError(f"the graph is made for {self.channels} channels, not {channels}")
        return {key: torch.zeros(batch, *shape[1:]) for key, shape in self._shapes.items()}

    def step(self, block: Tensor, state: State) -> tuple[Tensor, State]:
        """Estimates for the block, `delay` samples late.

        Shape: `[batch, channel, k * hop] -> [batch, output, channel, k * hop]`.
        """
        estimates, states = [], []
        for item in range(block.shape[0]):
            values = [state[key][item : item + 1].numpy() for key in self._shapes]
            parts = []
            for hop in block[item : item + 1].split(self.hop, -1):
                feeds = dict(zip(self._shapes, values, strict=True))
                part, *values = self._session.run(None, {"block": hop.numpy(), **feeds})
                parts.append(part)
            estimates.append(torch.from_numpy(np.concatenate(parts, -1)))
            states.append([torch.from_numpy(value) for value in values])
        after = map(torch.cat, zip(*states, strict=True))
        return torch.cat(estimates), dict(zip(self._shapes, after, strict=True))


def load_onnx(path: Path) -> OnnxSeparator:
    """The model that `recipe export` wrote, with the card beside it.

    Raises UserError for a file that is no export of ours, and where ONNX Runtime is missing.
    """
    card = card_path(path)
    if not card.is_file():
        raise UserError(
            f"{path} has no card {card.name} beside it: expected what `recipe export` wrote; "
            "export the model again, or bring its card along."
        )
    if find_spec("onnxruntime") is None:
        raise UserError(f"{path} needs ONNX Runtime, which is not installed: {EXTRA}.")
    errors = import_module("onnxruntime.capi.onnxruntime_pybind11_state")

    foreign = (
        *(errors.Fail, errors.InvalidArgument, errors.InvalidGraph, errors.InvalidProtobuf),
        *(errors.NoSuchFile, errors.NotImplemented, errors.RuntimeException),
        *(KeyError, TypeError, ValueError),
    )
    try:
        return OnnxSeparator(path.read_bytes(), json.loads(card.read_text(encoding="utf-8"))).eval()
    except foreign as error:
        reason = " ".join(str(error).split()[:20]).rstrip(".")
        raise UserError(
            f"{path} and {card.name} are no model that `recipe export` wrote ({reason})."
        ) from error


def card_path(path: Path) -> Path:
    """Where the card of an exported model lies."""
    return path.with_suffix(".json")


def session(graph: bytes) -> Any:
    """A session on one thread: a hop is too short to share among several."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # errors are raised, and said once
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
