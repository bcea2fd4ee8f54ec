"""Training as a whole: it learns, it repeats, and what interrupts it changes nothing."""

import csv
import math
import signal

import pytest
import torch

from soundsieve.errors import UserError
from soundsieve.training.callbacks import COLUMNS, Keeper
from tests.training.conftest import ctrl_c_at, weights_of


def rows(folder):
    with (folder / "metrics.csv").open(newline="") as file:
        return list(csv.reader(file))


def test_the_loss_falls(train, tmp_path, mixers):
    before = train(tmp_path / "a", steps=1)
    after = train(tmp_path / "b", steps=30, rate=0.01)
    scenes = mixers().scenes(range(500, 516))
    with torch.no_grad():
        early, late = (float(t.loss(scenes.stems, list(range(16)))) for t in (before, after))
    assert late < 0.9 * early


def test_to_leave_the_rest_in_costs_much_however_loud_the_target_is(train, tmp_path, mixers):
    training = train(tmp_path, steps=1)
    scenes = mixers().scenes(range(8), snr=25.0, both=True)
    frames = scenes.stems.shape[-1] // training.stft.hop * training.stft.hop
    scenes.stems = scenes.stems[..., :frames]
    perfect = torch.einsum("os,bsct->obct", training.outputs, scenes.stems)

    def cost(estimate):
        said = torch.cat([estimate[None], perfect[1:]])
        training.estimate = lambda *_: (training.spectra(said), None)
        return float(training.loss(scenes.stems, list(range(8))))

    assert cost(scenes.mixture) - cost(perfect[0]) > 0.2


def test_a_training_leaves_a_checkpoint_and_a_journal_of_whole_rows(train, tmp_path):
    training = train(tmp_path)
    found = rows(tmp_path)
    assert found[0] == list(COLUMNS)
    assert [row[0] for row in found[1:]] == ["4", "8", "12"]
    assert all(len(row) == len(COLUMNS) for row in found)
    best = max(found[1:], key=lambda row: float(row[2]))
    assert float(best[2]) == pytest.approx(training.best_score, abs=1e-4)
    assert training.best_step == int(best[0])
    assert (tmp_path / "checkpoints/last.ckpt").exists()
    assert not list(tmp_path.rglob("*.part"))


def test_the_same_seed_gives_the_same_weights(train, tmp_path):
    first, second = (weights_of(train(tmp_path / name)) for name in "ab")
    assert torch.equal(first, second)


@pytest.mark.parametrize(
    ("family", "keep"), [("mask", "speech+music"), ("multihead", "speech,music,noise,prompts")]
)
def test_a_training_that_was_interrupted_ends_as_if_it_had_not_been(train, tmp_path, family, keep):
    whole = train(tmp_path / "whole", keep, family)
    with pytest.raises(KeyboardInterrupt), pytest.MonkeyPatch.context() as patch:
        ctrl_c_at(patch, 7)
        train(tmp_path / "parts", keep, family)
    resumed = train(tmp_path / "parts", keep, family)
    assert resumed.trainer.global_step == 12
    assert resumed.average.steps == whole.average.steps == 12
    assert resumed.best_step == whole.best_step
    assert torch.allclose(weights_of(resumed), weights_of(whole), atol=1e-6)
    for name, weight in whole.average.weights.items():
        assert torch.allclose(resumed.average.weights[name], weight, atol=1e-6)
    step_loss_score = [row[:3] for row in rows(tmp_path / "parts")]
    assert step_loss_score == [row[:3] for row in rows(tmp_path / "whole")]


def test_the_journal_forgets_what_came_after_the_checkpoint(train, tmp_path):
    with pytest.raises(KeyboardInterrupt), pytest.MonkeyPatch.context() as patch:
        ctrl_c_at(patch, 7)
        train(tmp_path)
    with (tmp_path / "metrics.csv").open("a") as file:
        file.write("8,0.1,99.0,1.0,1.0,8\n12,0.")  # as a process leaves it that was killed
    train(tmp_path)
    assert [row[0] for row in rows(tmp_path)] == ["step", "4", "8", "12"]
    assert float(rows(tmp_path)[2][2]) < 99


def test_ctrl_c_saves_and_gives_the_keyboard_back(train, tmp_path):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, stop_at=3)
    assert signal.getsignal(signal.SIGINT) is before
    saved = torch.load(tmp_path / "checkpoints/last.ckpt", weights_only=True)
    assert saved["global_step"] == 3


def test_a_job_that_its_cluster_ends_saves_first(train, tmp_path, monkeypatch):
    before = signal.getsignal(signal.SIGTERM)
    ctrl_c_at(monkeypatch, 3, signum=signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path)
    assert signal.getsignal(signal.SIGTERM) is before
    saved = torch.load(tmp_path / "checkpoints/last.ckpt", weights_only=True)
    assert saved["global_step"] == 3


def test_a_second_ctrl_c_stops_at_once(train, tmp_path, monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    ctrl_c_at(monkeypatch, 3, times=2)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path)
    assert signal.getsignal(signal.SIGINT) is before
    assert not (tmp_path / "checkpoints/last.ckpt").exists()


def test_a_finished_training_is_not_trained_again(train, tmp_path):
    done = train(tmp_path)
    again = train(tmp_path)
    assert again.trainer.global_step == 12
    assert torch.equal(weights_of(again), weights_of(done))


@pytest.mark.parametrize("keep", ["speech,music", "speech+music,speech+noise"])
def test_perfect_outputs_are_validated_as_perfect_even_where_they_overlap(train, tmp_path, keep):
    training = train(tmp_path, keep, steps=1)
    training.valid_indices, drawn = list(range(16)), []
    plain = training.valid.scenes
    training.valid.scenes = lambda *some, **way: drawn.append(plain(*some, **way)) or drawn[-1]
    outputs = torch.tensor(training.model.outputs)
    training.model.forward = lambda _: torch.einsum("os,bsct->boct", outputs, drawn[-1].stems)
    assert training.validate_average() > 60


def test_patience_stops_a_training_that_gains_nothing(train, tmp_path, monkeypatch):
    scores = iter([3.0, 2.0, 1.0, 4.0])
    monkeypatch.setattr(
        "soundsieve.training.module.Training.validate_average", lambda _: next(scores)
    )
    training = train(tmp_path, validate_every=2, patience=2)
    assert training.trainer.global_step == 6
    assert (training.best_step, training.best_score) == (2, 3.0)


def test_a_budget_of_minutes_ends_in_a_validation(train, tmp_path):
    training = train(tmp_path, steps=10_000, minutes=1e-4)
    assert 0 < training.trainer.global_step < 10_000
    assert training.best_step == training.trainer.global_step


def test_a_loss_that_is_no_number_is_said_in_one_line(train, tmp_path, monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(
        "soundsieve.training.module.Training.loss",
        lambda self, *_: sum(p.sum() for p in self.model.parameters()) * math.nan,
    )
    with pytest.raises(UserError, match="the loss is nan at step 1"):
        train(tmp_path)
    assert signal.getsignal(signal.SIGINT) is before


def test_training_may_run_beside_the_main_thread(train, tmp_path):
    from threading import Thread

    thread = Thread(target=train, args=(tmp_path,), kwargs={"steps": 2})
    thread.start()
    thread.join()
    assert rows(tmp_path)[-1][0] == "2"


def test_the_checkpoint_is_beside_the_journal(tmp_path):
    from rich.progress import Progress

    keeper = Keeper(tmp_path, Progress(), 1, 0)
    assert keeper.path == tmp_path / "checkpoints/last.ckpt"
