"""What ships a model: its words, and the points at which its gates open."""

import json
import re

import pytest
import torch

from scripts.ship import gates_line, move_gates, placeless, words_of
from soundsieve.config import resolve
from soundsieve.models.build import build
from soundsieve.models.catalog import header, shipped
from soundsieve.models.files import load, save
from soundsieve.models.find import WEIGHTS
from soundsieve.target import parse

SCOPE = ("speech", "music", "noise", "prompts")


@pytest.fixture
def run(tmp_path):
    """A run folder with the weights of a model that was not trained."""
    torch.manual_seed(0)
    model = build("multihead", SCOPE, parse(",".join(SCOPE)), channels=8, blocks=1)
    save(model, tmp_path / WEIGHTS, {"training": {"steps": 0}})
    return tmp_path


def test_a_card_says_what_was_said_on_the_command_line():
    made = resolve("any", ["data=there", "train.batch=64", "mix.snr={normal: [0, 8]}"])
    words = words_of("any", json.loads(made.model_dump_json()))
    assert " train.batch=64" in words
    assert " 'mix.snr={normal: [0.0, 8.0]}'" in words
    assert "data" not in words
    assert "model" not in words


def test_a_recipe_that_ships_tells_no_folder_of_the_machine_that_ran_it():
    words = ["data=/home/me/pack", "out=/home/me/runs", "train.start=/home/me/old.safetensors"]
    made = placeless(json.loads(resolve("any", words).model_dump_json()))
    assert "/home" not in json.dumps(made)
    assert (made["data"]["path"], made["out"]) == ("pack", "runs")
    assert made["train"]["start"] == "old.safetensors"


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_model_tells_no_folder_of_the_machine_that_trained_it(name):
    assert not re.search(r'"(/|~|[A-Z]:)', json.dumps(header(shipped()[name])))


def test_a_gate_that_is_moved_down_lets_less_through_and_the_others_take_it(run):
    sound = torch.randn(1, 1, 8000)
    with torch.no_grad():
        before = load(run / WEIGHTS)(sound)
        move_gates(run, {"prompts": -10.0})
        after = load(run / WEIGHTS)(sound)
    prompts = SCOPE.index("prompts")
    assert after[:, prompts].square().mean() < 0.01 * before[:, prompts].square().mean()
    torch.testing.assert_close(after.sum(1), before.sum(1), atol=1e-5, rtol=0)
    assert header(run / WEIGHTS)["training"]["gates"] == {"prompts": -10.0}


def test_a_card_says_which_gates_were_moved_and_nothing_where_none_was():
    assert "prompts -10, speech +3" in gates_line({"prompts": -10.0, "speech": 3.0})
    assert gates_line({}) == ""
