"""Recipes from files and the command line, and the one-line errors of both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundsieve.config import dump, resolve, shipped_parts, shipped_recipes
from soundsieve.errors import UserError
from soundsieve.law import Law


@pytest.fixture
def file(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refusal(recipe, overrides=()):
    with pytest.raises(UserError) as refused:
        resolve(recipe, overrides)
    text = str(refused.value)
    assert len(text.splitlines()) == 1
    return text


@given(
    keep=st.sampled_from(["speech", "music@-6+speech", "all-prompts", "vocals,drums"]),
    steps=st.integers(1, 10**6),
    rate=st.floats(1e-7, 1),
    snr=st.sampled_from(["5", "-5..20", "[0,5]", "{normal: [5, 2]}"]),
    minutes=st.sampled_from(["none", "2.5"]),
    switch=st.sampled_from(["yes", "no", "true", "false", "auto"]),
)
def test_what_is_shown_is_itself_the_same_recipe(tmp_path_factory, **words):
    keys = ("keep", "train.steps", "train.rate", "mix.snr", "train.minutes", "train.compile")
    pairs = [f"{key}={value}" for key, value in zip(keys, words.values(), strict=True)]
    recipe = resolve(None, pairs)
    path = tmp_path_factory.mktemp("recipe") / "again.yaml"
    path.write_text(dump(recipe))
    assert resolve(path) == recipe
    assert dump(resolve(path)) == dump(recipe)


def test_a_run_folder_is_a_recipe(file):
    path = file("keep-speech-0a1b2c/recipe.yaml", dump(resolve("keep", ["seed=7"])))
    assert resolve(path.parent) == resolve("keep", ["seed=7"])


def test_the_file_comes_before_the_command_line(file):
    path = file("mine.yaml", "extends: keep\nseed: 1\ntrain: {steps: 5, batch: 2}\n")
    recipe = resolve(path, ["train.steps=6", "train.steps=7"])
    assert (recipe.seed, recipe.train.steps, recipe.train.batch) == (1, 7, 2)
    assert recipe.name == "mine"


def test_later_bases_win_and_the_file_wins_over_them(file):
    file("one.yaml", "seed: 1\ntrain: {steps: 1, batch: 1}\nmix: {presence: {music: 1}}\n")
    file("two.yaml", "seed: 2\ntrain.steps: 2\nmix: {presence: {noise: 1}}\n")
    path = file("both.yaml", "extends: [one.yaml, two.yaml]\nseed: 3\n")
    recipe = resolve(path)
    assert (recipe.seed, recipe.train.steps, recipe.train.batch) == (3, 2, 1)
    assert recipe.mix.presence["music"] == recipe.mix.presence["noise"] == 1


def test_a_law_replaces_a_law(file):
    path = file("law.yaml", "mix: {snr: {normal: [5, 2]}}\n")
    assert resolve(path).mix.snr == Law.normal(5, 2)
    assert resolve(path, ["mix.snr=-5..20"]).mix.snr == Law.uniform(-5, 20)
    assert resolve(path, ["mix.snr.choice=[0,5]"]).mix.snr == Law.choice([0, 5])


def test_words_of_yaml_1_1_are_what_the_schema_says(file):
    path = file("old.yaml", "train: {compile: no, rate: 1e-3, steps: 010}\nfresh: on\n")
    recipe = resolve(path)
    assert recipe.train.compile == "no"
    assert recipe.train.rate == 1e-3
    assert recipe.train.steps == 10
    assert recipe.fresh is True


def test_lists_with_commas_on_the_command_line():
    recipe = resolve(None, ["score.snr=0,5", "data.licences=CC0,CC-BY", "score.against=noise"])
    assert recipe.score.snr == [0, 5]
    assert recipe.data.licences == ["CC0", "CC-BY"]
    assert recipe.score.against == ["noise"]


def test_a_new_stem_can_be_removed():
    recipe = resolve(None, ["stems.engine=noise", "keep=all-engine"])
    assert recipe.keep == "all-engine"


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_shipped_recipe_resolves_and_has_a_readme(name):
    assert resolve(name).name == name
    assert (shipped_recipes()[name].parent / "README.md").is_file()


@pytest.mark.parametrize("name", shipped_parts())
def test_every_shipped_part_can_be_extended(file, name):
    assert resolve(file("part.yaml", f"extends: {name}\n"))


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("keep=speach", ["keep", "'speach'", "'speech'"]),
        ("keep=no", ["'no'", "'noise'"]),
        ("train.stepz=3", ["'train.stepz'", "'train.steps'"]),
        ("steps=3", ["'steps'", "'train.steps'"]),
        ("train.steps.more=3", ["'train.steps.more'"]),
        ("zzz=3", ["'zzz'", "recipe run --help"]),
        ("train.steps=many", ["train.steps", "a whole number", "'many'"]),
        ("train.steps=1.5", ["a whole number", "'1.5'"]),
        ("train.steps=0", ["from 1", "'0'"]),
        ("train.steps=", ["a whole number", "''"]),
        ("train.rate=nan", ["train.rate", "above 0 to 1", "'nan'"]),
        ("mix.segment=900", ["0.5 to 60", "(s)"]),
        ("mix.snr=loud", ["mix.snr", "-5..20", "'loud'"]),
        ("mix.snr=100", ["-60 to 60"]),
        ("mix.snr=[0,", ["'[0,'"]),
        ("mix.snr=-5...20", ["mix.snr", "'-5...20'"]),
        ("mask.kind=round", ["magnitude, phase-sensitive, complex"]),
        ("mix.presence.speech=2", ["mix.presence", "0 to 1", "'2'"]),
        ("mix.presence.vocals=1", ["'music'"]),
        ("stems.engine=nois", ["'nois'", "'noise'"]),
        ("score.against=nois", ["'noise'"]),
        ("train=5", ["train", "steps, batch"]),
        ("fresh=maybe", ["yes or no", "'maybe'"]),
        ("name=a b", ["name", "letters"]),
        ("extends=keep", ["extends"]),
    ],
)
def test_a_bad_word_on_the_command_line(pair, words):
    text = refusal(None, [pair])
    assert all(word in text for word in words), text
    assert "command line" in text


def test_a_word_without_equals_is_refused():
    assert "key=value" in refusal(None, ["speech"])
    assert "key=value" in refusal(None, ["=speech"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("train:\n  steps: [1\n", ["line 3", "YAML"]),
        ("train:\n\tsteps: 1\n", ["line 2", "YAML"]),
        ("seed: 1\ntrain:\n  batch: lots\n", ["line 3", "train.batch", "'lots'"]),
        ("seed: 1\n\ntrain:\n  stepz: 3\n", ["line 4", "'train.stepz'", "'train.steps'"]),
        ("seed: 1\nkeep: speach\n", ["line 2", "'speach'", "'speech'"]),
        ("seed: 1\nseed: 2\n", ["line 2", "seed", "twice"]),
        ("- 1\n", ["key: value"]),
        ("keep: !!python/object/apply:os.getcwd []\n", ["line 1", "keep"]),
        ("a: &x [1]\nb: *x\n", ["line 2", "alias"]),
        ("keep: \x01\n", ["YAML"]),
        ("extends: kep\n", ["line 1", "'kep'", "'keep'"]),
        ("? [a]\n: 1\n", ["line 1", "unknown key"]),
        ("mix: [1]\n", ["line 1", "mix holds the keys"]),
        ("seed: {a: 1}\n", ["line 1", "seed", "a whole number"]),
        ("train: {steps: " + "[" * 5000 + "\n", ["nested"]),
    ],
)
def test_a_bad_file_is_refused_with_its_line(file, text, words):
    path = file("broken.yaml", text)
    said = refusal(path)
    assert all(word in said for word in ["broken.yaml", *words]), said


def test_the_file_of_a_base_is_named(file):
    file("base.yaml", "train:\n  steps: x\n")
    said = refusal(file("top.yaml", "extends: base.yaml\n"))
    assert "base.yaml, line 2" in said


def test_a_loop_of_extends_is_refused(file):
    one = file("one.yaml", "extends: two.yaml\n")
    file("two.yaml", "extends: one.yaml\n")
    said = refusal(one)
    assert "loop" in said
    assert said.count("one.yaml") == 2
    assert "loop" in refusal(file("self.yaml", "extends: self.yaml\n"))


def test_a_binary_file_is_no_recipe(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00\x01")
    assert "UTF-8" in refusal(tmp_path / "x.yaml")


def test_a_missing_recipe_is_refused_with_the_nearest(tmp_path):
    assert "'keep'" in refusal("kep")
    assert "recipe list recipes" in refusal("zzzzz")
    assert "nowhere.yaml" in refusal(tmp_path / "nowhere.yaml")
    assert "holds no recipe.yaml" in refusal(tmp_path)
