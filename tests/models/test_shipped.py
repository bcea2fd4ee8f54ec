"""The models that the package brings along: small, described, and they do what they say."""

from pathlib import Path

import pytest
import torch

import soundsieve
from soundsieve.models.catalog import DEFAULT, header, shipped
from soundsieve.models.find import find
from tests.conftest import RATE, hiss, tone

DOCS = Path(__file__).parents[2] / "docs" / "models"


@pytest.fixture(scope="module")
def scene():
    return tone(300, 2, level=-30) + hiss(3, 2, level=-30)


def test_the_default_is_shipped():
    assert DEFAULT in shipped()
    assert find().about == header(shipped()[DEFAULT])


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_model_is_small_and_says_where_it_comes_from(name):
    path, about = shipped()[name], header(shipped()[name])
    assert path.stat().st_size <= 6e6
    assert "/" not in about["training"]["recipe"]["data"]["path"]  # of the machine it was made on
    assert about["licence"] and about["scores"] and about["training"]["data_licences"]
    assert f"{about['parameters']:,} parameters" in (DOCS / f"{name}.md").read_text()
    sources = (DOCS / f"{name}-sources.csv").read_text().splitlines()
    assert sources[0] == "path,licence,source" and len(sources) > 100


@pytest.mark.parametrize("name", shipped())
def test_its_outputs_sum_to_the_mixture(name, scene):
    model = find(name)
    with torch.no_grad():
        outputs = model(scene[None])[0]
    assert (outputs.sum(0) - scene).abs().max() < 1e-5


def test_the_shipped_model_removes_a_hiss_and_lowers_what_is_asked_lower(scene):
    model = soundsieve.load(DEFAULT)
    hissing = hiss(5, 3, level=-30)
    kept = model.separate(hissing, RATE, keep="speech+music")
    assert kept[..., RATE:].square().mean() < 0.01 * hissing[..., RATE:].square().mean()
    full = model.separate(scene, RATE, keep="music")
    speech, lower = (model.separate(scene, RATE, keep=k) for k in ("speech", "speech+music@-12"))
    assert torch.allclose(lower - speech, 10 ** (-12 / 20) * full, atol=1e-5)
