"""Models in Python: arrays in, arrays of the same kind and shape out."""

import numpy as np
import pytest
import torch

from soundsieve.inference import api
from soundsieve.inference.api import Model, load


@pytest.fixture
def model(make_halves) -> Model:
    return Model(make_halves(moving=True))


@pytest.mark.parametrize("shape", [(3000,), (1, 3000), (2, 3000)])
def test_the_output_has_the_kind_and_shape_of_the_input(model, shape):
    audio = 0.1 * np.random.default_rng(0).standard_normal(shape)
    for array in (audio, audio.astype(np.float32), torch.from_numpy(audio)):
        kept = model.separate(array, 44100, keep="speech")
        assert type(kept) is type(array)
        assert kept.dtype == array.dtype
        assert kept.shape == shape


def test_an_array_may_run_backwards_be_read_only_or_of_another_byte_order(model):
    audio = 0.1 * np.random.default_rng(0).standard_normal((2, 3000)).astype(np.float32)
    wanted = model.separate(audio, 44100, keep="speech")
    fixed = audio.copy()
    fixed.flags.writeable = False
    for array in (audio[:, ::-1].copy()[:, ::-1], audio.astype(">f4"), fixed):
        assert np.array_equal(model.separate(array, 44100.0, keep="speech"), wanted)
    with pytest.raises(ValueError, match="whole Hz"):
        model.separate(audio, 44100.5, keep="speech")


def test_kept_and_removed_sum_to_the_input(model):
    audio = torch.randn(2, 3000, generator=torch.Generator().manual_seed(0))
    kept, removed = model.separate(audio, 48000, keep="speech", residual=True)
    assert (kept + removed - audio).abs().max() < 1e-5


def test_without_keep_all_outputs_come(model):
    assert model.keeps == ("speech", "noise")
    assert model.separate(np.zeros(1000), 16000).shape == (2, 1000)


def test_a_stream_gives_what_separate_gives(model):
    audio = np.random.default_rng(0).standard_normal((2, 4000)).astype(np.float32)
    stream = model.stream(keep="speech", sample_rate=44100, channels=2)
    parts = [stream.push(audio[:, start : start + 160]) for start in range(0, 4000, 160)]
    assert all(part.shape == (2, 160) for part in parts)
    whole = np.concatenate([*parts, stream.flush()], -1)[:, stream.latency :]
    assert np.abs(whole - model.separate(audio, 44100, keep="speech")).max() < 1e-5


def test_whole_numbers_are_refused(model):
    with pytest.raises(ValueError, match="floats from -1 to 1, got torch.int16"):
        model.separate(np.zeros(100, np.int16), 16000)


def test_samples_that_come_as_channels_are_refused(model):
    with pytest.raises(ValueError, match=r"\[16000, 2\]; transpose it"):
        model.separate(np.zeros((16000, 2)), 16000)
    assert model.separate(np.zeros((2, 1)), 16000, keep="speech").shape == (2, 1)


def test_a_model_is_found_by_name(monkeypatch, halves):
    monkeypatch.setattr(api, "find", {"any": halves}.__getitem__)
    assert load("any").separator is halves


def test_bad_samples_are_refused_in_whole_signals_and_replaced_in_streams(model):
    audio = np.zeros(2000, np.float32)
    audio[[10, 20]] = np.nan, np.inf
    with pytest.raises(ValueError, match="finite"):
        model.separate(audio, 16000)
    stream = model.stream(keep="speech")
    assert np.isfinite(stream.push(audio)).all()
    assert stream.replaced == 2


def test_torch_outputs_can_be_changed_in_place(model):
    model.separate(torch.zeros(1000), 16000, keep="speech").mul_(2)
