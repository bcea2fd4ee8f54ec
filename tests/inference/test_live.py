"""Live sound: files are aligned, pipes are not, and bad samples pass without harm."""

import io
import sys

import numpy as np
import pytest
import soundfile
import torch

from soundsieve.audio.pcm import decode, encode
from soundsieve.errors import UserError
from soundsieve.inference import live, separate
from soundsieve.inference.stream import Stream
from soundsieve.target import parse

KEEP = parse("speech")


def noise(channels: int, time: int) -> torch.Tensor:
    return 0.1 * torch.randn(channels, time, generator=torch.Generator().manual_seed(0))


class Pipe:
    """Stands for standard input or output."""

    def __init__(self, data: bytes = b""):
        self.buffer = io.BytesIO(data)


@pytest.fixture
def model(monkeypatch, make_halves):
    model = make_halves(moving=True)
    monkeypatch.setattr(live, "find", lambda name: model)
    monkeypatch.setattr(separate, "find", lambda name: model)
    return model


@pytest.fixture
def pipes(monkeypatch):
    """Put bytes on standard input; give what comes on standard output."""

    def put(data: bytes) -> io.BytesIO:
        monkeypatch.setattr(sys, "stdin", Pipe(data))
        monkeypatch.setattr(sys, "stdout", Pipe())
        return sys.stdout.buffer

    return put


@pytest.mark.parametrize("block", [160, 256, 100_000, None])
def test_from_file_to_file_a_stream_writes_what_separate_writes(model, tmp_path, block):
    soundfile.write(tmp_path / "a.wav", noise(2, 20000).T.numpy(), 44100, subtype="FLOAT")
    live.stream(tmp_path / "a.wav", tmp_path / "b.wav", KEEP, block=block)
    separate.separate_files([tmp_path / "a.wav"], KEEP, out=tmp_path)
    streamed, whole = (soundfile.read(tmp_path / n)[0] for n in ("b.wav", "a.speech.wav"))
    assert np.abs(streamed - whole).max() < 1e-5
    assert soundfile.info(tmp_path / "b.wav").subtype == "FLOAT"


def test_a_pipe_gives_each_block_as_long_and_latency_late(model, pipes):
    audio = noise(2, 5000)
    output = pipes(encode(audio, "f32"))
    live.stream("-", "-", KEEP, block=160, sample_rate=44100, channels=2, encoding="f32")
    came = decode(output.getvalue(), "f32", 2)
    whole = separate.separate_audio(model, audio, 44100, KEEP)[0]
    latency = Stream(model, 44100, 2, KEEP).latency
    assert came.shape == (2, 5000)
    assert came[:, :latency].abs().max() == 0
    assert (came[:, latency:] - whole[:, :-latency]).abs().max() < 1e-5


def test_a_pipe_into_a_file_is_not_shifted(model, pipes, tmp_path, capsys):
    pipes(encode(noise(1, 3000), "s16"))
    live.stream("-", tmp_path / "a.flac", KEEP)
    kept, sample_rate = soundfile.read(tmp_path / "a.flac")
    assert (len(kept), sample_rate) == (3000, 16000)
    assert np.abs(kept[:511]).max() == 0
    assert "latency 512 samples (32.0 ms) at 16000 Hz" in capsys.readouterr().err


def test_a_file_in_a_pipe_is_not_taken_for_raw_samples(model, pipes):
    for block in (1, None):
        pipes(b"RIFF" + bytes(2000))
        with pytest.raises(UserError, match="standard input is a wav file"):
            live.stream("-", "-", KEEP, block=block)


def test_bad_samples_in_a_pipe_become_zeros_and_are_said_once(model, pipes, capsys):
    audio = noise(1, 32000)
    broken = audio.clone()
    broken[0, 1000:1003] = torch.tensor([float("nan"), float("inf"), 1e30])
    outputs = []
    for sound in (audio, broken):
        output = pipes(encode(sound, "f32"))
        live.stream("-", "-", KEEP, encoding="f32")
        outputs.append(decode(output.getvalue(), "f32", 1))
    assert outputs[1].isfinite().all()
    assert (outputs[0] - outputs[1])[:, 17000:].abs().max() < 1e-4
    said = capsys.readouterr().err
    assert said.count("became zeros") == 1
    assert "3 samples" in said


def test_a_bad_sample_in_a_file_is_an_error_and_nothing_is_written(model, tmp_path):
    audio = noise(1, 4000)
    audio[0, 800] = float("nan")
    soundfile.write(tmp_path / "a.wav", audio[0].numpy(), 16000, subtype="FLOAT")
    with pytest.raises(UserError, match=r"a\.wav: .*nan at 0\.050 s"):
        live.stream(tmp_path / "a.wav", tmp_path / "b.wav", KEEP)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_a_recording_that_is_interrupted_is_kept(model, pipes, tmp_path, monkeypatch):
    class Interrupted(io.BytesIO):
        def read(self, size=-1):
            data = super().read(size)
            if not data:
                raise KeyboardInterrupt
            return data

    pipes(b"")
    monkeypatch.setattr(sys.stdin, "buffer", Interrupted(encode(noise(1, 2560), "s16")))
    with pytest.raises(KeyboardInterrupt):
        live.stream("-", tmp_path / "a.wav", KEEP)
    assert soundfile.info(tmp_path / "a.wav").frames == 2560


def test_a_recording_that_outgrows_its_file_is_kept(model, pipes, tmp_path, monkeypatch):
    monkeypatch.setattr("soundsieve.audio.io._WAV_LIMIT", 5000)
    pipes(encode(noise(1, 2560), "s16"))
    with pytest.raises(UserError, match="a wav holds 4 GB at most"):
        live.stream("-", tmp_path / "a.wav", KEEP)
    assert soundfile.info(tmp_path / "a.wav").frames == 2304  # nine hops of two bytes a sample


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"targets": parse("speech,noise")}, "one output"),
        ({"block": 0}, "block=0"),
        ({"encoding": "mp3"}, "s16, s24, s32, f32"),
        ({"channels": 0}, "channels=0"),
        ({"sink": "nowhere/a.wav"}, "nowhere"),
        ({"sink": "a.wav"}, "replace the input"),
        ({"sink": "a.xyz"}, "a.xyz"),
        ({"source": "missing.wav"}, "missing.wav"),
    ],
)
def test_mistakes_give_one_line(model, tmp_path, monkeypatch, options, words):
    monkeypatch.chdir(tmp_path)
    soundfile.write("a.wav", np.zeros(100), 16000)
    with pytest.raises(UserError, match=words):
        live.stream(**{"source": "a.wav", "sink": "b.wav", "targets": KEEP, **options})


def test_small_blocks_run_on_one_thread_and_the_number_is_put_back(model, tmp_path, monkeypatch):
    soundfile.write(tmp_path / "a.wav", np.zeros(1000), 16000)
    seen, step = set(), model.step
    monkeypatch.setattr(model, "step", lambda *a: (seen.add(torch.get_num_threads()), step(*a))[1])
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        live.stream(tmp_path / "a.wav", tmp_path / "b.wav", KEEP)
        separate.separate_files([tmp_path / "a.wav"], KEEP, out=tmp_path)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert seen == {1}
