"""Memory that was touched is used again, once glibc has some of each size at hand."""

import subprocess
import sys

import pytest

FAULTS = """
import resource, sys, torch
from soundsieve.memory import keep_memory
if sys.argv[1] == "kept":
    keep_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(12):
    torch.ones(2**24)
before = faults()
for _ in range(4):
    torch.ones(2**24)
print(faults() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="tells glibc what to do")
def test_a_large_tensor_takes_the_memory_of_the_one_before_it():
    new, kept = (
        int(subprocess.check_output([sys.executable, "-c", FAULTS, word])) for word in ("", "kept")
    )
    assert kept < 100 < new
