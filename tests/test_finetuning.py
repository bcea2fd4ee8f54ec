"""The whole way of a fine-tune on a small model: folder, resume, strength, report, bad input."""

import json

import pytest
import torch
from rich.console import Console

from soundsieve.config import resolve, shipped_parts
from soundsieve.errors import UserError
from soundsieve.evaluation.removal import evaluate_removal
from soundsieve.finetuning import BASE, TUNED, finetune
from soundsieve.models.build import build
from soundsieve.models.files import load, save
from soundsieve.target import parse
from tests.conftest import hiss, put, swelling, tone

KEEP = "speech,music,noise,prompts"
QUICK = (
    *("mix.segment=0.5", "train.steps=4", "train.batch=2", "train.validate_every=2"),
    *("train.precision=float32", "device=cpu", "finetune.rank=2"),
)


@pytest.fixture
def place(tmp_path, corpus, monkeypatch):
    """A working folder with a small model, a lathe, a voice, and a starter corpus of tones."""
    monkeypatch.chdir(tmp_path)
    for module in ("data.pool", "data.sources"):
        monkeypatch.setattr(f"soundsieve.{module}.STARTER", corpus)
    monkeypatch.setattr("soundsieve.training.finetune.judge.SCENES", 8)
    for module in ("new_sound", "before_after"):
        monkeypatch.setattr(f"soundsieve.evaluation.{module}.SCENES", 6)
    torch.manual_seed(0)
    scope = tuple(KEEP.split(","))
    save(
        build("multihead", scope, parse(KEEP), channels=8, blocks=1), tmp_path / "m.safetensors", {}
    )
    for take in range(4):
        put(tmp_path / f"lathe/{take}.wav", swelling(hiss(take, 2.0), take))
        put(tmp_path / f"navi/{take}.wav", swelling(tone(250 + take, 2.0), take))
    return tmp_path


def run(*words, keep=None, model="m.safetensors"):
    recipe = resolve(shipped_parts()["finetune/own"], [*QUICK, *words])
    return finetune(model, recipe, keep, Console(quiet=True))


def test_a_fine_tune_leaves_a_model_of_the_same_kind_and_a_report(place):
    folder = run("finetune.noise=lathe")
    assert folder.parent.name == "runs" and folder.name.startswith("finetune-m-")
    base, tuned = load(place / "m.safetensors"), load(folder / "model.safetensors")
    assert (tuned.names, tuned.config) == (base.names, base.config)
    for name in ("report.md", "scenes.png", "training.png", "recordings.csv", "recipe.yaml"):
        assert (folder / name).stat().st_size > 0
    assert len(list((folder / "examples").glob("*after.wav"))) == 4
    scores = json.loads((folder / "scores.json").read_text())
    assert {"before", "after", "losses", "offered", "strength"} <= set(scores)
    assert "new sound alone" in scores["after"]
    assert tuned.about["finetune"]["stem"] == "noise" and tuned.about["finetune"]["heard"]


def test_another_strength_trains_nothing_anew(place, monkeypatch):
    folder = run("finetune.noise=lathe")
    monkeypatch.setattr("soundsieve.finetuning.teach", lambda *_: pytest.fail("trained"))
    assert run("finetune.noise=lathe") == folder
    assert run("finetune.noise=lathe", "finetune.strength=0.5") == folder
    base, tuned, half = (load(folder / f).state_dict() for f in (BASE, TUNED, "model.safetensors"))
    for name, weight in half.items():
        torch.testing.assert_close(weight, (base[name] + tuned[name]) / 2)
    assert json.loads((folder / "scores.json").read_text())["strength"] == 0.5


def test_an_interrupted_change_of_strength_leaves_no_scores_of_another(place, monkeypatch):
    folder = run("finetune.noise=lathe")
    whole = load(folder / "model.safetensors").state_dict()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("soundsieve.finetuning.compare", lambda *_: _interrupt())
        run("finetune.noise=lathe", "finetune.strength=0.5")
    run("finetune.noise=lathe")
    for name, weight in load(folder / "model.safetensors").state_dict().items():
        torch.testing.assert_close(weight, whole[name])


def _interrupt():
    raise KeyboardInterrupt


def test_what_changes_the_result_is_another_folder(place):
    first = run("finetune.noise=lathe")
    assert run("finetune.prompts=navi") != first
    assert run("finetune.noise=lathe", "finetune.rank=1") != first
    assert run("finetune.noise=lathe", keep="speech+music") != first


def test_pools_and_audio_of_ones_own_are_scored_too(place, corpus):
    folder = run("finetune.prompts=navi", f"data={corpus}", "finetune.audio=lathe")
    scores = json.loads((folder / "scores.json").read_text())
    assert {"starter", "old scenes", "other talkers"} <= {
        loss["where"] for loss in scores["losses"]
    }
    assert scores["agreement"] is not None


def test_the_tuned_model_is_scored_on_what_it_has_not_heard(place):
    folder = run("finetune.noise=lathe")
    recipe = resolve(shipped_parts()["finetune/own"], ["mix.segment=0.5", "score.scenes=4"])
    models = ["m.safetensors", str(folder), "oracle/ratio"]
    console = Console(quiet=True)
    found = evaluate_removal(models, "lathe", "noise", None, recipe, place / "out", console)
    assert found["seconds"] == pytest.approx(2.0)
    assert list(found["scores"]) == models
    assert json.loads((place / "out/scores.json").read_text())["keep"] == "all-noise"
    with pytest.raises(UserError, match="expected one target"):
        evaluate_removal(models, "lathe", "noise", "speech,music", recipe, None, console)


def test_a_fine_tune_of_a_fine_tune_has_heard_what_both_heard(place):
    first = run("finetune.noise=lathe")
    second = run("finetune.prompts=navi", model=str(first))
    heard = [
        load(folder / "model.safetensors").about["finetune"]["heard"] for folder in (first, second)
    ]
    assert heard[1][: len(heard[0])] == heard[0] and len(heard[1]) > len(heard[0])


@pytest.mark.parametrize(
    ("models", "parts"),
    [
        (["oracle/ratio"], "model=any,oracle/ratio"),
        (["m.safetensors", "oracle/rato"], "no oracle .* Did you mean 'ratio'"),
    ],
)
def test_an_ideal_mask_needs_a_model_beside_it_and_its_name(place, models, parts):
    recipe = resolve(shipped_parts()["finetune/own"], [])
    with pytest.raises(UserError, match=parts):
        evaluate_removal(models, "lathe", "noise", None, recipe, None, Console(quiet=True))


@pytest.mark.parametrize(
    ("words", "model", "parts"),
    [
        ([], "m.safetensors", "neither"),
        (["finetune.noise=lathe", "finetune.prompts=navi"], "m.safetensors", "got both"),
        (["finetune.noise=nowhere"], "m.safetensors", "nowhere is neither"),
        (["finetune.noise=lathe"], "anyy", "anyy"),
        (
            ["finetune.noise=lathe", "finetune.audio=navi", "finetune.teacher=no"],
            "m.safetensors",
            "needs the teacher",
        ),
        (["finetune.noise=lathe"], "classical", "no weights"),
        (["finetune.noise=lathe", "data=talkers"], "m.safetensors", "audio="),
    ],
)
def test_bad_input_is_one_line(place, words, model, parts):
    put(place / "talkers/speech/a.wav", tone(300, 5.0))
    put(place / "talkers/speech/b.wav", tone(400, 5.0))
    put(place / "talkers/speech/c.wav", tone(500, 5.0))
    with pytest.raises(UserError, match=parts) as caught:
        run(*words, model=model)
    assert "\n" not in str(caught.value)
    assert not list(place.glob("runs/finetune*"))
