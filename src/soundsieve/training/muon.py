"""Muon for all matrices of a shape at once, as torch has it for one after another.

A network has many matrices of few shapes. One by one, their small products, a thousand a step, are
a third of a step of a large batch on a GPU, which waits for most of them to be asked for.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

RMS = 0.2
"""Of an update's numbers, before the rate: that of AdamW (Liu et al., "Muon is scalable", 2025)."""


class Muon(torch.optim.Muon):
    """The same steps and state as `torch.optim.Muon` with `adjust_lr_fn="match_rms_adamw"`."""

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; the closure computes the gradients first."""
        loss = closure() if closure else None
        for group in self.param_groups:
            shapes: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for matrix in group["params"]:
                if matrix.grad is not None:
                    shapes[matrix.shape].append(matrix)
            for matrices in shapes.values():
                self._step(matrices, group)
        return loss

    def _step(self, matrices: list[Tensor], group: dict[str, Any]) -> None:
        grads: Any = [matrix.grad for matrix in matrices]
        for matrix in matrices:
            if "momentum_buffer" not in self.state[matrix]:
                self.state[matrix]["momentum_buffer"] = torch.zeros_like(matrix)
        ahead = torch.stack(grads)
        momenta = [self.state[matrix]["momentum_buffer"] for matrix in matrices]
        for momentum, grad in zip(momenta, grads, strict=True):
            momentum.lerp_(grad, 1 - group["momentum"])
        ahead = ahead.lerp_(torch.stack(momenta), group["momentum"])
        updates = orthogonal(ahead, group["ns_coefficients"], group["ns_steps"], group["eps"])
        rate = group["lr"] * RMS * max(matrices[0].shape) ** 0.5
        for matrix, update in zip(matrices, updates.to(matrices[0].dtype), strict=True):
            matrix.mul_(1 - group["lr"] * group["weight_decay"]).add_(update, alpha=-rate)


def orthogonal(
    matrices: Tensor, coefficients: tuple[float, float, float], steps: int, least: float
) -> Tensor:
    """The nearest orthogonal matrix of each, roughly, by iterations of Newton and Schulz in bf16.

    Shape: `[matrix, row, column] -> ` the same. Jordan et al., "Muon", 2024.
    """
    tall = matrices.shape[1] > matrices.shape[2]
    near = (matrices.mT if tall else matrices).bfloat16()
    near = near / torch.linalg.matrix_norm(near, keepdim=True).clamp_min(least)
    one, three, five = coefficients
    for _ in range(steps):
        gram = near @ near.mT
        gram = torch.baddbmm(gram, gram, gram, beta=three, alpha=five)
        near = torch.baddbmm(near, gram, near, beta=one)
    return near.mT if tall else near
