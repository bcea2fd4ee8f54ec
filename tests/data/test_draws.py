"""Draws are a function of seed, scene and name, with the laws asked for."""

import numpy as np
import pytest

from soundsieve.data.draws import Draws
from soundsieve.law import Law

MANY = range(20000)


def test_a_scene_draws_the_same_in_any_batch():
    together = Draws(3, [9, 4, 7]).uniform("snr", 5)
    alone = [Draws(3, [scene]).uniform("snr", 5)[0] for scene in (9, 4, 7)]
    assert np.array_equal(together, alone)


def test_more_draws_leave_the_first_ones_as_they_are():
    assert np.array_equal(Draws(0, [1]).uniform("eq", 3), Draws(0, [1]).uniform("eq", 9)[:, :3])


@pytest.mark.parametrize(
    "other", [Draws(1, MANY).uniform("snr"), Draws(0, MANY).uniform("level")], ids=["seed", "name"]
)
def test_seeds_and_names_have_streams_of_their_own(other):
    assert abs(np.corrcoef(Draws(0, MANY).uniform("snr").T, other.T)[0, 1]) < 0.03


def test_neighbouring_scenes_have_nothing_in_common():
    values = Draws(0, MANY).uniform("snr")[:, 0]
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 0.03
    assert len(np.unique(values)) == len(values)


def test_scenes_far_up_and_large_seeds_are_fine():
    values = Draws(2**31 - 1, [2**40 * 64 + 5, 2**63]).uniform("snr")
    assert ((values >= 0) & (values < 1)).all()


@pytest.mark.parametrize(
    ("law", "mean", "std", "low", "high"),
    [
        (Law.fixed(5), 5, 0, 5, 5),
        (Law.uniform(-10, 20), 5, 30 / 12**0.5, -10, 20),
        (Law.normal(3, 2), 3, 2, -7, 13),
        (Law.choice([0, 5, 10]), 5, (50 / 3) ** 0.5, 0, 10),
    ],
    ids=lambda law: getattr(law, "kind", ""),
)
def test_laws_are_kept(law, mean, std, low, high):
    values = Draws(0, MANY).law("snr", law)
    assert values.mean() == pytest.approx(mean, abs=0.2)
    assert values.std() == pytest.approx(std, abs=0.1)
    assert values.min() >= low and values.max() <= high


def test_a_choice_takes_each_value_alike():
    values, counts = np.unique(Draws(0, MANY).law("snr", Law.choice([0, 5])), return_counts=True)
    assert values.tolist() == [0, 5]
    assert counts / len(MANY) == pytest.approx([0.5, 0.5], abs=0.02)


@pytest.mark.parametrize("odds", [0.0, 0.3, 1.0])
def test_chances_have_their_odds(odds):
    assert Draws(0, MANY).chance("room", odds).mean() == pytest.approx(odds, abs=0.015)
