"""The model for songs: parts that sum to the song, windows that leave no trace, both channels."""

import pytest
import torch

from soundsieve.data.mixer import Scenes
from soundsieve.inference.separate import separate_audio
from soundsieve.models.build import build
from soundsieve.models.files import load, save
from soundsieve.models.roformer import Roformer, rotated
from soundsieve.models.songs import BANDS, Songs
from soundsieve.models.trunk import n_bands
from soundsieve.target import parse

RATE = 44100
FAMILIES = ("songs", "songs/roformer")
SCOPE = ("vocals", "drums", "bass", "other")
KEEP = parse("vocals,drums,bass,other")


def error_level(estimate, reference):
    """Error under the reference, in dB."""
    return 10 * ((estimate - reference).square().sum() / reference.square().sum()).log10().item()


def song(seconds, seed=0):
    """Two channels of noise that swells and pauses. Shape: `[1, 2, time]`."""
    generator = torch.Generator().manual_seed(seed)
    points = torch.rand(1, 1, 2 * seconds + 1, generator=generator) ** 3
    points[..., ::7] = 0
    level = torch.nn.functional.interpolate(points, seconds * RATE, mode="linear")
    return 0.3 * torch.randn(1, 2, seconds * RATE, generator=generator) * level


@pytest.fixture(scope="module", params=FAMILIES)
def model(request):
    """One that masks for real, as its decoder's first weights are small, in short windows."""
    torch.manual_seed(0)
    model = build(request.param, SCOPE, KEEP, size="tiny", sample_rate=RATE)
    second = 43 * 1024
    model = type(model)(**{**model.config, "window": 6 * second, "overlap": 3 * second})
    assert isinstance(model, Songs)
    with torch.no_grad():
        for weight in model.decoder.weights:
            weight.mul_(10)
    return model.eval()


@torch.no_grad()
def test_the_parts_sum_to_the_song_and_differ(model):
    sound = song(3)
    parts = model(sound)
    assert parts.shape == (1, 4, 2, 3 * RATE)
    assert torch.allclose(parts.sum(1), sound, atol=1e-5)
    assert error_level(parts[:, 0], parts[:, 1]) > -10


@torch.no_grad()
def test_windows_leave_no_trace_in_a_minute(model):
    rate = RATE // 4  # a quarter of the work
    windowed = {"sample_rate": rate, "window": None, "overlap": None}
    slow = type(model)(**{**model.config, **windowed}).eval()
    slow.load_state_dict(model.state_dict())
    sound = song(60 * rate // RATE)
    assert slow.window < sound.shape[-1]
    assert error_level(slow(sound), slow.hear(sound)) < -60


@torch.no_grad()
def test_silence_around_a_song_changes_nothing(model):
    sound = song(2)
    around = torch.nn.functional.pad(sound, (20 * 1024, 20 * 1024))
    inside = model(around)[..., 20 * 1024 : 20 * 1024 + sound.shape[-1]]
    assert error_level(inside, model(sound)) < -60


@torch.no_grad()
def test_both_the_past_and_the_future_are_heard(model):
    sound, cut = song(4), 2 * RATE
    later, earlier = sound.clone(), sound.clone()
    later[..., cut:] *= 0.1
    earlier[..., :cut] *= 0.1
    plain, side = model(sound), cut // 2
    assert error_level(model(later)[..., :side], plain[..., :side]) > -60
    assert error_level(model(earlier)[..., -side:], plain[..., -side:]) > -60


@torch.no_grad()
def test_thirty_decibels_softer_in_is_thirty_decibels_softer_out(model):
    sound = song(2)
    assert error_level(model(0.03 * sound) / 0.03, model(sound)) < -40


@torch.no_grad()
def test_channels_have_masks_of_their_own(model):
    sound = song(2)
    parts = model(sound)
    ratio = parts[0, 0] / sound[0].where(sound[0].abs() > 1e-3, torch.inf)
    assert not torch.allclose(ratio[0], ratio[1], atol=0.05)
    sided = sound.clone()
    sided[:, 1] = 0
    assert model(sided)[:, :, 1].abs().max() < 1e-6  # a silent side stays silent


@torch.no_grad()
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_any_number_of_channels_comes_out_as_it_came_in(model, channels):
    sound = torch.cat([song(1), song(1, 2)], 1)[0, :channels]
    parts = separate_audio(model, sound, RATE, KEEP, residual=True)
    assert parts.shape == (5, channels, RATE)
    assert torch.allclose(parts.sum(0), sound, atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("sound", [torch.zeros(1, 2, RATE), torch.zeros(1, 2, 10)])
def test_silence_stays_silence(model, sound):
    parts = model(sound)
    assert parts.shape == (1, 4, *sound.shape[1:])
    assert not parts.any()


@torch.no_grad()
@pytest.mark.parametrize("rate", [22050, 48000, 96000])
def test_other_rates_are_kept_and_the_parts_still_sum_to_the_song(model, rate):
    sound = song(1)[0, :, : rate // 2]
    parts = separate_audio(model, sound, rate, KEEP)
    assert parts.shape == (4, *sound.shape)
    assert torch.allclose(parts.sum(0), sound, atol=1e-4)


@torch.no_grad()
def test_a_song_less_its_vocals_is_the_sum_of_the_rest(model):
    sound = song(1)[0]
    vocals, rest = separate_audio(model, sound, RATE, parse("vocals,music-vocals"))
    assert torch.allclose(vocals + rest, sound, atol=1e-4)


@torch.no_grad()
def test_a_file_holds_all_of_it(model, tmp_path):
    save(model, tmp_path / "m.safetensors", {})
    again = load(tmp_path / "m.safetensors")
    assert again.config == model.config and not again.causal and again.channels == 2
    assert torch.equal(again(song(1)), model(song(1)))


def test_bands_cover_the_spectrum():
    assert sum(count * width for count, width in BANDS) == 1024
    assert n_bands(BANDS) == 50


def test_sizes_and_shapes_that_cannot_be_are_refused(model):
    with pytest.raises(ValueError, match="even width"):
        Songs(**{**model.config, "channels": 33})
    with pytest.raises(ValueError, match="multiple of 32"):
        Roformer(**{**model.config, "channels": 40})


def test_attention_knows_how_far_away_a_sound_is_and_not_where(model):
    parts = rotated(torch.ones(6, 32))
    products = parts @ parts.T
    assert torch.allclose(products[1:, 1:], products[:-1, :-1], atol=1e-4)
    assert products[0, 0] > products[0, 1] > products[0, 3]


def test_scenes_of_mono_are_heard_too(model):
    from soundsieve.evaluation.estimators import ModelEstimator

    stems = torch.stack([song(1, seed)[0, :1] for seed in range(4)])[None]
    scenes = Scenes(SCOPE, stems, torch.ones(1, 4), sample_rate=RATE)
    gains = torch.eye(4).tolist()
    estimates = ModelEstimator(model, "songs").estimate(scenes, gains)
    assert torch.allclose(estimates.sum(1), scenes.mixture, atol=1e-5)
