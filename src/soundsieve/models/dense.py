"""A dense layer that takes the faster of two libraries where nothing is learned."""

import torch
from torch import Tensor, nn

ONEDNN = torch.backends.mkldnn.is_available()
PAYS = 2**21
"""Multiply-adds from which oneDNN's start, ten microseconds, is won back: not those of one hop."""


class Dense(nn.Linear):
    """`nn.Linear`, through oneDNN on a processor: MKL, which torch asks otherwise, is Intel's.

    On an AMD EPYC float32 products run at 2.4 times the speed. oneDNN's operator has no gradient,
    so training goes the usual way, and so does what is traced or compiled. A training compiled for
    a processor adds the bias apart: with the product torch copies it into every row first.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Shape: `[..., in] -> [..., out]`."""
        if torch.is_grad_enabled() and input.is_cpu and torch.compiler.is_dynamo_compiling():
            product = nn.functional.linear(input, self.weight)
            return product + self.bias.to(product.dtype)
        usual = torch.is_grad_enabled() or torch.is_autocast_enabled("cpu") or not input.is_cpu
        few = input.numel() * self.out_features < PAYS or not ONEDNN
        if usual or few or input.dtype != torch.float32 or torch.compiler.is_compiling():
            return super().forward(input)
        return torch.ops.mkldnn._linear_pointwise(input, self.weight, self.bias, "none", [], "")
