"""An export is the model: the same samples, smaller, with a card, or a refusal in one line."""

import json
from pathlib import Path

import onnx
import pytest
import torch

from soundsieve.errors import UserError
from soundsieve.export import command
from soundsieve.export.command import export
from soundsieve.export.graph import to_onnx
from soundsieve.inference.separate import separate_audio
from soundsieve.models.build import build
from soundsieve.models.catalog import tree
from soundsieve.models.files import save
from soundsieve.models.find import find
from soundsieve.models.onnx import OnnxSeparator
from soundsieve.stems import Stems
from soundsieve.target import parse
from tests.export.conftest import untrained


def noise(*shape: int) -> torch.Tensor:
    return 0.1 * torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def graph_of(model, channels=1):
    """A separator straight from the graph."""
    names = ("scope", "outputs", "names", "sample_rate", "hop", "delay")
    card = {name: getattr(model, name) for name in names} | {"channels": channels}
    return OnnxSeparator(to_onnx(model, channels).SerializeToString(), card)


def test_a_minute_of_sound_comes_out_as_from_pytorch(exported):
    proof = exported[0].card["proof"]
    assert proof["seconds"] == 60
    assert proof["largest_difference"] < 1e-4
    assert proof["sdr_db"] > 80


def test_the_file_separates_as_the_model_does(exported, model):
    audio = noise(1, 20000)
    for keep in ("speech+music", "music@-12,all-prompts"):
        for rate in (16000, 44100):
            mine = separate_audio(find(str(exported[0].path)), audio, rate, parse(keep))
            assert (mine - separate_audio(model, audio, rate, parse(keep))).abs().max() < 1e-4


def test_a_mono_graph_takes_each_channel_of_stereo_on_its_own(exported, model):
    audio = noise(2, 5000)
    both = separate_audio(find(str(exported[0].path)), audio, 16000, parse("speech"))
    for channel in range(2):
        alone = separate_audio(model, audio[channel, None], 16000, parse("speech"))
        assert (both[:, channel] - alone[:, 0]).abs().max() < 1e-4


def test_a_stereo_graph_takes_one_mask_for_both_channels(model):
    audio = noise(2, 5000) * torch.tensor([[1.0], [0.3]])
    stereo = separate_audio(graph_of(model, channels=2), audio, 16000, parse("speech"))
    expected = separate_audio(model, audio, 16000, parse("speech"))
    assert (stereo - expected).abs().max() < 1e-4


@pytest.mark.parametrize("kind", ["magnitude", "phase-sensitive", "complex"])
def test_masks_of_every_kind_come_out_as_from_pytorch(kind):
    model = untrained(family="mask", keep="speech+music")
    again = type(model)(**{**model.config, "kind": kind}).eval()
    mixture = noise(1, 1, 4000)
    with torch.no_grad():
        assert (graph_of(again)(mixture) - again(mixture)).abs().max() < 1e-4


def test_silence_comes_out_as_silence_at_the_first_hop_and_later(exported):
    model = find(str(exported[0].path))
    mixture = torch.cat([torch.zeros(1, 1, 2048), noise(1, 1, 2048), torch.zeros(1, 1, 4096)], -1)
    estimates = model(mixture)
    assert estimates.isfinite().all()
    assert estimates[..., :1500].abs().max() == 0
    assert estimates[..., -2000:].abs().max() == 0


def test_the_card_says_what_one_needs_to_run_it(exported, model):
    for file in exported:
        card = json.loads(file.path.with_suffix(".json").read_text())
        assert card["bytes"] == file.path.stat().st_size
        assert card["names"] == list(model.names)
        assert card["outputs"] == [list(gains) for gains in model.outputs]
        wanted = (16000, 256, 512, 32.0)
        assert tuple(card[k] for k in ("sample_rate", "hop", "latency", "latency_ms")) == wanted
        assert card["parameters"] == sum(p.numel() for p in model.parameters())
        assert card["licence"] == "CC-BY-4.0"
        assert card["about"]["training"] == {"steps": 0}
        assert 0 < card["hop_time"]["median_ms"] <= card["hop_time"]["p99_9_ms"]
        graph = onnx.load(file.path).graph
        shapes = {
            item.name: [size.dim_value for size in item.type.tensor_type.shape.dim]
            for item in graph.input
        }
        assert shapes == card["inputs"]


def test_a_graph_knows_the_stems_and_the_past_of_its_model(tmp_path):
    stems = Stems({"engine": "noise"})
    network = build(
        "mask", ("speech", "engine"), parse("all-engine", stems), stems=stems, size="tiny"
    )
    about = {"stems": {"engine": "noise"}, "finetune": {"heard": [["a", 0.0, 1.0]]}}
    save(network, tmp_path / "m.safetensors", about)
    (file,) = export(str(tmp_path / "m.safetensors"), tmp_path / "m.onnx")
    assert "engine" in tree(str(file.path)).names
    found = find(str(file.path))
    assert "engine" in found.tree.names and found.about["finetune"]["heard"] == [["a", 0.0, 1.0]]


def test_small_weights_cost_little_and_say_how_much(exported):
    proof = exported[1].card["proof"]
    assert abs(proof["si_sdr_loss_db"]) < 0.2
    assert proof["sdr_db"] > 30
    assert "SI-SDR" in str(exported[1])


def test_runs_whose_names_differ_behind_a_dot_are_files_of_their_own(
    tmp_path, model_file, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs/keep-music@-12.5-0a"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(model_file.read_bytes())
    monkeypatch.setattr(command, "to_onnx", lambda *_: 1 / 0)
    seen = []
    monkeypatch.setattr(command, "_checked", lambda path: seen.append(path) or path)
    with pytest.raises(ZeroDivisionError):
        export(str(folder))
    assert seen == [Path("keep-music@-12.5-0a.onnx")]


@pytest.mark.parametrize(("size", "megabytes"), [("small", 1.0), ("base", 2.0)])
def test_small_weights_make_a_small_file(size, megabytes):
    small = command.to_int8(to_onnx(untrained(size), 1))
    assert small.ByteSize() <= megabytes * 1e6


def test_the_loop_over_time_is_not_in_the_graph(exported):
    kinds = {node.op_type for node in onnx.load(exported[0].path).graph.node}
    assert not kinds & {"Loop", "Scan", "If", "DFT", "SequenceAt"}


def test_what_has_no_graph_is_refused(tmp_path, model_file, monkeypatch):
    refusals = {
        "family 'classical'": ("classical/mmse-lsa", tmp_path / "a.onnx"),
        r"ends in \.onnx": (str(model_file), tmp_path / "a.tflite"),
        "no folder": (str(model_file), tmp_path / "none" / "a.onnx"),
        "no model": ("nothing", tmp_path / "a.onnx"),
    }
    for said, (name, out) in refusals.items():
        with pytest.raises(UserError, match=said):
            export(name, out)
    monkeypatch.setattr(command, "NEEDED", ("onnx", "a_module_that_is_not_there"))
    with pytest.raises(UserError, match=r"not installed: pip install 'soundsieve\[export\]'"):
        export(str(model_file), tmp_path / "a.onnx")
    assert not list(tmp_path.iterdir())


def test_a_graph_that_differs_is_not_written(tmp_path, model_file, monkeypatch):
    other = to_onnx(untrained(keep="music"), 1)
    other.graph.initializer[0].CopyFrom(
        onnx.numpy_helper.from_array(
            1 + onnx.numpy_helper.to_array(other.graph.initializer[0]),
            other.graph.initializer[0].name,
        )
    )
    monkeypatch.setattr(command, "to_onnx", lambda *_: other)
    with pytest.raises(RuntimeError, match="not equal to PyTorch"):
        export(str(model_file), tmp_path / "a.onnx")
    assert not list(tmp_path.iterdir())
