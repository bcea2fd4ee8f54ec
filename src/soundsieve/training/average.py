"""A moving average of the weights: what is validated, scored and shipped."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    """Weights averaged with `decay` a step; early on over the steps there are, to start at once.

    What a normalisation has counted of its batches is averaged like its weights.
    """

    def __init__(self, model: nn.Module, decay: float):
        self.decay, self.steps = decay, 0
        self.weights = {name: p.detach().clone() for name, p in _learned(model)}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Takes in the model's weights after a step."""
        self.steps += 1
        decay = min(self.decay, self.steps / (self.steps + 10))
        for name, p in _learned(model):
            self.weights[name].lerp_(p, 1 - decay)

    def to(self, device: torch.device) -> None:
        """Moves the average to where the model is."""
        self.weights = {name: weight.to(device) for name, weight in self.weights.items()}

    @contextmanager
    def applied(self, model: nn.Module) -> Iterator[None]:
        """The model with averaged weights, for as long as the block lasts."""
        own = {name: p.detach().clone() for name, p in _learned(model)}
        self.copy(self.weights, model)
        try:
            yield
        finally:
            self.copy(own, model)

    @staticmethod
    @torch.no_grad()
    def copy(weights: dict[str, Tensor], model: nn.Module) -> None:
        """Puts weights into a model."""
        for name, p in _learned(model):
            p.copy_(weights[name])


def _learned(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Weights, and the running means and variances of batches, which are buffers."""
    yield from model.named_parameters()
    yield from ((name, b) for name, b in model.named_buffers() if "running_" in name)
