"""Small untrained models of every family, and sounds to send through them."""

import pytest
import torch
from torch import Tensor, nn

from soundsieve.models.mask import KINDS, MaskModel
from soundsieve.models.multihead import MultiHead
from soundsieve.models.spectral import SpectralModel
from tests.conftest import hiss, tone

SCOPE = ("speech", "music", "noise")
FAMILIES = [*(f"mask/{kind}" for kind in KINDS), "multihead"]


def awake(model: nn.Module, seed: int = 0) -> nn.Module:
    """The model with every weight moved, as if trained: nothing is at its start by chance."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in model.parameters():
            p += 0.1 * torch.randn(p.shape, generator=generator)
    return model.eval()


def model_of(family: str, activation: str = "gelu", **keywords) -> SpectralModel:
    torch.manual_seed(0)
    options = {"channels": 8, "blocks": 2, "activation": activation, **keywords}
    if family == "multihead":
        eye = torch.eye(3).tolist()
        return awake(MultiHead(SCOPE, eye, SCOPE, **options))
    gains, names = [(1, 1, 0), (1, 0, 0)], ["speech+music", "speech"]
    return awake(MaskModel(SCOPE, gains, names, kind=family.rpartition("/")[2], **options))


@pytest.fixture(params=FAMILIES)
def model(request) -> SpectralModel:
    return model_of(request.param)


@pytest.fixture(scope="session")
def scene() -> Tensor:
    """Two stereo scenes of a tone and hiss. Shape: `[2, 2, time]`."""
    time = 40 * 256
    first = torch.cat([tone(440, 1), 0.5 * tone(440, 1) + hiss(0, 1, -35)])
    second = torch.cat([hiss(1, 1), tone(900, 1) + hiss(2, 1, -30)])
    return torch.stack([first, second])[..., :time]
