"""Bootstrap intervals: as wide as theory says, and the same for the same seed."""

import math

import numpy as np
import pytest

from soundsieve.evaluation.intervals import Bootstrap


def test_the_interval_is_two_standard_errors_to_each_side():
    values = np.random.default_rng(0).normal(3, 2, 400)
    found = Bootstrap(0).interval(values, np.arange(400))
    error = values.std() / 20
    assert found.mean == pytest.approx(values.mean())
    assert found.low == pytest.approx(found.mean - 1.96 * error, abs=0.2 * error)
    assert found.high == pytest.approx(found.mean + 1.96 * error, abs=0.2 * error)


def test_a_scene_heard_at_three_snrs_is_one_scene():
    values = np.random.default_rng(0).normal(0, 1, 50)
    once = Bootstrap(0).interval(values, np.arange(50))
    thrice = Bootstrap(0).interval(np.tile(values, 3), np.tile(np.arange(50), 3))
    assert thrice.n == 150
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))


def test_a_seed_gives_one_interval():
    values, scenes = np.random.default_rng(0).normal(0, 1, 20), np.arange(20)
    assert Bootstrap(1).interval(values, scenes) == Bootstrap(1).interval(values, scenes)
    assert Bootstrap(1).interval(values, scenes) != Bootstrap(2).interval(values, scenes)


def test_values_that_are_not_there_do_not_count():
    found = Bootstrap(0).interval(np.array([1.0, np.nan, 3.0]), np.arange(3))
    assert (found.mean, found.n) == (2, 2)


@pytest.mark.parametrize("values", [[], [math.nan], [1.0]])
def test_too_few_values_have_no_interval_and_json_no_nan(values):
    found = Bootstrap(0).interval(np.array(values), np.arange(len(values)))
    assert math.isnan(found.low)
    assert found.plain()["low"] is None
