"""Where a new sound goes in a model, and what cannot be taught."""

import pytest
import torch

from soundsieve.errors import UserError
from soundsieve.models.build import build
from soundsieve.models.find import find
from soundsieve.stems import STEMS
from soundsieve.target import parse
from soundsieve.training.finetune.aims import aims_of, truth_of

SCOPE = ("speech", "music", "noise", "prompts")


def model_of(keep="speech,music,noise,prompts", scope=SCOPE, family="multihead"):
    return build(family, scope, parse(keep), channels=8, blocks=1)


def test_a_sound_goes_to_its_head_and_all_else_is_kept():
    aims = aims_of(model_of(), "any", "prompts", None)
    assert aims.taught == (0, 0, 0, 1)
    assert str(aims.kept) == "all-prompts"
    assert aims.remix == (1, 1, 1, 0, 0)


def test_a_model_of_one_output_keeps_what_it_kept():
    aims = aims_of(model_of("speech+music", family="mask"), "m", "noise", None)
    assert (aims.taught, str(aims.kept), aims.remix) == ((0,), "speech+music", (1, 0))


def test_keep_says_what_matters_most():
    aims = aims_of(model_of(), "any", "noise", "speech+music@-6")
    assert aims.remix == pytest.approx((1, 10 ** (-6 / 20), 0, 0, 0))


@pytest.mark.parametrize(
    ("model", "stem", "keep", "words"),
    [
        (model_of("speech", ("speech", "music"), "mask"), "noise", None, "has no 'noise'"),
        (model_of(), "noise", "noise", "keeps the 'noise'"),
        (model_of(), "noise", "speech,music", "one target"),
        (find("classical"), "noise", None, "no weights"),
    ],
)
def test_what_cannot_be_taught_is_said(model, stem, keep, words):
    with pytest.raises(UserError, match=words):
        aims_of(model, "m", stem, keep)


def test_parts_of_a_stem_belong_to_the_head_of_the_whole():
    truth = truth_of(model_of(), ("speech", "vocals", "drums", "transient"), STEMS)
    assert torch.equal(truth.argmax(0), torch.tensor([0, 1, 1, 2]))
