"""Offline models: windows overlap and fade together, with the step and state of every model."""

import pytest
import torch
from torch import Tensor

from soundsieve.models.windowed import Windowed
from tests.conftest import hiss, tone

SCOPE = ("speech", "noise")


class Halves(Windowed):
    """Two outputs whose sum is what it hears, at any cut."""

    def __init__(self, window: int = 1536, overlap: int = 512):
        super().__init__(SCOPE, torch.eye(2).tolist(), SCOPE, 16000, window, overlap)

    def hear(self, mixture: Tensor) -> Tensor:
        return torch.stack([0.25 * mixture, 0.75 * mixture], 1)


class Loudness(Windowed):
    """The level of all that it hears at once: it tells where windows begin and end."""

    def __init__(self, window: int = 1536, overlap: int = 512):
        super().__init__(SCOPE, [(1, 0)], ["speech"], 16000, window, overlap)

    def hear(self, mixture: Tensor) -> Tensor:
        return mixture.abs().mean((1, 2), keepdim=True).expand_as(mixture)[:, None]


@pytest.fixture(scope="module")
def sound() -> Tensor:
    """Two stereo scenes. Shape: `[2, 2, 8192]`."""
    first = torch.cat([tone(440, 1), tone(440, 1) + hiss(0, 1)])
    return torch.stack([first, torch.cat([hiss(1, 1), hiss(2, 1)])])[..., :8192]


def test_windows_join_without_a_seam(sound):
    estimates = Halves()(sound)
    assert torch.allclose(estimates.sum(1), sound, atol=1e-6)
    assert torch.allclose(estimates[:, 0], 0.25 * sound, atol=1e-6)


def test_where_two_windows_meet_one_fades_into_the_other():
    steps = torch.cat([torch.ones(1, 1, 1024), 3 * torch.ones(1, 1, 4096)], -1)
    heard = Loudness()(steps)[0, 0, 0]
    assert heard.diff().abs().max() < 0.01


@pytest.mark.parametrize("hops", [[1] * 8, [3, 1, 4], [8]])
def test_a_stream_of_hops_is_the_whole_signal_later(sound, hops):
    model = Loudness()
    state, parts = model.initial_state(2, 2), []
    for block in sound.split([n * model.hop for n in hops], -1):
        part, state = model.step(block, state)
        parts.append(part)
    later = torch.cat(parts, -1)[..., model.delay :]
    assert torch.allclose(later, model(sound)[..., : later.shape[-1]], atol=1e-6)


def test_a_window_is_heard_as_a_whole_and_no_more_is(sound):
    model = Loudness()
    short = sound[..., : model.window]
    assert torch.equal(model(short), model.hear(short))
    longer = sound[..., : model.window + 1]
    assert not torch.allclose(model(longer), model.hear(longer))


@pytest.mark.parametrize("time", [0, 1, 1535, 1536, 1537, 5000])
def test_any_length_comes_out_as_long_as_it_went_in(sound, time):
    assert Halves()(sound[..., :time]).shape == (2, 2, 2, time)


def test_it_is_not_for_live_sound_and_lags_by_a_window():
    assert not Halves().causal
    assert Halves().latency == Halves().window == 1536


@pytest.mark.parametrize("window, overlap", [(1536, 0), (1536, 800), (1500, 512), (512, 512)])
def test_windows_overlap_by_half_at_most(window, overlap):
    with pytest.raises(ValueError, match="overlap of up to half a window"):
        Halves(window, overlap)
