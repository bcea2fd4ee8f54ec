"""Speed: a tone that is played faster is higher by as much, and as loud."""

import numpy as np
import torch

from soundsieve.data.draws import Draws
from soundsieve.data.effects.speed import draw_lengths, longest, play
from tests.conftest import RATE

FRAMES = RATE


def pitch(audio):
    return float(torch.fft.rfft(audio * torch.hann_window(len(audio))).abs().argmax())


def test_a_source_played_faster_is_higher_by_as_much():
    crop = longest(FRAMES, 0.1)
    audio = 0.3 * torch.sin(2 * np.pi * 1000 * torch.arange(crop) / RATE).expand(3, 1, -1)
    lengths = np.array([14400, FRAMES, 17280])
    played = play(audio, lengths, FRAMES)
    assert played.shape == (3, 1, FRAMES)
    assert [pitch(row[0]) for row in played] == [900, 1000, 1080]
    assert torch.equal(played[1], audio[1, :, :FRAMES])
    inside = played[:, 0, 500:-500]
    assert torch.allclose(inside.square().mean(-1), torch.tensor(0.045), rtol=0.01)


def test_nothing_aliases_when_a_source_is_played_faster():
    audio = torch.sin(2 * np.pi * 7800 * torch.arange(longest(FRAMES, 0.1)) / RATE)[None, None]
    assert play(audio, np.array([17280]), FRAMES)[..., 500:-500].abs().max() < 0.02


def test_speeds_stay_in_their_range_and_change_as_often_as_asked():
    lengths = draw_lengths(Draws(0, range(400)), 4, FRAMES, 0.3, 0.1)
    changed = lengths[lengths != FRAMES]
    assert 0.25 < len(changed) / lengths.size < 0.35
    assert changed.min() >= 0.9 * FRAMES and changed.max() <= longest(FRAMES, 0.1)
    assert len(np.unique(changed)) > 15
    assert (changed < FRAMES).mean() > 0.3 and (changed > FRAMES).mean() > 0.3
