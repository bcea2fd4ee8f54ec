"""The optimizer, the average and the machine: what training stands on."""

import signal

import pytest
import torch
from torch import nn

from soundsieve.errors import UserError
from soundsieve.models.build import build
from soundsieve.models.trunk import N_BANDS
from soundsieve.target import parse
from soundsieve.training import machine
from soundsieve.training.average import Average
from soundsieve.training.companions import companions_of
from soundsieve.training.module import remix_gains
from soundsieve.training.optimizer import MuonAdamW


def net(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(6, 5), nn.SiLU(), nn.Linear(5, 3))


def learn(model, optimizer, steps, schedule=None, first=0):
    for step in range(first, first + steps):
        torch.manual_seed(step)
        optimizer.zero_grad()
        (model(torch.randn(8, 6)) - 1).square().mean().backward()
        optimizer.step()
        if schedule:
            schedule.step()


def halving(optimizer):
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5**step)


def test_matrices_go_to_muon_and_the_rest_to_adamw():
    muon, adam = MuonAdamW(net(), 0.01).parts
    assert {p.ndim for group in muon.param_groups for p in group["params"]} == {2}
    assert {p.ndim for group in adam.param_groups for p in group["params"]} == {1}


def test_one_schedule_drives_both_parts():
    optimizer = MuonAdamW(net(), 0.01, muon_ratio=4)
    schedule = halving(optimizer)
    learn(nn.Sequential(), optimizer, 0)
    optimizer.step()
    schedule.step()
    assert [part.param_groups[0]["lr"] for part in optimizer.parts] == [0.02, 0.005]


def test_a_saved_optimizer_goes_on_as_if_it_had_not_stopped():
    whole = net()
    optimizer = MuonAdamW(whole, 0.01)
    learn(whole, optimizer, 6, halving(optimizer))

    model = net()
    optimizer = MuonAdamW(model, 0.01)
    schedule = halving(optimizer)
    learn(model, optimizer, 3, schedule)
    saved = model.state_dict(), optimizer.state_dict(), schedule.state_dict()
    model = net(1)
    optimizer = MuonAdamW(model, 0.01)
    schedule = halving(optimizer)
    for part, state in zip((model, optimizer, schedule), saved, strict=True):
        part.load_state_dict(state)
    learn(model, optimizer, 3, schedule, first=3)
    for one, other in zip(model.parameters(), whole.parameters(), strict=True):
        assert torch.equal(one, other)


def test_the_average_follows_the_weights_and_gives_them_back():
    model = net()
    average = Average(model, 0.5)
    own = [p.detach().clone() for p in model.parameters()]
    with torch.no_grad():
        for p in model.parameters():
            p += 1
    for _ in range(60):
        average.update(model)
    with average.applied(model):
        for p, before in zip(model.parameters(), own, strict=True):
            assert torch.allclose(p, before + 1, atol=1e-5)
    with torch.no_grad():
        for p in model.parameters():
            p += 1
    with pytest.raises(RuntimeError), average.applied(model):
        raise RuntimeError
    for p, before in zip(model.parameters(), own, strict=True):
        assert torch.allclose(p, before + 2, atol=1e-5)


def test_the_average_has_what_a_normalisation_counted():
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    average = Average(model, 0.5)
    for _ in range(200):
        model(torch.randn(16, 4) + 3)
        average.update(model)
    held = {name: weight.clone() for name, weight in average.weights.items()}
    for _ in range(20):
        model(torch.randn(16, 4) - 50)
    Average.copy(held, model)
    assert torch.equal(model[1].running_mean, held["1.running_mean"])


def test_an_average_starts_at_once():
    model = net()
    average = Average(model, 0.999)
    with torch.no_grad():
        for p in model.parameters():
            p.fill_(1.0)
    for _ in range(40):
        average.update(model)
    assert all((weight > 0.95).all() for weight in average.weights.values())


def test_a_remix_is_the_same_for_the_same_scene_and_has_silence_and_plain_sums_in_it():
    gains = remix_gains(4, range(500))
    assert torch.equal(gains[..., 3::7], remix_gains(4, range(3, 500, 7)))
    assert not torch.equal(gains, remix_gains(4, range(500, 1000)))
    assert (gains == 0).float().mean() == pytest.approx(0.4, abs=0.05)
    assert (gains == 1).float().mean() == pytest.approx(0.3, abs=0.05)
    assert gains.max() <= 10 ** (12 / 20)


def test_a_device_that_is_not_there_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert machine.pick_device("auto").type == "cpu"
    with pytest.raises(UserError, match="device=cuda"):
        machine.pick_device("cuda")


def test_compiling_is_for_long_runs_on_machines_that_can(monkeypatch, tmp_path):
    (tmp_path / "Python.h").touch()
    monkeypatch.setattr(machine.sysconfig, "get_path", lambda _: str(tmp_path))
    monkeypatch.setattr(machine.shutil, "which", lambda _: "/usr/bin/g++")
    assert machine.pick_compile("auto", 10)
    assert not machine.pick_compile("auto", 1)
    assert machine.pick_compile("yes", 1)
    (tmp_path / "Python.h").unlink()
    assert not machine.pick_compile("auto", 10)


def test_a_word_for_the_arithmetic_is_taken_as_it_is():
    cpu = torch.device("cpu")
    assert machine.pick_precision("float32", cpu) is torch.float32
    assert machine.pick_precision("bf16", cpu) is torch.bfloat16
    assert machine.pick_precision("auto", torch.device("mps")) is torch.float32


def test_the_rate_rises_then_falls_to_a_small_rest(train, tmp_path):
    training = train(tmp_path, steps=2, warmup=10)
    training.steps = 110
    shares = [training._share_of_rate(step) for step in range(111)]
    assert shares[0] == pytest.approx(0.1)
    assert max(shares) == shares[9] == 1
    assert shares[-1] == pytest.approx(0.03)
    training.minutes, training.seconds = 1.0, 60.0  # the budget is spent
    assert training._share_of_rate(20) == pytest.approx(0.03)


def test_bf16_learns_too(train, tmp_path):
    ctrl_c = signal.getsignal(signal.SIGINT)
    training = train(tmp_path, steps=2, precision="bf16")
    assert all(torch.isfinite(p).all() for p in training.model.parameters())
    assert signal.getsignal(signal.SIGINT) is ctrl_c


def test_companions_tell_stems_apart_beside_a_single_target_only():
    one = build("mask", ("speech", "music", "noise"), parse("speech+music"), size="tiny")
    pair = build("mask", ("speech", "noise"), parse("speech"), size="tiny")
    companions = companions_of(one)
    assert companions is not None and companions_of(pair) is None
    real, imag = companions(torch.randn(2, 1, N_BANDS, one.width))
    assert real.shape == imag.shape == (3, 2, 1, one.stft.bins)
