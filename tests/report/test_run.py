"""The report: the right scenes, drawn again as they were scored, and sounds that add up."""

import pytest
import torch

from soundsieve.audio.io import read
from soundsieve.metrics import si_sdr
from soundsieve.report.run import pick, sounds_of, write_examples, write_report


def test_the_best_median_and_worst_scene_are_picked(scores):
    rows = scores.of("speech+music", "oracle/ratio")
    picked = pick(rows)
    gains = {name: row.values["si_sdr_improvement"] for name, row in picked.items()}
    assert gains["best"] > gains["median"] > gains["worst"]
    mixed = [row.values["si_sdr_improvement"] for row in rows if row.heard == "mixed"]
    assert gains["best"] == max(mixed)
    assert gains["worst"] == min(mixed)


def test_few_scenes_make_few_examples(scores):
    rows = scores.of("speech+music", "oracle/ratio")
    assert list(pick(rows[:2])) == ["best", "median"]
    assert pick([]) == {}


def test_a_scene_is_drawn_again_as_it_was_scored(scores, estimators, mixer, recipe):
    row = pick(scores.of("speech+music", "oracle/ratio"))["median"]
    sounds = sounds_of(estimators[0], mixer, recipe, row, mixer.targets[0].tolist())
    torch.testing.assert_close(sounds["estimate"] + sounds["residual"], sounds["mixture"])
    measured = si_sdr(sounds["estimate"][None], sounds["target"][None]).item()
    assert measured == pytest.approx(row.values["si_sdr"], abs=0.01)


def test_a_run_folder_gets_figures_and_sounds(scores, estimators, mixer, recipe, tmp_path):
    (tmp_path / "metrics.csv").write_text("step,loss\n1,2\n2,1\n")
    write_report(tmp_path, estimators, mixer, recipe, scores)
    names = {path.name for path in tmp_path.iterdir()}
    assert {"training.png", "improvement.speech+music.png", "scenes.speech+music.png"} < names
    sounds = {path.name for path in (tmp_path / "examples").iterdir()}
    assert "worst.speech+music.residual.wav" in sounds
    assert len(sounds) == 12


def test_a_folder_without_a_journal_gets_no_training_curve(
    scores, estimators, mixer, recipe, tmp_path
):
    write_report(tmp_path / "new", estimators, mixer, recipe, scores)
    assert not (tmp_path / "new" / "training.png").exists()


def test_sounds_of_a_scene_that_would_clip_are_turned_down_together(tmp_path):
    loud, soft = torch.full((1, 100), 1.98), torch.full((1, 100), 0.5)
    write_examples(tmp_path, {"best": {"mixture": loud, "target": soft}}, "speech", 16000)
    heard = [
        read(tmp_path / f"best.speech.{name}.wav")[0].abs().max().item()
        for name in ("mixture", "target")
    ]
    assert heard == pytest.approx([0.99, 0.25], abs=1e-3)
