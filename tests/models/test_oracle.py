"""Ideal masks: a ceiling that rises with what the mask can do."""

import pytest
import torch

from soundsieve.metrics import si_sdr
from soundsieve.models.oracle import MASKS, oracle


def scene(seconds=1.0):
    generator = torch.Generator().manual_seed(0)
    time = torch.arange(int(16000 * seconds)) / 16000
    target = sum(torch.sin(2 * torch.pi * 220 * k * time) for k in range(1, 8)).reshape(1, 1, -1)
    target = 0.1 * target * (time % 0.4 < 0.25)
    return target + 0.2 * torch.randn(1, 1, len(time), generator=generator), target


@pytest.mark.parametrize("mask", MASKS)
def test_an_ideal_mask_improves_a_noisy_scene(mask):
    mixture, target = scene()
    gain = si_sdr(oracle(mask, mixture, target), target) - si_sdr(mixture, target)
    assert gain > 8


def test_the_more_a_mask_may_do_the_higher_is_the_ceiling():
    mixture, target = scene()
    scores = {mask: si_sdr(oracle(mask, mixture, target), target).item() for mask in MASKS}
    with_phase = scores.pop("complex"), scores.pop("phase-sensitive")
    assert with_phase[0] > with_phase[1] > max(scores.values())


@pytest.mark.parametrize("mask", MASKS)
def test_a_mixture_that_is_the_target_passes_unchanged(mask):
    _, target = scene()
    torch.testing.assert_close(oracle(mask, target, target), target, rtol=0, atol=1e-4)


@pytest.mark.parametrize("mask", MASKS)
def test_a_target_that_is_absent_comes_out_silent(mask):
    mixture, target = scene()
    assert oracle(mask, mixture, torch.zeros_like(target)).abs().max() < 1e-6
    assert not oracle(mask, torch.zeros_like(target), torch.zeros_like(target)).any()


@pytest.mark.parametrize("time", [1, 255, 256, 5001])
def test_the_length_is_kept(time):
    mixture, target = (audio[..., :time] for audio in scene())
    stereo = torch.cat([mixture, mixture], 1), torch.cat([target, target], 1)
    assert oracle("ratio", *stereo).shape == (1, 2, time)


def test_an_unknown_mask_is_refused():
    with pytest.raises(ValueError, match="phase-sensitive"):
        oracle("phase", *scene())
