"""One small model with weights that nobody trained, exported once for all tests."""

from pathlib import Path

import pytest
import torch

from soundsieve.export.command import Exported, export
from soundsieve.models.build import build
from soundsieve.models.files import save
from soundsieve.models.separator import Separator
from soundsieve.target import parse

SCOPE = ("speech", "music", "noise", "prompts")


def untrained(size: str = "tiny", family: str = "multihead", keep: str = "speech") -> Separator:
    """A model whose masks differ from output to output and over time."""
    torch.manual_seed(0)
    model = build(family, SCOPE, parse(keep), size=size).eval()
    for name, weight in model.named_parameters():
        if name.startswith("decoder.weights"):
            weight.data *= 10
    return model


@pytest.fixture(scope="session")
def model() -> Separator:
    return untrained()


@pytest.fixture(scope="session")
def model_file(model: Separator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "mine.safetensors"
    save(model, path, {"licence": "CC-BY-4.0", "training": {"steps": 0}})
    return path


@pytest.fixture(scope="session")
def exported(model_file: Path) -> list[Exported]:
    """The float32 file and the one with small weights."""
    return export(str(model_file), model_file.with_name("mine.onnx"), int8=True)
