"""Networks of asteroid as ONNX: a window at a time, equal to PyTorch, and still not for live."""

import pytest
import torch

from soundsieve.errors import UserError
from soundsieve.export.command import export
from soundsieve.export.graph import to_onnx
from soundsieve.export.int8 import to_int8
from soundsieve.inference.live import require_live
from soundsieve.models.build import build
from soundsieve.models.files import save
from soundsieve.models.onnx import OnnxSeparator
from soundsieve.target import parse

SCOPE = ("speech", "noise")


def network(name: str):
    """A small one with windows of half a second."""
    pytest.importorskip("asteroid", reason="the extra asteroid is not installed")
    torch.manual_seed(0)
    made = build(f"asteroid/{name}", SCOPE, parse("speech"), channels=8, blocks=1)
    return type(made)(**{**made.config, "window": 6144 + 2048, "overlap": 2048}).eval()


def separator(model, graph, channels: int) -> OnnxSeparator:
    names = ("scope", "outputs", "names", "sample_rate", "hop", "delay", "causal")
    card = {name: getattr(model, name) for name in names} | {"channels": channels}
    return OnnxSeparator(graph.SerializeToString(), card)


@pytest.mark.parametrize("name", ["convtasnet", "dprnn", "dptnet", "sudormrf"])
def test_a_network_of_asteroid_comes_out_as_from_pytorch(name):
    model = network(name)
    mixture = 0.1 * torch.randn(1, 2, 13000) * torch.tensor([[1.0], [-0.3]])
    graph = to_onnx(model, channels=2)
    exported = separator(model, graph, 2)
    with torch.no_grad():
        expected = model(mixture)
        assert (exported(mixture) - expected).abs().max() < 1e-5
        small = separator(model, to_int8(graph), 2)(mixture)
    assert (small - expected).square().sum() < 0.01 * expected.square().sum()
    with pytest.raises(UserError, match="offline model"):
        require_live(exported, "net.onnx")


def test_a_model_for_songs_has_no_graph_and_says_so(tmp_path):
    pytest.importorskip("onnxscript", reason="the extra export is not installed")
    model = build("songs", ("vocals", "drums"), parse("vocals,drums"), channels=8, blocks=1)
    save(model, tmp_path / "songs.safetensors", {})
    with pytest.raises(UserError, match="family 'songs'") as caught:
        export(str(tmp_path / "songs.safetensors"), tmp_path / "songs.onnx")
    assert "\n" not in str(caught.value)
