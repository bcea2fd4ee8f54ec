"""The README's code runs as it stands, and its commands are words of the command line."""

import re
from pathlib import Path

import numpy as np
import pytest

import soundsieve
from soundsieve.cli.door import VERBS
from soundsieve.target import parse

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_python_of_the_readme_runs(starter_folder, monkeypatch):
    monkeypatch.chdir(starter_folder)
    monkeypatch.setattr("soundsieve.training.fit.VALID_SCENES", 4)
    tone = 0.1 * np.sin(np.arange(4800) * 0.05, dtype=np.float32)
    names = {"audio": tone, "sample_rate": 48000, "blocks": np.split(tone, 4)}
    for code in re.findall(r"```python\n(.*?)```", README, re.S):
        exec(code, names)
    assert names["kept"].shape == tone.shape
    assert sum(len(block) for block in names["live"]) == len(tone)


def test_the_latencies_of_the_readme_are_those_of_a_stream():
    said = re.search(r"\((\d+) ms at 16 kHz, (\d+) ms at 44.1 and 48 kHz\)", README)
    model = soundsieve.load()
    for place, rate in ((1, 16000), (2, 44100), (2, 48000)):
        latency = model.stream("speech", sample_rate=rate).latency
        assert said and round(1000 * latency / rate) == int(said[place])


@pytest.mark.parametrize("line", re.findall(r"^recipe ([a-z].*)$", README, re.M))
def test_the_verbs_and_targets_of_the_readme_exist(line):
    assert line.split()[0] in VERBS
    for text in re.findall(r"keep=(\S+)", line):
        assert parse(text)


@pytest.mark.parametrize("expression", re.findall(r"^\| `(\S+)` \|", README, re.M))
def test_the_expressions_of_the_readme_are_normal_forms(expression):
    assert ",".join(map(str, parse(expression))) == expression
