"""Figures: what they draw, and that a journal with gaps is still drawn."""

import pytest
import torch
from matplotlib.image import AxesImage

from soundsieve.report.figures import (
    RANGE,
    improvement_by_snr,
    save,
    spectrograms,
    training_curve,
)


def tone(frequency, seconds=1.0):
    time = torch.arange(int(16000 * seconds)) / 16000
    return torch.sin(2 * torch.pi * frequency * time)[None]


def images(figure):
    return [axes.images[0] for axes in figure.axes if axes.images and axes.get_xlabel()]


def test_a_journal_becomes_two_curves(tmp_path):
    journal = tmp_path / "metrics.csv"
    journal.write_text(
        "step,loss,valid_si_sdri,rate,seconds\n100,2.0,1.5,40,60\n200,1.0,3.0,40,120\n"
    )
    upper, lower = training_curve(journal).axes
    assert upper.lines[0].get_ydata().tolist() == [2.0, 1.0]
    assert lower.lines[0].get_ydata().tolist() == [1.5, 3.0]
    assert "2.0 min" in lower.get_xlabel()


def test_the_score_of_a_fine_tune_is_not_called_an_improvement(tmp_path):
    (tmp_path / "metrics.csv").write_text("step,loss,valid_score\n100,2.0,1.5\n")
    _, lower = training_curve(tmp_path / "metrics.csv").axes
    assert lower.lines[0].get_ydata().tolist() == [1.5]
    assert lower.get_ylabel() == "won less lost / dB"


@pytest.mark.parametrize("text", ["step,loss\n100,\n200,1.0\n", "step,other\n1,2\n", "step,loss\n"])
def test_a_journal_with_gaps_is_drawn(tmp_path, text):
    (tmp_path / "metrics.csv").write_text(text)
    save(training_curve(tmp_path / "metrics.csv"), tmp_path / "training.png")
    assert (tmp_path / "training.png").read_bytes().startswith(b"\x89PNG")


def test_a_tone_is_a_line_at_its_frequency():
    figure = spectrograms({"one": {"mixture": tone(2000), "estimate": 0.1 * tone(2000)}}, 16000)
    loud, soft = images(figure)
    assert isinstance(loud, AxesImage)
    level = loud.get_array()
    assert level.mean(1).argmax() == pytest.approx(2000 / 16000 * 512, abs=1)
    assert loud.get_extent() == [0, 1.0, 0, 8.0]
    assert soft.get_array().max() == pytest.approx(level.max() - 20, abs=0.1)
    assert loud.get_clim() == (-RANGE, 0)


def test_silence_is_drawn():
    figure = spectrograms({"nothing": {"mixture": torch.zeros(1, 4000)}}, 16000)
    assert len(images(figure)) == 1


def test_axes_say_their_units():
    figure = spectrograms({"one": {"mixture": tone(500)}}, 16000)
    labels = [axes.get_xlabel() + axes.get_ylabel() for axes in figure.axes]
    assert "time / s" in labels[0]
    assert "kHz" in labels[0]
    assert any("dB" in label for label in labels)


def test_the_improvement_is_drawn_over_the_snr():
    score = {"mean": 3.0, "low": 2.0, "high": 4.0, "n": 9}
    alone = {"mean": 1.0, "low": None, "high": None, "n": 1}
    groups = {
        "all": {"si_sdr_improvement": score},
        "snr 5": {"si_sdr_improvement": alone},
        "snr -5": {"si_sdr_improvement": score},
    }
    (axes,) = improvement_by_snr({"model": groups, "mixture": groups}, "speech").axes
    lines = [line for line in axes.lines if line.get_label() == "model"]
    assert lines[0].get_xdata().tolist() == [-5, 5]
    assert lines[0].get_ydata().tolist() == [3, 1]
    assert "mixture" not in [line.get_label() for line in axes.lines]
