"""Every shipped recipe trains: two steps on the starter corpus, scored like a long run."""

import json

import pytest
from rich.console import Console

import soundsieve
from soundsieve.config import resolve, shipped_recipes

QUICK = ("data=starter", "train.steps=2", "train.batch=2", "score.scenes=1", "score.snr=0")
SHORTER = {"songs": ("mix.segment=1",)}
"""Stereo at 44.1 kHz takes five times as long."""


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_recipe_runs_from_data_to_report(name, starter_folder, monkeypatch):
    monkeypatch.chdir(starter_folder)
    monkeypatch.setattr("soundsieve.training.fit.VALID_SCENES", 4)
    words = (*QUICK, *SHORTER.get(name, ()))
    folder = soundsieve.run(resolve(name, words), Console(quiet=True))
    scores = json.loads((folder / "scores.json").read_text())
    for table in scores["scores"].values():
        assert {"model", "mixture", "classical/mmse-lsa", "oracle/phase-sensitive"} <= set(table)
    assert resolve(folder).train == resolve(name, words).train
    assert (folder / "training.png").stat().st_size > 0
    assert list((folder / "examples").glob("*.wav"))
    assert soundsieve.load(folder).keeps
