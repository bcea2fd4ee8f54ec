"""Scenes made of the stems of others."""

import torch

from soundsieve.data.exchange import exchanged
from soundsieve.data.mixer import PEAK


def scenes(level=0.1, batch=4):
    torch.manual_seed(0)
    loudness = level * torch.arange(1, batch + 1)[:, None, None, None]
    return loudness * torch.randn(batch, 3, 1, 2000) * torch.tensor([1.0, 0.5, 0.2])[:, None, None]


def correlation(a, b):
    return float((a * b).sum() / (a.norm() * b.norm()))


def test_the_first_use_of_a_batch_is_the_batch():
    stems = scenes()
    assert torch.equal(exchanged(stems, 0), stems)


def test_every_stem_meets_others_and_none_is_lost():
    stems = scenes(0.01)
    moved = exchanged(stems, 1)
    for scene in range(4):
        for stem in range(3):
            origin = stems[(scene - stem) % 4, stem]
            assert correlation(moved[scene, stem], origin) > 0.999


def test_a_scene_keeps_its_level_and_a_stem_its_place_under_it():
    stems = scenes(0.01)
    power, after = (part.square().mean((1, 2, 3)) for part in (stems, exchanged(stems, 1)))
    assert (10 * (after / power).log10()).abs().max() < 0.5


def test_no_scene_clips():
    assert exchanged(scenes(2.0), 1).sum(1).abs().max() <= PEAK * 1.0001


def test_silence_stays_silent():
    assert not exchanged(torch.zeros(2, 2, 1, 100), 1).any()
