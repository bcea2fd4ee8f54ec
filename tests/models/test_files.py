"""Model files: the same model comes back, and nothing else is taken for one."""

import json
import pickle

import pytest
import torch
from safetensors.torch import load_file, save_file

from soundsieve.errors import UserError
from soundsieve.models import catalog
from soundsieve.models.files import HEADER, header, load, save
from soundsieve.models.find import WEIGHTS, find
from tests.models.conftest import model_of


@pytest.fixture
def saved(tmp_path):
    save(model_of("mask/complex"), tmp_path / WEIGHTS, {"target": "speech+music"})
    return tmp_path / WEIGHTS


def rewrite(path, **changes):
    """The file with other words in its header."""
    about = header(path)
    about["config"] = {**about["config"], **changes.pop("config", {})}
    save_file(load_file(path), path, {HEADER: json.dumps({**about, **changes})})


def test_a_model_comes_back_as_it_was(model, scene, tmp_path):
    path = tmp_path / "model.safetensors"
    save(model, path, {"target": "speech", "training": {"steps": 3}})
    again = load(path)
    assert type(again) is type(model) and not again.training
    assert (again.scope, again.outputs, again.names) == (model.scope, model.outputs, model.names)
    assert again.config == json.loads(json.dumps(again.config)) | again.config
    assert again.about["training"] == {"steps": 3}
    with torch.no_grad():
        assert torch.equal(again(scene), model(scene))
    assert [p.name for p in tmp_path.iterdir()] == ["model.safetensors"]


def refusal(path) -> str:
    with pytest.raises(UserError) as caught:
        load(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_a_pickle_is_refused_unopened(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("the pickle was opened",))

    path = tmp_path / "model.pt"
    path.write_bytes(pickle.dumps(Trap()))
    assert "expected safetensors" in refusal(path)
    torch.save({"weight": torch.ones(3)}, path)
    assert "expected safetensors" in refusal(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff" * 4000, b"\x08\0\0\0\0\0\0\0{}      "])
def test_garbage_is_refused(tmp_path, content):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    assert "no soundsieve model" in refusal(path)


def test_a_file_cut_short_is_refused(saved):
    saved.write_bytes(saved.read_bytes()[:-100])
    assert "file not fully covered" in refusal(saved)
    saved.write_bytes(saved.read_bytes()[:300])
    assert "no soundsieve model" in refusal(saved)


@pytest.mark.parametrize("text", [None, "not json", "[]", "3"])
def test_safetensors_of_someone_else_are_refused(tmp_path, text):
    path = tmp_path / "model.safetensors"
    save_file({"weight": torch.ones(3)}, path, None if text is None else {HEADER: text})
    assert "header does not say" in refusal(path)


@pytest.mark.parametrize("family", ["transformer", ["mask"], None])
def test_an_unknown_family_is_named(saved, family):
    rewrite(saved, family=family)
    assert "mask, multihead" in refusal(saved)


@pytest.mark.parametrize(
    "config",
    [
        {"channels": 16},
        {"activation": "sine"},
        {"kind": "ratio"},
        {"outputs": 5},
        {"depth": 3},
        {"outputs": [[1, 0]]},
    ],
)
def test_weights_that_do_not_fit_the_header_are_refused(saved, config):
    rewrite(saved, config=config)
    assert "does not fit" in refusal(saved)


def test_a_missing_file_is_named(tmp_path):
    assert "no model at" in refusal(tmp_path / "none.safetensors")


def test_a_model_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(OSError):
        save(model_of("multihead"), tmp_path / WEIGHTS, {})
    assert not list(tmp_path.iterdir())


def test_a_model_is_found_as_a_file_and_as_a_run_folder(saved):
    assert find(str(saved)).names == find(str(saved.parent)).names == ("speech+music", "speech")


def test_a_shipped_model_is_found_by_its_name_and_serves_when_none_is_named(saved, monkeypatch):
    saved.rename(saved.with_name("any.safetensors"))
    monkeypatch.setattr(catalog, "SHIPPED", saved.parent)
    assert find("any").names == find().names == ("speech+music", "speech")


def test_without_a_shipped_model_the_newest_run_serves(saved, tmp_path, monkeypatch):
    monkeypatch.setattr(catalog, "SHIPPED", tmp_path / "nothing")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="no model yet"):
        find()
    (tmp_path / "runs/keep-speech-123456").mkdir(parents=True)
    saved.rename(tmp_path / "runs/keep-speech-123456" / WEIGHTS)
    assert find().names == ("speech+music", "speech")


def test_a_classical_method_is_found_by_its_name():
    assert find("classical").outputs


def test_a_run_that_is_not_finished_and_a_wrong_name_are_said(tmp_path):
    with pytest.raises(UserError, match="no finished run"):
        find(str(tmp_path))
    with pytest.raises(UserError, match="Did you mean 'classical'"):
        find("clasical")
