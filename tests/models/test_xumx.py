"""X-UMX, built from asteroid's parts, under the contract of every offline model."""

import pytest
import torch

from soundsieve.models.asteroid.xumx import Xumx
from soundsieve.models.build import build
from soundsieve.models.files import load, save
from soundsieve.target import parse

RATE = 44100
SCOPE = ("vocals", "drums", "bass", "other")


@pytest.fixture
def model():
    pytest.importorskip("asteroid", reason="the extra asteroid is not installed")
    torch.manual_seed(0)
    made = build("asteroid/xumx", SCOPE, parse(",".join(SCOPE)), channels=16, blocks=2)
    return Xumx(**{**made.config, "window": 24576 + 8192, "overlap": 8192}).eval()


@pytest.fixture(scope="module")
def song():
    """A hum on the left, hiss on the right. Shape: `[1, 2, time]`."""
    generator = torch.Generator().manual_seed(0)
    hum = 0.2 * torch.sin(2 * torch.pi * 80 * torch.arange(RATE) / RATE)
    return torch.stack([hum, 0.1 * torch.randn(RATE, generator=generator)])[None]


@torch.no_grad()
@pytest.mark.parametrize("time", [0, 1, 1023, 5000, RATE])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_length_comes_out_as_long_as_it_went_in(model, song, channels, time):
    parts = model(song[:, :channels, :time])
    assert parts.shape == (1, 4, channels, time)
    assert parts.isfinite().all()


@torch.no_grad()
def test_thirty_decibels_softer_in_is_thirty_decibels_softer_out(model, song):
    assert torch.allclose(model(0.03 * song) / 0.03, model(song), atol=1e-5)


@torch.no_grad()
def test_silence_stays_silence(model):
    assert not model(torch.zeros(1, 2, RATE)).any()


@torch.no_grad()
def test_a_file_holds_all_of_it(model, song, tmp_path):
    save(model, tmp_path / "x.safetensors", {})
    again = load(tmp_path / "x.safetensors")
    assert again.config == model.config and not again.causal and again.channels == 2
    assert torch.equal(again(song), model(song))


def test_some_steps_tell_a_hum_on_the_left_from_a_hiss_on_the_right(model, song):
    bass, drums = song.clone(), song.clone()
    bass[:, 1], drums[:, 0] = 0, 0
    wanted = torch.stack([torch.zeros_like(song), drums, bass, torch.zeros_like(song)], 1)
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    model.train()
    errors = []
    for _ in range(30):
        optimizer.zero_grad()
        error = (model(song) - wanted).square().sum() / wanted.square().sum()
        error.backward()
        assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
        optimizer.step()
        errors.append(error.item())
    assert errors[-1] < 0.25 * errors[0]
