"""What a fine-tune pays for: a sound that is left, and a word that is not the teacher's."""

import pytest
import torch

from soundsieve.training.finetune.penalties import change, leak

KEEP = torch.tensor([1.0, 1.0, 0.0, 0.0])
"""Of two outputs of three, and nothing of the mixture."""
SHAPE = (5, 4, 9)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def masks_of(gain):
    real = torch.stack([torch.full(SHAPE, g) for g in (gain / 2, gain / 2, 7.0)])
    return real, torch.zeros_like(real)


@pytest.mark.parametrize("gain, bels", [(1.0, 0.0), (0.1, -2.0), (0.0, -3.0)])
def test_what_is_left_of_the_new_sound_is_counted_in_bels_down_to_30_db(gain, bels):
    sound = torch.randn(SHAPE), torch.randn(SHAPE)
    assert leak(masks_of(gain), KEEP, sound).item() == pytest.approx(bels, abs=0.05)


def test_scenes_without_the_new_sound_leak_nothing():
    sound = torch.randn(SHAPE), torch.randn(SHAPE)
    lacking = [plane.clone() for plane in sound]
    for plane in lacking:
        plane[:, 1:] = 0
    assert leak(masks_of(0.1), KEEP, (lacking[0], lacking[1])).item() == pytest.approx(-2, abs=0.05)
    silence = torch.zeros(SHAPE), torch.zeros(SHAPE)
    assert leak(masks_of(0.1), KEEP, silence) == 0


def test_a_changed_word_costs_by_its_level_and_only_in_the_scenes_that_count():
    mixture = torch.randn(SHAPE), torch.randn(SHAPE)
    said = torch.stack([mixture[0]]), torch.stack([mixture[1]])
    louder = said[0] * 1.1, said[1] * 1.1
    rows = torch.tensor([True, True, False, False])
    assert change(louder, said, mixture, rows).item() == pytest.approx(-2, abs=0.05)
    assert change(said, said, mixture, rows).item() == pytest.approx(-4, abs=0.01)
    louder[0][:, :, :2], louder[1][:, :, :2] = said[0][:, :, :2], said[1][:, :, :2]
    assert change(louder, said, mixture, rows).item() == pytest.approx(-4, abs=0.01)
