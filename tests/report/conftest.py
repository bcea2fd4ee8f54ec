"""Scores of tones and noises, to draw."""

import pytest

from soundsieve.evaluation.estimators import MixtureEstimator, OracleEstimator
from soundsieve.evaluation.scoring import score_scenes
from tests.evaluation.conftest import ToneMixer, mixer, progress, recipe

__all__ = ["ToneMixer", "mixer", "progress", "recipe"]


@pytest.fixture
def estimators():
    return [OracleEstimator("ratio"), MixtureEstimator()]


@pytest.fixture
def scores(estimators, mixer, recipe, progress):
    return score_scenes(estimators, mixer, recipe, progress)
