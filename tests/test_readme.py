"""The README's code runs as it stands, and its commands are words of the command line."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import soundsieve
from soundsieve.cli.door import VERBS
from soundsieve.target import parse

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


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


def test_what_half_an_hour_wins_and_costs_is_what_was_measured():
    measured = json.loads((ROOT / "benchmarks/results/trained/finetune.json").read_text())
    rows = {(row["sound"], row["way"]): row for row in measured["rows"] if row["seconds"] == 120}
    taught = {sound: row for (sound, way), row in rows.items() if way == "long"}

    def lost(row, scenes):
        return row["before"][scenes]["si_sdr"] - row["after"][scenes]["si_sdr"]

    def removed(row):
        return row["after"]["new sound and speech"]["attenuation"]

    gains = [removed(long) - removed(rows[sound, "adapter"]) for sound, long in taught.items()]
    by_talkers = sorted(taught.values(), key=lambda row: lost(row, "other talkers"))
    least, most = (lost(row, "other talkers") for row in (by_talkers[0], by_talkers[-1]))
    said = " ".join(README.split())
    assert f"{min(gains):.0f} to {max(gains):.0f} dB more of such a voice" in said
    assert f"won {-least:.0f} dB of SI-SDR with one and lost {most:.0f} with another" in said
    assert f"which took {lost(by_talkers[-1], 'speech alone'):.0f} from clean speech" in said


@pytest.mark.parametrize("line", re.findall(r"^recipe ([a-z].*)$", README, re.M))
def test_the_verbs_and_targets_of_the_readme_exist(line):
    assert line.split()[0] in VERBS
    for text in re.findall(r"keep=(\S+)", line):
        assert parse(text)


@pytest.mark.parametrize("expression", re.findall(r"^\| `(\S+)` \|", README, re.M))
def test_the_expressions_of_the_readme_are_normal_forms(expression):
    assert ",".join(map(str, parse(expression))) == expression
