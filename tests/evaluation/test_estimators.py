"""Estimators: the same requests answered by models, methods, ideal masks and nobody."""

import pytest
import torch
from torch import Tensor

from soundsieve.errors import UserError
from soundsieve.evaluation.estimators import (
    MixtureEstimator,
    ModelEstimator,
    OracleEstimator,
    translate,
)
from soundsieve.metrics import si_sdr
from soundsieve.models.classical import CLASSICAL
from soundsieve.models.separator import Separator

KEEP = (1, 1, 0)


class Shares(Separator):
    """Says that every output is a fixed share of the mixture."""

    def __init__(self, scope, outputs, shares, sample_rate=16000):
        names = [f"output {place}" for place in range(len(outputs))]
        super().__init__(scope, outputs, names, sample_rate, hop=1, delay=0)
        self.shares = shares

    def forward(self, mixture: Tensor) -> Tensor:
        return torch.stack([share * mixture for share in self.shares], 1)


def test_the_mixture_answers_every_request_with_itself(scenes):
    estimates = MixtureEstimator().estimate(scenes, [KEEP, (0, 0, 1)])
    assert torch.equal(estimates[:, 1], scenes.mixture)


def test_an_oracle_comes_near_each_target(scenes):
    requests = [KEEP, (0, 0, 1)]
    estimates = OracleEstimator("phase-sensitive").estimate(scenes, requests)
    for place, request in enumerate(requests):
        target = scenes.target(request)
        assert (si_sdr(estimates[:, place], target) > si_sdr(scenes.mixture, target) + 5).all()


def test_outputs_are_weighted_to_form_a_request(scenes):
    model = Shares(scenes.scope, [(1, 0, 0), (0, 1, 0)], [0.3, 0.2])
    estimates = ModelEstimator(model, "heads").estimate(scenes, [(1, 0.5, 0), (0, 0, 1)])
    torch.testing.assert_close(estimates[:, 0], 0.4 * scenes.mixture)
    torch.testing.assert_close(estimates[:, 1], 0.5 * scenes.mixture)


def test_what_a_model_cannot_form_is_refused_with_what_it_has(scenes):
    model = Shares(scenes.scope, [KEEP], [1])
    with pytest.raises(UserError, match="output 0"):
        ModelEstimator(model, "one").estimate(scenes, [(1, 0, 0)])


def test_a_suppressor_of_noise_gives_the_nearest_that_it_has(scenes):
    classical = ModelEstimator(CLASSICAL["classical"](), "classical", nearest=True)
    assert classical.remix((1, 0, 0), scenes.scope) == (1, 0)
    assert classical.remix((0, 0, 1), scenes.scope) == (-1, 1)
    assert classical.estimate(scenes, [(1, 0, 0)]).shape == (2, 1, 1, scenes.stems.shape[-1])


def test_a_suppressor_of_noise_keeps_music_whole_where_a_part_of_it_is_kept():
    classical = ModelEstimator(CLASSICAL["classical"](), "classical", nearest=True)
    assert classical.remix((0, 1, 0, 0), ("speech", "vocals", "drums", "noise")) == (1, 0)


def test_a_model_of_whole_music_is_asked_for_its_parts_together():
    scope = ("speech", "vocals", "drums", "noise")
    model = Shares(("speech", "music", "noise", "prompts"), [(1, 1, 0, 1)], [1])
    estimator = ModelEstimator(model, "one")
    assert estimator.remix((1, 1, 1, 0), scope) == (1, 0)
    with pytest.raises(UserError, match="cannot form"):
        estimator.remix((1, 1, 0, 0), scope)


def test_a_model_of_parts_is_asked_for_all_of_them():
    assert translate((1, 0), ("music", "noise"), ("vocals", "drums", "noise")) == (1, 1, 0)


def test_a_model_of_another_rate_hears_scenes_at_its_own(scenes):
    model = Shares(scenes.scope, [KEEP], [1], sample_rate=8000)
    low = scenes.stems[:, 1]  # the chord lies far under 4 kHz
    scenes.stems = torch.stack([low, low, 0 * low], 1)
    estimator = ModelEstimator(model, "half rate")
    estimate = estimator.estimate(scenes, [KEEP])[:, 0]
    assert estimate.shape == scenes.mixture.shape
    middle = slice(1000, -1000)
    assert (si_sdr(estimate[..., middle], scenes.mixture[..., middle]) > 35).all()
