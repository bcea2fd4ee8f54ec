"""A model that grew from a smaller one says what that one said, and learns on with all it has."""

import pytest
import torch

from soundsieve.models.growth import can_grow, grow
from soundsieve.models.mask import MaskModel
from soundsieve.models.multihead import MultiHead

SCOPE = ("speech", "music", "noise")
HEADS = ((1, 0, 0), (0, 1, 0), (0, 0, 1))


def multihead(channels, blocks, **settings):
    torch.manual_seed(channels)
    return MultiHead(SCOPE, HEADS, SCOPE, channels=channels, blocks=blocks, **settings).eval()


def mask(channels, blocks):
    torch.manual_seed(channels)
    return MaskModel(SCOPE, HEADS[:1], SCOPE[:1], channels=channels, blocks=blocks).eval()


@pytest.mark.parametrize("family", [multihead, mask])
@pytest.mark.parametrize("shape", [(16, 2), (16, 5), (24, 2), (40, 3)])
def test_a_grown_model_says_what_it_grew_from(family, shape):
    small, large = family(16, 2), family(*shape)
    with torch.no_grad():  # trained weights, as it were: none is zero, no gain is one
        for weight in small.parameters():
            weight += 0.05 * torch.randn_like(weight)
    sound = 0.1 * torch.randn(2, 1, 8000)
    grow(small, large)
    assert (small(sound) - large(sound)).abs().max() < 1e-5


def test_what_is_new_learns_from_the_first_step_on():
    small, large = multihead(16, 2), multihead(24, 3)
    grow(small, large)
    large(0.1 * torch.randn(1, 1, 8000)).square().sum().backward()
    last = large.trunk.blocks[2].dense.outward.weight.grad
    wider = large.trunk.blocks[0].time.outward.weight.grad[16:]
    assert last is not None and last.abs().max() > 0
    assert wider.abs().max() > 0


def test_a_model_does_not_grow_into_a_smaller_or_another_one():
    assert not can_grow(multihead(16, 2), multihead(16, 1))
    assert not can_grow(multihead(16, 2), mask(16, 2))
    assert not can_grow(multihead(16, 2), multihead(24, 2, n_fft=1024, hop=512))
    with pytest.raises(ValueError, match="does not fit"):
        grow(multihead(16, 2), multihead(8, 2))
