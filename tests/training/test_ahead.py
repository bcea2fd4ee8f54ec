"""Scenes that processes draw ahead of the step that learns from them."""

import itertools
from types import SimpleNamespace

import torch

from soundsieve.training.ahead import Batches, pick_workers, unpacked
from soundsieve.training.place import ALONE


def course(step=0, batch=4):
    return SimpleNamespace(batch=batch, place=ALONE, trainer=SimpleNamespace(global_step=step))


def taken(mixer, step, count, workers=1, reuse=2):
    batches = Batches(course(step), mixer, workers, reuse)
    return [unpacked(batch, mixer)[0] for batch in itertools.islice(batches, count)]


def test_the_first_use_is_what_the_mixer_draws(mixers):
    mixer = mixers()
    (stems,) = taken(mixer, 0, 1)
    drawn = mixer.scenes(range(4)).stems
    assert torch.equal(stems, drawn)


def test_a_second_use_has_other_scenes_of_the_same_sounds(mixers):
    first, second, third = taken(mixers(), 0, 3)
    assert not torch.equal(first.sum(1), second.sum(1))
    assert not torch.equal(first[:, 0], third[:, 0])


def test_it_goes_on_in_the_middle_of_the_uses_of_a_batch(mixers):
    mixer = mixers()
    whole, rest = taken(mixer, 0, 6), taken(mixer, 3, 3)
    for a, b in zip(whole[3:], rest, strict=True):
        assert torch.equal(a, b)


def test_a_training_learns_from_them(train, tmp_path):
    first = train(tmp_path / "a", steps=6, workers=1, reuse=3)
    again = train(tmp_path / "b", steps=6, workers=0, reuse=3)
    assert first.smooth_loss == again.smooth_loss


def test_a_processor_draws_its_scenes_itself_and_a_gpu_has_them_drawn():
    assert pick_workers(None, torch.device("cpu")) == 0
    assert pick_workers(None, torch.device("cuda")) >= 1
    assert pick_workers(3, torch.device("cpu")) == 3
