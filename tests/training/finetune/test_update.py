"""A change of weights: nothing at first, thin where it is to be, and a line between two models."""

import pytest
import torch

from soundsieve.errors import UserError
from soundsieve.models.build import build
from soundsieve.target import parse
from soundsieve.training.finetune.update import Update, changed, interpolate

SCOPE = ("speech", "music", "noise", "prompts")


def model_of(channels=16):
    return build("multihead", SCOPE, parse(",".join(SCOPE)), channels=channels, blocks=1)


@pytest.mark.parametrize("method", ["adapter", "full"])
def test_a_new_update_changes_nothing(method):
    model = model_of()
    weights = Update(model, method, 4).weights(model)
    assert all(torch.equal(weights[name], p) for name, p in model.named_parameters())


def test_an_adapter_has_the_rank_asked_for_and_fewer_numbers():
    model = model_of(32)
    update = Update(model, "adapter", 2)
    for p in update.parameters():
        torch.nn.init.normal_(p)
    change = update.changes()["trunk.blocks.0.time.inward.weight"]
    assert torch.linalg.matrix_rank(change) == 2
    numbers = sum(p.numel() for p in update.parameters())
    assert numbers < sum(p.numel() for p in Update(model, "full").parameters()) / 2


def test_the_change_reaches_every_weight():
    model = model_of()
    update = Update(model, "adapter", 4)
    sum(w.square().sum() for w in update.weights(model).values()).backward()  # type: ignore[union-attr]
    moved = [p.grad is not None and bool(p.grad.any()) for p in update.parts.parameters()]
    assert sum(moved) >= len(update.names) - 3  # biases of nothing have no gradient yet


def test_strength_is_a_place_on_the_line_between_two_models():
    torch.manual_seed(0)
    base, tuned = model_of(), model_of()
    for share, other in ((0.0, base), (1.0, tuned)):
        weights = interpolate(base, tuned, share)
        assert all(torch.allclose(weights[n], w, atol=1e-6) for n, w in other.state_dict().items())
    middle = interpolate(base, tuned, 0.5)["activity.weight"]
    torch.testing.assert_close(middle, (base.activity.weight + tuned.activity.weight).detach() / 2)
    with pytest.raises(UserError, match="shape"):
        interpolate(base, model_of(8), 0.5)


def test_a_merged_model_says_what_the_change_says():
    model = model_of()
    update = Update(model, "adapter", 4)
    for p in update.parameters():
        torch.nn.init.normal_(p, std=0.05)
    mixture = torch.randn(1, 1, 4096)
    with torch.no_grad():
        weights = update.weights(model)
        apart = torch.func.functional_call(model, weights, (mixture,))
        changed(model, weights)
        torch.testing.assert_close(model(mixture), apart)
