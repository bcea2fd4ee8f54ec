"""A training that starts from another model starts with what that one knows."""

import pytest
import torch
from rich.console import Console

from soundsieve import pipeline
from soundsieve.errors import UserError
from soundsieve.models.files import save
from soundsieve.recipe import Recipe
from soundsieve.training.train import first_model


def started(pool, start=None, keep="speech+music", **model):
    settings = {"keep": keep, "model": {"family": "mask", **model}}
    train = {"train": {"start": str(start)}} if start else {}
    return first_model(Recipe.model_validate({**settings, **train}), pool).eval()


@pytest.fixture
def pool(mixers):
    return mixers().pool


@pytest.fixture
def small(pool, tmp_path):
    torch.manual_seed(5)
    model = started(pool, channels=8, blocks=1)
    for weight in model.parameters():
        weight.data += 0.05 * torch.randn_like(weight)
    save(model, tmp_path / "small.safetensors", {})
    return model, tmp_path / "small.safetensors"


@pytest.mark.parametrize("shape", [{"channels": 8, "blocks": 1}, {"channels": 16, "blocks": 3}])
def test_it_says_what_the_other_said_whether_as_large_or_larger(pool, small, shape):
    model, path = small
    sound = 0.1 * torch.randn(1, 1, 8000)
    assert (started(pool, path, **shape)(sound) - model(sound)).abs().max() < 1e-5


def test_a_smaller_or_another_model_is_refused_with_what_it_is(pool, small):
    _, path = small
    with pytest.raises(UserError, match="set model.size to its own or a larger one"):
        started(pool, path, channels=4, blocks=1)
    with pytest.raises(UserError, match=r"is a mask model for speech\+music"):
        started(pool, path, keep="speech", channels=8, blocks=1)


def test_other_weights_under_one_name_are_another_run(small, corpus, monkeypatch, tmp_path):
    model, path = small
    monkeypatch.chdir(tmp_path)
    for name in ("_complete", "print_scores"):
        monkeypatch.setattr(pipeline, name, lambda *_: None)
    recipe = Recipe.model_validate({"data": {"path": str(corpus)}, "train": {"start": str(path)}})
    first, again = (pipeline.run(recipe, Console(quiet=True)) for _ in range(2))
    model.decoder.weights[0].data += 1
    save(model, path, {})
    assert again == first != pipeline.run(recipe, Console(quiet=True))
