"""The schema of a recipe."""

import pytest
from pydantic import ValidationError

from soundsieve.knobs import field_of, knobs, nearest_key
from soundsieve.law import Law
from soundsieve.recipe import Recipe, identity, slug


def test_every_knob_has_a_description_and_levels_have_a_unit():
    assert all(knob.text for knob in knobs().values())
    assert knobs()["mix.snr"].unit == "dB"
    assert knobs()["mix.segment"].unit == "s"
    assert knobs()["mix.level"].unit == "dBFS"


def test_every_knob_says_what_it_expects():
    assert knobs()["train.steps"].expects.startswith("a whole number from 1")
    assert knobs()["train.rate"].expects == "a number above 0 to 1"
    assert knobs()["mask.kind"].expects == "one of magnitude, phase-sensitive, complex"
    assert "from -60 to 60" in knobs()["mix.snr"].expects
    assert knobs()["score.snr"].expects == "a list of numbers from -60 to 60"


def test_defaults_keep_to_their_own_ranges():
    plain = Recipe().model_dump(mode="json")
    assert Recipe.model_validate(plain) == Recipe()


@pytest.mark.parametrize(
    ("form", "law"),
    [
        (5, Law.fixed(5)),
        ("5", Law.fixed(5)),
        ("-5..20", Law.uniform(-5, 20)),
        ({"uniform": [-5, 20]}, Law.uniform(-5, 20)),
        ({"normal": ["5", "2"]}, Law.normal(5, 2)),
        ([0, 5, 10], Law.choice([0, 5, 10])),
        ({"choice": [0, 5]}, Law.choice([0, 5])),
    ],
)
def test_the_forms_of_a_law(form, law):
    assert Law.model_validate(form) == law
    assert Law.model_validate(law.model_dump()) == law
    if law.kind != "normal":
        assert "".join(str(law).split("[")[0]) in ("5", "-5..20", "")


@pytest.mark.parametrize(
    "form",
    ["loud", "5..", {"uniform": [5]}, {"uniform": [5, 0]}, {"normal": [5, -1]}, [], {"bell": [1]}],
)
def test_a_bad_law_is_refused(form):
    with pytest.raises(ValidationError):
        Law.model_validate(form)


def test_the_values_of_a_law_keep_to_the_range_of_the_knob():
    with pytest.raises(ValidationError, match="-60 to 60"):
        Recipe.model_validate({"mix": {"snr": [0, 70]}})
    assert Recipe.model_validate({"mix": {"snr": {"normal": [0, 70]}}})


def test_short_forms():
    recipe = Recipe.model_validate({"data": "folder", "model": "mask"})
    assert (recipe.data.path, recipe.model.family) == ("folder", "mask")


@pytest.mark.parametrize(
    ("word", "value"), [("yes", True), ("no", False), ("true", True), ("false", False)]
)
def test_yes_and_true_are_the_same(word, value):
    recipe = Recipe.model_validate({"fresh": word, "train": {"compile": word}})
    assert recipe.fresh is value
    assert recipe.train.compile == ("yes" if value else "no")


def test_odds_that_are_not_named_keep_their_default():
    odds = Recipe.model_validate({"mix": {"presence": {"music": 1}}}).mix.presence
    assert odds["music"] == 1
    assert odds["speech"] == Recipe().mix.presence["speech"]


def test_odds_are_given_for_stems_at_the_top():
    with pytest.raises(ValidationError, match="give the odds of 'music'"):
        Recipe.model_validate({"mix": {"presence": {"vocals": 1}}})


def test_the_target_is_kept_in_its_normal_form():
    recipe = Recipe(keep="music+speech", stems={"engine": "noise"})
    assert recipe.keep == "speech+music"
    assert [str(target) for target in recipe.targets] == ["speech+music"]
    assert "engine" in recipe.tree


def test_a_recipe_cannot_be_changed():
    with pytest.raises(ValidationError):
        Recipe().seed = 1  # type: ignore[misc]


def test_identity_leaves_out_what_does_not_change_the_result():
    a = Recipe.model_validate({"device": "cpu", "out": "x", "fresh": "yes"})
    assert identity(Recipe.model_validate({"data": {"conflicts": "error"}})) == identity(Recipe())
    assert identity(a) == identity(Recipe())
    assert identity(Recipe(seed=1)) != identity(Recipe())
    shared = [Recipe(train={"reuse": 2, "devices": devices}) for devices in (1, 2)]
    assert identity(shared[0]) != identity(shared[1])  # stems change places within a process
    assert identity(Recipe(train={"minutes": 5})) != identity(Recipe())
    assert identity(Recipe(keep="music+speech")) == identity(Recipe())


def test_the_slug_names_recipe_and_target():
    assert slug(Recipe(name="car", keep="all-prompts")) == "car-all-prompts"


def test_a_wrong_key_leads_to_the_right_one():
    assert nearest_key("train.stepz") == "train.steps"
    assert nearest_key("steps") == "train.steps"
    assert nearest_key("dat") == "data"
    assert nearest_key("qqqqq") is None


def test_fields_are_found_by_dotted_key():
    assert field_of("train.steps") is not None
    assert field_of("train.nothing") is None
    assert field_of("train.steps.more") is None
