"""Muon on the matrices, AdamW on the rest, behind the one optimizer that a training loop expects.

Muon (Jordan et al., 2024) steps along the nearest orthogonal matrix of the momentum, so that every
direction of a layer learns; on this network it wins some tenths of a decibel for nothing.
"""

from collections.abc import Callable
from typing import Any

from torch import nn
from torch.optim import AdamW, Optimizer

from soundsieve.training.muon import Muon


class MuonAdamW(Optimizer):
    """Two optimizers whose parameter groups are one list, so that one schedule drives both.

    `rate` is that of AdamW; the matrices take `muon_ratio` times it.
    """

    def __init__(self, model: nn.Module, rate: float, muon_ratio: float = 3.0):
        named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
        matrices = [p for name, p in named if p.ndim == 2 and "bias" not in name]
        others = [p for name, p in named if p.ndim != 2 or "bias" in name]
        self.parts: tuple[Optimizer, ...] = ()
        if matrices:  # a network of convolutions has none
            # Without decay the matrices grow tenfold within the hour and learning stalls.
            muon = Muon(
                matrices, lr=rate * muon_ratio, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"
            )
            self.parts += (muon,)
        self.parts += (AdamW(others, lr=rate, betas=(0.9, 0.98), weight_decay=0.01),)
        super().__init__([{"params": matrices}, {"params": others}], {})
        self.param_groups = [group for part in self.parts for group in part.param_groups]

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step of both; the closure computes the gradients first."""
        loss = closure() if closure else None
        for part in self.parts:
            part.step()
        return loss

    def state_dict(self) -> dict[str, Any]:
        """The state of each part."""
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restores each part, whose parameter groups are then new objects."""
        for part, state in zip(self.parts, state_dict["parts"], strict=True):
            part.load_state_dict(state)
        self.param_groups = [group for part in self.parts for group in part.param_groups]
