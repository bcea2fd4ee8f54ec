"""The recurrence of a GPU, run by Triton's interpreter: it is the loop over time, to rounding."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("triton")

COMPARE = """
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


def test_states_and_gradients_are_those_of_the_loop_over_time():
    interpreted = {**os.environ, "TRITON_INTERPRET": "1"}
    done = subprocess.run([sys.executable, "-c", COMPARE], env=interpreted, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
