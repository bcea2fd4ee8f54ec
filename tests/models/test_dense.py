"""The dense layer gives the same by either library, and learns."""

import pytest
import torch
from torch import nn

from soundsieve.models.dense import Dense


@pytest.mark.parametrize("pays", [0, 2**40], ids=["oneDNN", "MKL"])
@pytest.mark.parametrize("shape", [(24,), (1, 24), (5, 2, 3, 24)])
def test_it_gives_what_the_usual_layer_gives(shape, pays, monkeypatch):
    monkeypatch.setattr("soundsieve.models.dense.PAYS", pays)
    torch.manual_seed(0)
    dense = Dense(24, 40)
    sound = torch.randn(shape)
    with torch.no_grad():
        torch.testing.assert_close(dense(sound), nn.functional.linear(sound, *dense.parameters()))
        rows = sound.expand(3, *shape).transpose(0, -2) if len(shape) > 1 else sound
        torch.testing.assert_close(dense(rows), nn.functional.linear(rows, *dense.parameters()))


def test_it_has_gradients_and_takes_double_precision():
    dense = Dense(4, 3).double()
    sound = torch.randn(2, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(dense, (sound,))
    with torch.no_grad():
        assert dense(sound).dtype == torch.float64


@pytest.mark.parametrize("rounded", [False, True], ids=["float32", "bf16"])
def test_compiled_for_training_it_learns_the_same(rounded):
    torch.manual_seed(0)
    dense, sound = Dense(24, 40), torch.randn(5, 2, 24)
    compiled = torch.compile(dense, backend="eager")
    found = []
    for layer in (dense, compiled):
        with torch.autocast("cpu", torch.bfloat16, rounded):
            out = layer(sound)
        out.float().square().mean().backward()
        found.append((out, *(p.grad for p in dense.parameters())))
        dense.zero_grad()
    for usual, other in zip(*found, strict=True):
        assert usual.dtype == other.dtype
        torch.testing.assert_close(
            other, usual, rtol=2e-2 if rounded else 1e-5, atol=1e-2 if rounded else 1e-6
        )
