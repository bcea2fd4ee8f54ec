"""The programs of a GPU, run by Triton's interpreter: they are the loop over time, to rounding."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("triton")

SCAN = """
import torch
from soundsieve.models.gpu_scan import GpuScan
from soundsieve.models.recurrence import scan

torch.manual_seed(0)
for shape in ((7, 2, 3, 50), (2, 300), (5, 1)):
    decay, drive, start = torch.rand(shape), torch.randn(shape), torch.randn(shape[1:])
    given = [part.requires_grad_() for part in (decay, drive, start)]
    weights, results = torch.randn(shape), []
    for recurrence in (GpuScan.apply, scan):
        states = recurrence(*given)
        results.append([states, *torch.autograd.grad((states * weights).sum(), given)])
    for ours, theirs in zip(*results):
        torch.testing.assert_close(ours, theirs)
"""

MEMORY = """
import torch
from soundsieve.models.gpu_memory import GpuMemory
from soundsieve.models.recurrence import TimeMix

torch.manual_seed(0)
for shape in ((7, 2, 3, 48), (2, 300), (5, 1)):
    mix, start = TimeMix(shape[-1]), torch.randn(shape[1:])
    mix.said = lambda frames: frames
    said = torch.randn(*shape[:-1], 3 * shape[-1])
    given = [said.requires_grad_(), mix.decay, start.requires_grad_()]
    weights, results = (torch.randn(shape), torch.randn(shape[1:])), []
    for opened, last in (GpuMemory.apply(*given), mix.opened(said, start)):
        loss = (opened * weights[0]).sum() + (last * weights[1]).sum()
        results.append([opened, last, *torch.autograd.grad(loss, given)])
    for ours, theirs in zip(*results):
        torch.testing.assert_close(ours, theirs)
"""


@pytest.mark.parametrize("compare", [SCAN, MEMORY], ids=["scan", "memory"])
def test_states_and_gradients_are_those_of_the_loop_over_time(compare):
    interpreted = {**os.environ, "TRITON_INTERPRET": "1"}
    done = subprocess.run([sys.executable, "-c", compare], env=interpreted, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
