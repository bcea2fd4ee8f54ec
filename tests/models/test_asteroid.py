"""asteroid's networks under our contract, their files, and what is said where the library lacks."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import Tensor

from soundsieve.errors import UserError
from soundsieve.models.build import build
from soundsieve.models.catalog import FAMILIES
from soundsieve.models.files import MODELS, load, save
from soundsieve.models.find import find
from soundsieve.pipeline import run
from soundsieve.recipe import Recipe
from soundsieve.target import parse
from tests.conftest import hiss, tone

NAMES = ("convtasnet", "dprnn", "dptnet", "sudormrf")
SCOPE = ("speech", "music", "noise")
WINDOW = 6144 + 2048


def test_the_list_of_families_is_that_of_the_models():
    assert list(FAMILIES) == list(MODELS)


def test_without_asteroid_one_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "asteroid.models", None)
    with pytest.raises(
        UserError, match=r"asteroid.*pip install 'soundsieve\[asteroid\]'"
    ) as caught:
        build("asteroid/dprnn", SCOPE, parse("speech"), size="tiny")
    assert "\n" not in str(caught.value)


def test_a_run_says_so_before_it_reads_any_data(monkeypatch, tmp_path):
    recipe = {"data": str(tmp_path / "none"), "keep": "speech"}
    with pytest.raises(UserError, match="Did you mean 'asteroid/dptnet'"):
        run(Recipe.model_validate({**recipe, "model": "asteroid/dptne"}))
    monkeypatch.setitem(sys.modules, "asteroid.models", None)
    with pytest.raises(UserError, match="not installed: pip install"):
        run(Recipe.model_validate({**recipe, "model": "asteroid/dptnet"}))


def test_asteroid_is_imported_only_when_asked_for():
    code = "import sys, soundsieve.models.find; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"asteroid", "asteroid_filterbanks"} & set(done.stdout.split())


def test_an_unknown_network_is_told_the_nearest():
    with pytest.raises(UserError, match="Did you mean 'asteroid/dprnn'"):
        build("asteroid/dprn", SCOPE, parse("speech"))


def asteroid():
    return pytest.importorskip("asteroid", reason="the extra asteroid is not installed")


def model_of(name: str, **keywords):
    """A very small network, whose windows are half a second long."""
    asteroid()
    torch.manual_seed(0)
    made = build(f"asteroid/{name}", SCOPE, parse("speech"), channels=8, blocks=1, **keywords)
    return type(made)(**{**made.config, "window": WINDOW, "overlap": 2048}).eval()


@pytest.fixture(params=NAMES)
def model(request):
    return model_of(request.param)


@pytest.fixture(scope="module")
def scene() -> Tensor:
    """Two stereo scenes of a window and a half. Shape: `[2, 2, time]`."""
    first = torch.cat([tone(440, 1), 0.5 * tone(440, 1) + hiss(0, 1, -35)])
    second = torch.cat([hiss(1, 1), tone(900, 1) + hiss(2, 1, -30)])
    return torch.stack([first, second])[..., : 2 * 6144]


@torch.no_grad()
def heard(model, sound: Tensor) -> Tensor:
    return model(sound)


def near(estimate: Tensor, reference: Tensor) -> bool:
    """Whether they differ by less than 80 dB under the reference."""
    error = (estimate - reference).square().sum() / reference.square().sum().clamp_min(1e-20)
    return bool(error < 1e-8)


def test_it_is_offline_and_has_a_head_for_each_kind_of_sound(model):
    assert not model.causal
    assert model.names == SCOPE
    assert model.outputs == tuple(map(tuple, torch.eye(3).tolist()))


def test_it_gives_what_asteroid_gives(model, scene):
    """To a mono sound at the level of the network, and of a length that its filters fill."""
    mono = scene[:1, :1, : model.window]
    at_level = mono * 0.1 / mono.square().mean().sqrt()
    with torch.no_grad():
        theirs = model.net(at_level)
    assert near(heard(model, at_level)[:, :, 0], theirs)
    assert theirs.abs().max() > 1e-3


def test_streaming_equals_offline(model, scene):
    state, blocks = model.initial_state(2, 2), []
    with torch.no_grad():
        for block in scene.split([6144, 6144], -1):
            part, state = model.step(block, state)
            blocks.append(part)
    later = torch.cat(blocks, -1)[..., model.delay :]
    assert torch.allclose(later, heard(model, scene)[..., : later.shape[-1]], atol=1e-6)


@pytest.mark.parametrize("time", [0, 1, 15, 16, 41, 1000])
def test_any_length_comes_out_as_long_as_it_went_in(model, scene, time):
    estimate = heard(model, scene[..., :time])
    assert estimate.shape == (2, 3, 2, time)
    assert estimate.isfinite().all()


def test_thirty_decibels_softer_in_is_thirty_decibels_softer_out(model, scene):
    gain = 10 ** (-30 / 20)
    assert near(heard(model, gain * scene) / gain, heard(model, scene))


def test_silence_in_is_silence_out(model):
    assert not heard(model, torch.zeros(1, 2, 9000)).any()


def test_a_scaled_or_opposite_copy_in_the_other_channel_comes_out_alike(model, scene):
    left = scene[:, :1, :6144]
    for gain in (0.25, -0.25, -1.0):
        estimate = heard(model, torch.cat([left, gain * left], 1))
        assert near(estimate[:, :, 1], gain * estimate[:, :, 0])
        assert estimate.abs().max() > 1e-3


def test_two_equal_channels_come_out_as_one_does(model, scene):
    left = scene[:, :1, :6144]
    assert near(heard(model, left.expand(-1, 2, -1)), heard(model, left).expand(-1, -1, 2, -1))


def test_scenes_of_a_batch_do_not_hear_each_other(model, scene):
    alone = torch.cat([heard(model, one[None]) for one in scene])
    assert near(heard(model, scene), alone)


def test_every_weight_that_learns_has_a_gradient(model, scene):
    model.train()(scene[:, :1, :6144]).square().sum().backward()
    without = [n for n, p in model.named_parameters() if p.requires_grad and p.grad is None]
    assert not without


def test_a_model_file_holds_all_of_it(model, scene, tmp_path):
    save(model, tmp_path / "a.safetensors", {"target": "speech"})
    again = load(tmp_path / "a.safetensors")
    assert (again.family, again.latency, again.names) == (model.family, WINDOW, SCOPE)
    assert torch.equal(heard(again, scene), heard(model, scene))


def test_a_file_without_asteroid_says_so(tmp_path, monkeypatch):
    save(model_of("dprnn"), tmp_path / "a.safetensors", {})
    monkeypatch.setitem(sys.modules, "asteroid.models", None)
    with pytest.raises(UserError, match="not installed: pip install"):
        load(tmp_path / "a.safetensors")


@pytest.mark.parametrize("size, channels", [("small", None), ("base", None), ("tiny", 6)])
def test_sizes_differ_in_width_and_depth_and_filters_keep_their_span(size, channels):
    asteroid()
    tiny = build("asteroid/dprnn", SCOPE, parse("speech"), size="tiny")
    other = build("asteroid/dprnn", SCOPE, parse("speech"), size=size, channels=channels)
    assert other.arguments["bn_chan"] != tiny.arguments["bn_chan"]
    at_44k = build("asteroid/dprnn", SCOPE, parse("speech"), size="tiny", sample_rate=44100)
    assert (tiny.arguments["kernel_size"], at_44k.arguments["kernel_size"]) == (32, 88)


def saved(name: str, path, sources: int = 1, **more):
    """A file as asteroid saves it, and the network in it."""
    torch.manual_seed(0)
    small = {"n_filters": 16, "bn_chan": 8, "hid_size": 8, "n_repeats": 1, "sample_rate": 8000}
    network = getattr(asteroid(), name)(n_src=sources, **small).eval()
    content = network.serialize()
    content["infos"]["score"] = np.float64(12.5)  # as its recipes put there
    torch.save({**content, **more}, path)
    return network


@pytest.mark.parametrize("sources, task", [(1, "enh_single"), (2, "sep_noisy")])
def test_a_pretrained_file_keeps_speech_as_asteroid_does(tmp_path, scene, sources, task):
    network = saved("DPRNNTasNet", tmp_path / "a.pth", sources, task=task)
    model = find(str(tmp_path / "a.pth"))
    assert (model.names, model.sample_rate, model.about["task"]) == (("speech",), 8000, task)
    mono = scene[:1, :1, :8000]
    gain = 0.1 / mono.square().mean().sqrt()
    with torch.no_grad():
        theirs = network(gain * mono).sum(1) / gain
    assert near(heard(model, mono)[:, 0, 0], theirs)


class Trap:
    """What would run when it is unpickled."""

    def __reduce__(self):
        return (exec, ("raise SystemExit('it ran')",))


def test_nothing_in_a_pretrained_file_is_run(tmp_path):
    saved("DPRNNTasNet", tmp_path / "a.pth", task="enh_single", infos=Trap())
    with pytest.raises(UserError, match="Nothing in it was run"):
        find(str(tmp_path / "a.pth"))


def test_a_foreign_pickle_is_refused_unread_and_without_a_warning(tmp_path, recwarn):
    (tmp_path / "a.pt").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(UserError, match="nothing that PyTorch saved"):
        find(str(tmp_path / "a.pt"))
    assert not recwarn.list


@pytest.mark.parametrize(
    "change, said",
    [
        ({"task": "sep_clean"}, "tells talkers apart in clean speech"),
        (
            {"model_name": "XUMX"},
            "asteroid's XUMX, which cannot be run; expected one of ConvTasNet",
        ),
        ({"state_dict": {}}, "do not fit asteroid's DPRNNTasNet"),
        ({"model_args": {"no_such_size": 3}}, "do not fit asteroid's DPRNNTasNet"),
    ],
)
def test_a_file_that_cannot_be_run_says_why_in_one_line(tmp_path, change, said):
    saved("DPRNNTasNet", tmp_path / "a.pth", **change)
    with pytest.raises(UserError, match=said) as caught:
        find(str(tmp_path / "a.pth"))
    assert "\n" not in str(caught.value)


def test_other_files_of_pytorch_are_refused(tmp_path):
    torch.save({"state_dict": {}}, tmp_path / "weights.ckpt")
    with pytest.raises(UserError, match="without model_name, model_args"):
        find(str(tmp_path / "weights.ckpt"))
    (tmp_path / "text.bin").write_text("no weights")
    with pytest.raises(UserError, match=r"text\.bin"):
        find(str(tmp_path / "text.bin"))
