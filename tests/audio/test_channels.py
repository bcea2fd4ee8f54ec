"""Sound in another number of channels: what is in the middle stays there, nothing is lost."""

import pytest
import torch

from soundsieve.audio.channels import with_channels


def test_mono_fills_every_channel_and_comes_back():
    sound = torch.randn(1, 50)
    both = with_channels(sound, 2)
    assert both.shape == (2, 50) and torch.equal(both[0], both[1])
    assert torch.equal(with_channels(both, 1), sound)


def test_stereo_stays_as_it_is():
    sound = torch.randn(2, 50)
    assert with_channels(sound, 2) is sound


@pytest.mark.parametrize("count", [3, 4, 5, 6, 7, 8])
def test_more_channels_than_two_keep_left_and_right_apart(count):
    sound = torch.zeros(count, 50)
    sound[0], sound[1] = 1.0, -1.0
    left, right = with_channels(sound, 2)
    assert (left > 0).all() and (right < 0).all()


@pytest.mark.parametrize("count", [6, 8])
def test_what_is_in_the_middle_of_surround_goes_to_both_sides_and_rumble_to_none(count):
    sound = torch.zeros(count, 2)
    sound[2, 0], sound[3, 1] = 1.0, 1.0
    folded = with_channels(sound, 2)
    assert torch.allclose(folded[:, 0], torch.full((2,), 0.5**0.5))
    assert not folded[:, 1].any()


def test_an_unknown_wish_is_refused():
    with pytest.raises(ValueError, match="4 channels|got 3"):
        with_channels(torch.zeros(4, 10), 3)
