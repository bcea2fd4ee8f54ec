"""Exported files that are none of ours are refused in one line."""

import json

import onnx
import pytest
from onnx import TensorProto, helper

from soundsieve.errors import UserError
from soundsieve.models import onnx as runner
from soundsieve.models.find import find

CARD = {
    "scope": ["speech", "noise"],
    "outputs": [[1, 0]],
    "names": ["speech"],
    "sample_rate": 16000,
    "hop": 256,
    "delay": 256,
    "channels": 1,
}


def foreign(path):
    """A graph that doubles its input."""
    shape = {"elem_type": TensorProto.FLOAT, "shape": [1, 1, 256]}
    ends = [helper.make_tensor_value_info(name, **shape) for name in ("x", "y")]
    node = helper.make_node("Add", ["x", "x"], ["y"])
    graph = helper.make_graph([node], "double", ends[:1], ends[1:])
    opset = [helper.make_opsetid("", 20)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), path)
    return path


def test_a_graph_without_a_card_is_refused(tmp_path):
    with pytest.raises(UserError, match="has no card double.json beside it"):
        find(str(foreign(tmp_path / "double.onnx")))


@pytest.mark.parametrize(
    ("card", "said"),
    [(json.dumps(CARD), "no block"), ("{", "Expecting"), ("[]", "indices"), ("{}", "scope")],
)
def test_a_foreign_graph_or_card_is_refused(tmp_path, card, said):
    path = foreign(tmp_path / "double.onnx")
    path.with_suffix(".json").write_text(card)
    with pytest.raises(UserError, match=f"no model that `recipe export` wrote.*{said}") as refused:
        find(str(path))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"no graph at all", b"\x08\x07" * 50])
def test_a_file_that_is_no_graph_is_refused(tmp_path, content, capfd):
    path = tmp_path / "bad.onnx"
    path.write_bytes(content)
    path.with_suffix(".json").write_text(json.dumps(CARD))
    with pytest.raises(UserError, match="no model that `recipe export` wrote") as refused:
        find(str(path))
    assert "\n" not in str(refused.value)
    assert capfd.readouterr().err == ""


def test_a_missing_runtime_is_said(tmp_path, monkeypatch):
    path = foreign(tmp_path / "double.onnx")
    path.with_suffix(".json").write_text(json.dumps(CARD))
    monkeypatch.setattr(runner, "find_spec", lambda _: None)
    with pytest.raises(UserError, match=r"not installed: pip install 'soundsieve\[export\]'"):
        find(str(path))
