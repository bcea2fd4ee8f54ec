"""What every live model promises: streams, latency, level, silence and the stereo image."""

import pytest
import torch
from torch import Tensor

from soundsieve.models.separator import Separator


def heard(model: Separator, sound: Tensor) -> Tensor:
    with torch.no_grad():
        return model(sound)


def error_level(estimate: Tensor, reference: Tensor) -> float:
    """Error under the reference, in dB."""
    return 10 * ((estimate - reference).square().sum() / reference.square().sum()).log10().item()


@pytest.mark.parametrize("hops", [[1] * 40, [3, 1, 20, 16], [40]])
def test_streaming_equals_offline(model, scene, hops):
    state = model.initial_state(2, 2)
    blocks = []
    with torch.no_grad():
        for block in scene.split([n * model.hop for n in hops], -1):
            estimate, state = model.step(block, state)
            blocks.append(estimate)
    streamed, whole = torch.cat(blocks, -1), heard(model, scene)
    later = streamed[..., model.delay :]
    assert torch.allclose(later, whole[..., : later.shape[-1]], atol=1e-5)


def test_the_state_is_flat_and_batch_first(model, scene):
    state = model.initial_state(3, 2)
    _, after = model.step(torch.zeros(3, 2, model.hop), state)
    assert state.keys() == after.keys()
    for name, value in after.items():
        assert value.shape == state[name].shape
        assert value.shape[0] == 3


@pytest.mark.parametrize("at", [3000, 5119, 5120, 5121])
def test_the_future_beyond_the_latency_changes_nothing(model, scene, at):
    other = scene.clone()
    other[..., at + 1 :] += 0.1 * torch.randn(2, 2, scene.shape[-1] - at - 1)
    upto = at - model.latency + 1
    before, after = heard(model, scene), heard(model, other)
    assert torch.equal(before[..., :upto], after[..., :upto])
    assert not torch.equal(before, after)
    assert model.latency <= 0.032 * model.sample_rate


@pytest.mark.parametrize("time", [0, 1, 255, 256, 257, 5000])
def test_any_length_comes_out_as_long_as_it_went_in(model, scene, time):
    estimate = heard(model, scene[..., :time])
    assert estimate.shape == (2, len(model.outputs), 2, time)


@pytest.mark.parametrize("silence", [0, 8000])
def test_thirty_decibels_softer_in_is_thirty_decibels_softer_out(model, scene, silence):
    sound = torch.nn.functional.pad(scene, (silence, 0))
    gain = 10 ** (-30 / 20)
    assert error_level(heard(model, gain * sound) / gain, heard(model, sound)) < -40


def test_silence_in_is_silence_out(model):
    assert torch.equal(
        heard(model, torch.zeros(1, 2, 9000)), torch.zeros(1, len(model.outputs), 2, 9000)
    )


def test_silence_after_sound_dies_away_and_stays_finite(model, scene):
    padded = torch.nn.functional.pad(scene, (0, 16000))
    rest = heard(model, padded)[..., scene.shape[-1] + model.latency :]
    assert torch.equal(rest, torch.zeros_like(rest))


@pytest.mark.parametrize("full_scale", [1.0, 1e3])
def test_the_loudest_sounds_stay_finite(model, scene, full_scale):
    square = scene.sign() * full_scale
    assert torch.isfinite(heard(model, square)).all()


def test_a_scaled_copy_in_the_other_channel_comes_out_scaled_alike(model, scene):
    left = scene[:, :1]
    estimate = heard(model, torch.cat([left, -0.25 * left], 1))
    assert torch.allclose(-0.25 * estimate[:, :, 0], estimate[:, :, 1], atol=1e-6)


def test_two_equal_channels_come_out_as_one_does(model, scene):
    left = scene[:, :1]
    double, single = heard(model, left.expand(-1, 2, -1)), heard(model, left)
    assert torch.allclose(double, single.expand(-1, -1, 2, -1), atol=1e-5)


def test_opposite_channels_come_out_as_opposites(model, scene):
    left = scene[:, :1]
    estimate = heard(model, torch.cat([left, -left], 1))
    assert torch.isfinite(estimate).all()
    assert torch.allclose(estimate[:, :, 0], -estimate[:, :, 1], atol=1e-6)
    assert estimate.abs().max() > 1e-3


def test_scenes_of_a_batch_do_not_hear_each_other(model, scene):
    together = heard(model, scene)
    alone = torch.cat([heard(model, one[None]) for one in scene])
    assert torch.allclose(together, alone, atol=1e-5)


def test_a_model_needs_a_name_and_a_gain_for_each_stem():
    with pytest.raises(ValueError, match="one gain for every stem"):
        Separator(("speech", "noise"), [(1,)], ["speech"], 16000, 256, 256)
