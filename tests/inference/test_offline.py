"""Offline models separate whole files of any kind in bounded memory, and are refused live."""

import pytest
import torch
from torch import Tensor

from soundsieve.audio.io import info, read, write
from soundsieve.errors import UserError
from soundsieve.inference.api import Model
from soundsieve.inference.live import stream
from soundsieve.inference.separate import separate_audio, separate_files
from soundsieve.models.build import build
from soundsieve.models.files import save
from soundsieve.models.windowed import Windowed
from soundsieve.target import parse
from tests.conftest import hiss, tone

SCOPE = ("speech", "noise")


class Halves(Windowed):
    """A quarter and the rest of what it hears; it remembers how much that was at most."""

    longest = 0

    def __init__(self):
        super().__init__(SCOPE, torch.eye(2).tolist(), SCOPE, 16000, 8192 + 2048, 2048)

    def hear(self, mixture: Tensor) -> Tensor:
        self.longest = max(self.longest, mixture.shape[-1])
        return torch.stack([0.25 * mixture, 0.75 * mixture], 1)


def stereo(seconds: float, rate: int = 16000) -> Tensor:
    """Shape: `[2, time]`."""
    sound = torch.cat([tone(440, seconds), hiss(0, seconds)])[:, : round(seconds * rate)]
    return sound.repeat(1, -(-round(seconds * rate) // sound.shape[1]))[:, : round(seconds * rate)]


@pytest.mark.parametrize("rate", [16000, 44100])
def test_a_whole_signal_comes_out_aligned_window_by_window(rate):
    model, sound = Halves(), stereo(3, rate)
    kept = separate_audio(model, sound, rate, parse("speech"), residual=True)
    assert kept.shape == (2, *sound.shape)
    assert torch.allclose(kept.sum(0), sound, atol=1e-5)
    if rate == 16000:
        assert torch.allclose(kept[0], 0.25 * sound, atol=1e-6)
    assert model.longest == model.window


def test_live_sound_is_refused_in_one_line():
    with pytest.raises(UserError, match="offline model, which hears 1 s at once"):
        Model(Halves()).stream("speech")


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A file of a small network of asteroid."""
    pytest.importorskip("asteroid", reason="the extra asteroid is not installed")
    torch.manual_seed(0)
    model = build("asteroid/convtasnet", SCOPE, parse("speech"), channels=8, blocks=1)
    path = tmp_path_factory.mktemp("network") / "net.safetensors"
    save(model, path, {"causal": False})
    return path


def test_files_are_separated_as_by_any_model(network, tmp_path):
    write(tmp_path / "song.wav", stereo(9, 44100), 44100)
    _, errors = separate_files(
        [tmp_path / "song.wav"], parse("speech"), str(network), tmp_path / "out", residual=True
    )
    assert not errors
    parts = [read(tmp_path / "out" / f"song.{name}.wav")[0] for name in ("speech", "residual")]
    assert info(tmp_path / "out" / "song.speech.wav").sample_rate == 44100
    assert torch.allclose(sum(parts), read(tmp_path / "song.wav")[0], atol=2 / 2**15)


def test_a_stream_of_a_file_is_refused_and_writes_nothing(network, tmp_path):
    write(tmp_path / "in.wav", stereo(1), 16000)
    with pytest.raises(UserError, match="cannot run live; use it with `recipe separate`") as caught:
        stream(tmp_path / "in.wav", tmp_path / "out.wav", parse("speech"), str(network))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out.wav").exists()
