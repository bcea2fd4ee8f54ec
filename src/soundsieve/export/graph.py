"""One hop of a model as an ONNX graph, with its state as inputs and outputs."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from soundsieve.export.fourier import Fourier
from soundsieve.models.separator import Separator
from soundsieve.models.spectral import SpectralModel
from soundsieve.models.windowed import Windowed

if TYPE_CHECKING:
    from onnx import ModelProto

OPSET = 20
"""The first with GELU as one operator; in ONNX Runtime from 1.17 on."""


Exportable = SpectralModel | Windowed
"""Models whose step can be traced."""


class Hop(nn.Module):
    """A masking model's `step` on one hop, without complex numbers; its state is that of `keys`."""

    def __init__(self, model: SpectralModel, channels: int):
        super().__init__()
        self.model, self.channels = model, channels
        self.fourier = Fourier(model.stft)
        self.keys = list(model.initial_state(1, channels))

    def forward(self, block: Tensor, *values: Tensor) -> tuple[Tensor, ...]:
        """Shape: `[1, channel, hop], state… -> [1, output, channel, hop], state…`."""
        state, hop = dict(zip(self.keys, values, strict=True)), self.model.hop
        heard = torch.cat([state["input"], block], -1)
        real, imag = self.fourier.analyse(heard)
        real, imag, _, after = self.model.spectra(real, imag, self.channels, state)
        # [output, 1, channel, bin] -> [output, channel, bin]
        frames = self.fourier.synthesise(real[:, 0], imag[:, 0]).transpose(0, 1)
        ahead = nn.functional.pad(state["output"][0], (0, hop))  # [channel, output, n_fft]
        frames = frames + ahead
        after["input"], after["output"] = heard[..., hop:], frames[None, ..., hop:]
        estimates = frames[..., :hop].transpose(0, 1)[None]
        return estimates, *(after[key] for key in self.keys)


class PlainHop(nn.Module):
    """The `step` of a model without complex numbers, as it is; its state is that of `keys`."""

    def __init__(self, model: Separator, channels: int):
        super().__init__()
        self.model = deepcopy(model)
        for module in self.model.modules():
            if type(module) is nn.LSTM:
                module.__class__ = _LookedUp
                del module.__dict__["_flat_weights"]
        self.keys = list(model.initial_state(1, channels))

    def forward(self, block: Tensor, *values: Tensor) -> tuple[Tensor, ...]:
        """Shape: `[1, channel, hop], state… -> [1, output, channel, hop], state…`."""
        estimates, after = self.model.step(block, dict(zip(self.keys, values, strict=True)))
        return estimates, *(after[key] for key in self.keys)


class _LookedUp(nn.LSTM):
    """An LSTM that looks its weights up by name: tracing warns of the list that it holds else."""

    @property
    def _flat_weights(self) -> list[Tensor]:
        return [getattr(self, name) for name in self._flat_weights_names]

    @_flat_weights.setter
    def _flat_weights(self, _: list[Tensor]) -> None:
        """The list would be set again whenever the weights move."""


def to_onnx(model: Exportable, channels: int) -> "ModelProto":
    """The graph: `block` and the state in; `estimates` and the state after it, `next_…`, out.

    All shapes are fixed. The state starts as zeros.
    """
    import onnxscript.optimizer as optimizer
    from onnx_ir.passes.common import ClearMetadataAndDocStringPass

    spectral = isinstance(model, SpectralModel)
    hop = (Hop(model, channels) if spectral else PlainHop(model, channels)).eval()
    # Copies, since two inputs that share their memory would become one in the graph.
    state = [value.clone() for value in model.initial_state(1, channels).values()]
    block = torch.zeros(1, channels, model.hop)
    with torch.no_grad(), _no_word_of_torchvision():
        program = torch.onnx.export(
            hop,
            (block, *state),
            input_names=["block", *hop.keys],
            output_names=["estimates", *(f"next_{key}" for key in hop.keys)],
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
            optimize=False,  # it takes what we add against division by zero, 1e-10, for nothing
        )
    assert program is not None
    optimizer.inline(program.model)
    optimizer.fold_constants(program.model)
    optimizer.remove_unused_nodes(program.model)
    ClearMetadataAndDocStringPass()(program.model)
    return program.model_proto


@contextmanager
def _no_word_of_torchvision() -> Iterator[None]:
    """Holds back the exporter's lines that torchvision is missing: nobody needs it."""
    registry = logging.getLogger("torch.onnx._internal.exporter._registration")

    def needed(record: logging.LogRecord) -> bool:
        return "torchvision is not installed" not in record.getMessage()

    registry.addFilter(needed)
    try:
        yield
    finally:
        registry.removeFilter(needed)
