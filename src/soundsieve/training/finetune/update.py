"""A change of a model's weights, apart from the weights: of low rank, or free."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from soundsieve.errors import UserError

METHODS = ("adapter", "full")


class Update(nn.Module):
    """What is added to the weights of a model, nothing at first; the model itself stays as it is.

    An `adapter` adds to each matrix the product of two thin ones, and to each vector a vector; of a
    matrix for every band, each band has its own two. `full` adds a free change to everything. What
    is trained is the change, so that weight decay pulls towards the model as it was.

    Hu et al., "LoRA: low-rank adaptation of large language models", ICLR 2022.
    """

    def __init__(self, model: nn.Module, method: str = "adapter", rank: int = 16):
        super().__init__()
        if method not in METHODS:
            raise ValueError(f"a method is one of {', '.join(METHODS)}, not {method!r}")
        self.method = method
        self.names = [name for name, _ in model.named_parameters()]
        parts = nn.ModuleList()
        for weight in model.parameters():
            thin = method == "adapter" and weight.ndim > 1 and rank < min(weight.shape[-2:])
            parts.append(_Product(weight, rank) if thin else _Sum(weight))
        self.parts = parts

    def changes(self) -> dict[str, Tensor]:
        """What is added to each weight."""
        return {name: part() for name, part in zip(self.names, self.parts, strict=True)}

    def weights(self, model: nn.Module, strength: float = 1.0) -> dict[str, Tensor]:
        """The model's weights with the change, to be used in place of its own."""
        changes = self.changes()
        return {n: p.detach() + strength * changes[n] for n, p in model.named_parameters()}

    @torch.no_grad()
    def scale(self, share: float) -> None:
        """Makes the change smaller, or larger, in place."""
        for name, parameter in self.named_parameters():
            if not name.endswith(".left"):  # one factor of a product is enough
                parameter.mul_(share)


class _Sum(nn.Module):
    """A free change of one weight."""

    def __init__(self, weight: Tensor):
        super().__init__()
        self.change = nn.Parameter(torch.zeros_like(weight))

    def forward(self) -> Tensor:
        return self.change


class _Product(nn.Module):
    """A change of low rank: at first the left factor is random, the right one nothing."""

    def __init__(self, weight: Tensor, rank: int):
        super().__init__()
        *bands, rows, columns = weight.shape
        left = torch.randn(*bands, rows, rank, device=weight.device) / rank**0.5
        self.left = nn.Parameter(left)
        self.right = nn.Parameter(torch.zeros(*bands, rank, columns, device=weight.device))

    def forward(self) -> Tensor:
        return self.left @ self.right


@torch.no_grad()
def interpolate(base: nn.Module, tuned: nn.Module, strength: float) -> dict[str, Tensor]:
    """The weights on the line from one model through another: 0 is the first, 1 the second.

    Raises UserError where they are not of one shape.
    """
    before, after = base.state_dict(), tuned.state_dict()
    if {n: w.shape for n, w in before.items()} != {n: w.shape for n, w in after.items()}:
        raise UserError("base and tuned model differ in shape; fine-tune anew with fresh=yes.")
    return {name: _between(before[name], after[name], strength) for name in before}


def _between(one: Tensor, other: Tensor, share: float) -> Tensor:
    return torch.lerp(one, other, share) if one.is_floating_point() else one


def changed(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Puts weights into a model, in place."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.copy_(weights[name])
