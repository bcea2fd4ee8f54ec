"""The scan: states and gradients as a plain loop has them."""

import pytest
import torch

from soundsieve.models.recurrence import TimeMix, scan


def loop(decay, drive, start):
    states = []
    for a, b in zip(decay, drive, strict=True):
        start = a * start + b
        states.append(start)
    return torch.stack(states)


def random_inputs(time, dtype=torch.float64):
    torch.manual_seed(time)
    decay = torch.rand(time, 2, 3, dtype=dtype, requires_grad=True)
    drive = torch.randn(time, 2, 3, dtype=dtype, requires_grad=True)
    start = torch.randn(2, 3, dtype=dtype, requires_grad=True)
    return decay, drive, start


@pytest.mark.parametrize("time", [1, 2, 17])
def test_the_gradients_of_the_scan_are_right(time):
    assert torch.autograd.gradcheck(scan, random_inputs(time))


def test_the_scan_is_the_loop():
    inputs = random_inputs(50)
    weight = torch.randn(50, 2, 3, dtype=torch.float64)
    fast, plain = scan(*inputs), loop(*inputs)
    assert torch.allclose(fast, plain)
    fast_grads = torch.autograd.grad((fast * weight).sum(), inputs)
    for grad, expected in zip(
        fast_grads, torch.autograd.grad((plain * weight).sum(), inputs), strict=True
    ):
        assert torch.allclose(grad, expected)


def test_a_decay_of_zero_forgets_and_of_one_remembers():
    drive = torch.tensor([[1.0], [0.0], [0.0]])
    zero, one = torch.zeros(3, 1), torch.ones(3, 1)
    assert scan(zero, drive, torch.ones(1)).flatten().tolist() == [1, 0, 0]
    assert scan(one, drive, torch.ones(1)).flatten().tolist() == [2, 2, 2]


@pytest.mark.parametrize("linear", [False, True])
def test_memory_starts_with_constants_from_frames_to_seconds(linear):
    mix = TimeMix(16, linear)
    with torch.no_grad():
        mix.inward.weight.zero_()
        mix.inward.bias.zero_()
    forget, candidate, _ = mix.said(torch.zeros(1, 1, 1, 16)).chunk(3, -1)
    decay, _ = mix.before(forget, candidate)
    constants = -1 / decay.log().flatten()
    assert constants.min().item() == pytest.approx(2, rel=0.01)
    assert constants.max().item() == pytest.approx(200, rel=0.01)
