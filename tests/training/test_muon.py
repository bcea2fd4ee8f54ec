"""Matrices of a shape step together, exactly as one after another."""

import copy

import pytest
import torch

from soundsieve.training.muon import Muon

SHAPES = ((8, 24), (24, 8), (24, 8), (8, 8), (8, 24))
SETTINGS = {"lr": 0.02, "weight_decay": 0.1, "adjust_lr_fn": "match_rms_adamw"}


def matrices():
    torch.manual_seed(0)
    return [torch.nn.Parameter(torch.randn(shape)) for shape in SHAPES]


def step(optimizer, parameters, number):
    torch.manual_seed(number)
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter)
    optimizer.step()


def test_steps_are_those_of_one_matrix_after_another():
    ours, theirs = matrices(), matrices()
    together, apart = Muon(ours, **SETTINGS), torch.optim.Muon(theirs, **SETTINGS)
    for number in range(3):
        step(together, ours, number)
        step(apart, theirs, number)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-2, atol=1e-3)


def test_what_was_begun_with_torch_is_gone_on_with():
    ours, theirs = matrices(), matrices()
    together, apart = Muon(ours, **SETTINGS), torch.optim.Muon(theirs, **SETTINGS)
    step(apart, theirs, 0)
    together.load_state_dict(copy.deepcopy(apart.state_dict()))
    with torch.no_grad():
        for mine, other in zip(ours, theirs, strict=True):
            mine.copy_(other)
    step(together, ours, 1)
    step(apart, theirs, 1)
    torch.testing.assert_close(ours, theirs, rtol=1e-2, atol=1e-3)


def test_a_matrix_without_a_gradient_stays():
    ours = matrices()
    before = ours[1].detach().clone()
    optimizer = Muon(ours, **SETTINGS)
    for parameter in ours[:1]:
        parameter.grad = torch.randn_like(parameter)
    optimizer.step()
    assert torch.equal(ours[1], before)
    assert not torch.equal(ours[0], matrices()[0])


def test_the_closure_gives_the_loss():
    ours = matrices()

    def closure():
        with torch.enable_grad():
            loss = sum(parameter.square().sum() for parameter in ours)
        loss.backward()
        return loss

    assert Muon(ours, **SETTINGS).step(closure).item() == pytest.approx(
        sum(parameter.square().sum().item() for parameter in matrices())
    )
