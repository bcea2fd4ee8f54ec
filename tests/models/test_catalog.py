"""Models are listed from their headers; what is none says so."""

import pytest
import torch

import soundsieve
from soundsieve.cli import main
from soundsieve.errors import UserError
from soundsieve.models.build import build
from soundsieve.models.catalog import entry, header, tree
from soundsieve.models.files import save
from soundsieve.stems import Stems
from soundsieve.target import parse


@pytest.fixture
def model():
    return build("multihead", ("speech", "music", "noise"), parse("speech"), size="tiny")


def test_an_entry_says_all_that_the_header_does(model, tmp_path):
    path = tmp_path / "any.safetensors"
    scores = {"speech+music": 6.5, "music": 4.0, "note": "text"}
    about = {"latency_seconds": 0.032, "licence": "CC-BY-4.0", "scores": scores}
    save(model, path, about)
    found = entry(path)
    assert (found.outputs, found.rate) == ("speech,music,noise", "16000 Hz")
    assert (found.latency, found.licence) == ("32 ms", "CC-BY-4.0")
    assert found.score == "speech+music +6.5 dB, music +4.0 dB"
    millions = sum(p.numel() for p in model.parameters()) / 1e6
    assert found.size.startswith(f"{millions:.2f} M, ")


def test_a_run_has_the_score_of_its_validation_scenes(model, tmp_path):
    path = tmp_path / "model.safetensors"
    save(model, path, {"training": {"valid_si_sdri": 5.25, "data_licences": ["CC0", "MIT"]}})
    assert entry(path).score == "+5.2 dB (valid)"
    assert entry(path).licence == "CC0, MIT"
    assert entry(path).latency == "32 ms"
    save(model, path, {"causal": False, "latency_seconds": 8.0})
    assert entry(path).latency == "offline"


def test_a_fine_tune_has_no_score_of_its_base(model, tmp_path):
    about = {"training": {"valid_si_sdri": 3.24}, "finetune": {"stem": "noise"}}
    save(model, tmp_path / "a.safetensors", about)
    assert entry(tmp_path / "a.safetensors").score == ""


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 20, b"\2\0\0\0\0\0\0\0{}", b"\2\0\0\0\0\0\0\0[]"]
)
def test_what_is_no_model_is_refused(content, tmp_path):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(content)
    with pytest.raises(UserError, match="is no soundsieve model"):
        header(path)
    with pytest.raises(UserError, match="no model at"):
        header(tmp_path / "none")


def test_runs_are_listed_in_columns_with_what_is_broken_last(model, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("broken", "keep-speech-0a1b2c"):
        (tmp_path / "runs" / name).mkdir(parents=True)
    save(model, tmp_path / "runs" / "keep-speech-0a1b2c" / "model.safetensors", {})
    (tmp_path / "runs" / "broken" / "model.safetensors").touch()
    assert main(["list", "models"]) == 0
    said = capsys.readouterr().out.splitlines()
    row = next(line for line in said if line.startswith("runs/keep-speech-0a1b2c"))
    assert "speech,music,noise" in row and "16000 Hz" in row and "32 ms" in row
    assert "runs/broken/model.safetensors is no soundsieve model" in said[-1]
    assert any(line.split()[:2] == ["asteroid/dprnn", "offline:"] for line in said)


def test_a_model_knows_the_stems_that_its_recipe_added(tmp_path):
    stems = Stems({"engine": "noise"})
    scope = ("speech", "engine", "stationary")
    model = build("mask", scope, parse("all-engine", stems), stems=stems, size="tiny")
    path = tmp_path / "engine.safetensors"
    save(model, path, {"stems": {"engine": "noise"}})
    assert "engine" in tree(str(path)).names and "engine" not in tree(str(tmp_path)).names
    loaded = soundsieve.load(path)
    removed = loaded.separate(torch.randn(8000), 16000, keep="engine")
    kept = loaded.separate(torch.zeros(8000), 16000)
    assert removed.shape == kept.shape == (8000,)
    assert kept.abs().max() == 0 < removed.abs().max()
