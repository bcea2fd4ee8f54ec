"""What sets the families apart: kinds of mask, heads that sum to the mixture, sizes."""

import pytest
import torch

from soundsieve.errors import UserError
from soundsieve.forms import form_of
from soundsieve.models.build import build, head_gains
from soundsieve.models.files import MODELS
from soundsieve.models.mask import MaskModel
from soundsieve.models.separator import parameters
from soundsieve.models.stereo import Stereo
from soundsieve.models.trunk import ACTIVATIONS, Trunk
from soundsieve.target import parse
from tests.models.conftest import SCOPE, awake, model_of


def masks_of(model, frames=None):
    frames = torch.randn(5, 2, 32, model.width) if frames is None else frames
    with torch.no_grad():
        return model.masks(frames)


def test_a_magnitude_mask_is_a_gain():
    real, imag, _ = masks_of(model_of("mask/magnitude"))
    assert (real >= 0).all() and (real <= 2).all()
    assert not imag.any()


def test_a_phase_sensitive_mask_is_real_and_may_flip():
    model = model_of("mask/phase-sensitive")
    real, imag, _ = masks_of(model, 30 * torch.randn(200, 2, 32, model.width))
    assert not imag.any()
    assert real.std() > 0.05
    with torch.no_grad():
        for weight in model.decoder.weights:
            weight *= 30
    assert (masks_of(model)[0] < 0).any()


def test_a_complex_mask_turns_the_phase():
    _, imag, _ = masks_of(model_of("mask/complex"))
    assert imag.abs().max() > 0.01


def test_there_is_no_other_kind_of_mask():
    with pytest.raises(ValueError, match="kind must be one of"):
        MaskModel(SCOPE, [(1, 0, 0)], ["speech"], channels=8, blocks=1, kind="ratio")


def test_heads_sum_to_the_mixture(scene):
    with torch.no_grad():
        heads = model_of("multihead")(scene)
    assert torch.allclose(heads.sum(1), scene, atol=1e-5)
    assert (heads[:, 0] - heads[:, 1]).abs().max() > 1e-3


def test_a_head_behind_a_closed_gate_is_silent_and_the_others_take_its_part(scene):
    model = model_of("multihead")
    with torch.no_grad():
        model.activity.weight[1] = 0
        model.activity.bias[1] = -60
        heads = model(scene)
    assert heads[:, 1].abs().max() < 1e-6
    assert torch.allclose(heads[:, 0] + heads[:, 2], scene, atol=1e-5)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_only_the_linear_trunk_is_linear_in_its_features(activation):
    torch.manual_seed(0)
    trunk = awake(Trunk(5, 8, 2, activation))
    one, other = torch.randn(2, 30, 2, 257, 5)

    def through(features):
        with torch.no_grad():
            return trunk(features, trunk.initial_states(2))[0]

    nothing = through(torch.zeros_like(one))
    both = through(one + other) - nothing
    apart = through(one) + through(other) - 2 * nothing
    superposed = torch.allclose(both, apart, atol=1e-4)
    assert superposed is (activation == "linear")


@pytest.mark.parametrize(("size", "most"), [("tiny", 100e3), ("small", 400e3), ("base", 1.5e6)])
def test_the_size_dial_keeps_its_word(size, most):
    stems = ("speech", "music", "noise", "prompts")
    heads = build("multihead", stems, parse(",".join(stems)), size=size)
    mask = build("mask", stems, parse("speech+music"), size=size)
    assert parameters(mask) < parameters(heads) <= most


def test_width_and_depth_may_be_set_by_hand():
    model = build("mask", SCOPE, parse("speech"), size="base", channels=8, blocks=1)
    assert (model.width, model.depth) == (8, 1)


def test_a_mask_has_one_output_a_target():
    model = build("mask", SCOPE, parse("speech+music@-20,speech"))
    assert model.names == ("speech+music@-20", "speech")
    assert model.outputs[0] == pytest.approx((1, 0.1, 0))
    assert model.outputs[1] == (1, 0, 0)


@pytest.mark.parametrize(
    ("scope", "keep", "heads"),
    [
        (("speech", "music", "noise"), "speech+music", ["speech", "music", "noise"]),
        (("speech", "vocals", "drums", "noise"), "speech", ["speech", "music", "noise"]),
        (
            ("speech", "vocals", "drums", "bass", "noise"),
            "vocals",
            ["speech", "vocals", "drums+bass", "noise"],
        ),
    ],
)
def test_there_is_a_head_for_what_some_target_treats_apart(scope, keep, heads):
    found = head_gains(scope, parse(keep))
    assert list(found) == heads
    assert torch.tensor(list(found.values())).sum(0).tolist() == [1.0] * len(scope)
    for name, gains in found.items():
        assert parse(name)[0].gains(scope) == gains


def test_an_unknown_family_is_answered_with_the_nearest():
    with pytest.raises(UserError, match="Did you mean 'multihead'"):
        build("multi-head", SCOPE, parse("speech"))


@pytest.mark.parametrize("family", [name for name, m in MODELS.items() if issubclass(m, Stereo)])
def test_a_family_for_songs_is_given_songs_in_stereo(family):
    assert form_of(family) == (44100, 2)
