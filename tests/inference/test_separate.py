"""Files in, files out: names, kinds, lengths, sums, and what a bad file does to the others."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from rich.progress import Progress

from soundsieve.audio.io import Writer
from soundsieve.errors import UserError
from soundsieve.inference import separate
from soundsieve.inference.separate import separate_files
from soundsieve.target import parse

GENERATOR = np.random.default_rng(0)


def put(path, sample_rate=16000, channels=1, seconds=0.3, **kind):
    path.parent.mkdir(parents=True, exist_ok=True)
    audio = 0.1 * GENERATOR.standard_normal((round(sample_rate * seconds), channels))
    soundfile.write(path, audio, sample_rate, **kind)
    return path


def names(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def run(monkeypatch, make_halves, tmp_path):
    """`separate_files` with a model of two outputs, into `out`."""
    monkeypatch.setattr(separate, "find", lambda name: make_halves(moving=True))

    def call(inputs, keep="speech", **options):
        out = options.pop("out", tmp_path / "out")
        return separate_files(inputs, parse(keep), None, out, **options)[1]

    return call


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.wav", {"sample_rate": 44100, "channels": 2, "subtype": "FLOAT"}),
        ("b.wav", {"sample_rate": 8000, "subtype": "PCM_24"}),
        ("c.flac", {"sample_rate": 16000, "channels": 3}),
        ("d.flac", {"sample_rate": 96000, "subtype": "PCM_24"}),
        ("e.wav", {"sample_rate": 22050, "subtype": "PCM_U8"}),
        ("one.wav", {"sample_rate": 16000, "seconds": 1 / 16000}),
    ],
)
def test_wav_and_flac_keep_rate_channels_length_and_kind(run, tmp_path, name, options):
    source = put(tmp_path / name, **options)
    assert run([source], residual=True) == []
    stem, suffix = name.split(".")
    a = soundfile.info(source)
    for output in (f"{stem}.speech.{suffix}", f"{stem}.residual.{suffix}"):
        b = soundfile.info(tmp_path / "out" / output)
        for key in ("samplerate", "channels", "frames", "format", "subtype"):
            assert getattr(a, key) == getattr(b, key), (output, key)
    assert names(tmp_path / "out") == [f"{stem}.residual.{suffix}", f"{stem}.speech.{suffix}"]


def test_other_kinds_become_16_bit_flac(run, tmp_path):
    source = put(tmp_path / "a.ogg", 44100, 2)
    assert run([source]) == []
    found = soundfile.info(tmp_path / "out" / "a.speech.flac")
    assert (found.subtype, found.frames) == ("PCM_16", soundfile.info(source).frames)


def test_what_flac_cannot_hold_becomes_16_bit_wav(run, tmp_path):
    inputs = [put(tmp_path / "a.aiff", 88201), put(tmp_path / "b.aiff", 16000, 9)]
    assert run(inputs) == []
    for source in inputs:
        a = soundfile.info(source)
        b = soundfile.info(tmp_path / "out" / f"{source.stem}.speech.wav")
        assert (a.samplerate, a.channels, a.frames) == (b.samplerate, b.channels, b.frames)
        assert b.subtype == "PCM_16"


def test_kept_and_residual_sum_to_the_file(run, tmp_path):
    source = put(tmp_path / "a.wav", 44100, 2, 2.0, subtype="FLOAT")
    run([source], "speech+noise@-12", residual=True)
    kept, removed = (
        soundfile.read(tmp_path / "out" / f"a.{n}.wav")[0] for n in ("speech+noise@-12", "residual")
    )
    assert np.abs(kept + removed - soundfile.read(source)[0]).max() < 1e-6


def test_several_outputs_have_a_file_each(run, tmp_path):
    assert run([put(tmp_path / "a.wav")], "speech,noise") == []
    assert names(tmp_path / "out") == ["a.noise.wav", "a.speech.wav"]


def test_long_files_in_blocks_equal_short_blocks(run, tmp_path, monkeypatch):
    source = put(tmp_path / "a.wav", 44100, 1, 2.5, subtype="FLOAT")
    run([source], out=tmp_path / "whole")
    monkeypatch.setattr(separate, "_SECONDS", 0.1)
    monkeypatch.setattr(separate, "_SHORTEST", 0.1)
    run([source], out=tmp_path / "blocks")
    a, b = (soundfile.read(tmp_path / f / "a.speech.wav")[0] for f in ("whole", "blocks"))
    assert np.abs(a - b).max() < 1e-5


def test_folders_keep_their_relative_paths_and_skip_what_is_no_audio(run, tmp_path):
    put(tmp_path / "in" / "a.wav")
    put(tmp_path / "in" / "deep" / "er" / "b.flac")
    put(tmp_path / "in" / ".hidden.wav")
    (tmp_path / "in" / "notes.txt").write_text("x")
    assert run([tmp_path / "in"]) == []
    assert names(tmp_path / "out") == ["a.speech.wav", "deep/er/b.speech.flac"]


def test_outputs_inside_the_input_folder_are_not_separated_again(run, tmp_path):
    put(tmp_path / "a.wav")
    for _ in range(2):
        assert run([tmp_path]) == []
        assert names(tmp_path) == ["a.wav", "out/a.speech.wav"]


def test_the_same_command_again_gives_the_same_files(run, tmp_path):
    source = put(tmp_path / "a.wav", subtype="FLOAT")
    run([source])
    first = (tmp_path / "out" / "a.speech.wav").read_bytes()
    (tmp_path / "out" / ".a.speech.wav.part").write_bytes(b"left by a kill")
    assert run([source]) == []
    assert (tmp_path / "out" / "a.speech.wav").read_bytes() == first
    assert names(tmp_path / "out") == ["a.speech.wav"]


def test_bad_files_have_a_line_each_and_the_good_ones_are_done(run, tmp_path):
    good = [put(tmp_path / "a.wav"), put(tmp_path / "b.flac", seconds=2)]
    whole = good[1].read_bytes()
    (tmp_path / "cut.flac").write_bytes(whole[: len(whole) // 3])
    (tmp_path / "text.wav").write_text("hello")
    (tmp_path / "empty.wav").touch()
    broken = GENERATOR.standard_normal(16000)
    broken[500] = np.nan
    soundfile.write(tmp_path / "nan.wav", broken, 16000, subtype="FLOAT")
    bad = [
        tmp_path / f"{n}" for n in ("text.wav", "empty.wav", "nan.wav", "cut.flac", "missing.wav")
    ]
    lines = run([*bad, *good], residual=True)
    assert len(lines) == len(bad)
    assert all(any(str(path) in line for line in lines) for path in bad)
    assert not any("\n" in line for line in lines)
    assert names(tmp_path / "out") == [
        "a.residual.wav",
        "a.speech.wav",
        "b.residual.flac",
        "b.speech.flac",
    ]


def test_of_two_inputs_for_one_output_the_first_is_done_and_the_second_said(run, tmp_path):
    first, second = put(tmp_path / "a.wav"), put(tmp_path / "two" / "a.wav")
    (line,) = run([first, second, put(tmp_path / "b.wav")])
    assert str(first) in line and str(second) in line
    assert names(tmp_path / "out") == ["a.speech.wav", "b.speech.wav"]


def test_one_input_named_twice_is_done_once(run, tmp_path):
    put(tmp_path / "a.wav")
    assert run([tmp_path / "a.wav", tmp_path / "a.wav", tmp_path]) == []
    assert names(tmp_path / "out") == ["a.speech.wav"]


def test_an_output_that_would_replace_an_input_is_refused(run, tmp_path):
    files = [put(tmp_path / "a.wav"), put(tmp_path / "a.speech.wav")]
    before = files[1].read_bytes()
    with pytest.raises(UserError, match="replace the input"):
        run(files, out=tmp_path)
    assert files[1].read_bytes() == before


@pytest.mark.parametrize("out", ["file", "file/deeper"])
def test_out_that_is_a_file_is_refused(run, tmp_path, out):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="expected a folder"):
        run([put(tmp_path / "a.wav")], out=tmp_path / out)


def test_an_out_folder_that_cannot_be_written_gives_a_line(run, tmp_path):
    with pytest.raises(UserError, match="/proc/out"):
        run([put(tmp_path / "a.wav")], out="/proc/out")


def test_a_folder_without_audio_gives_a_line(run, tmp_path):
    (tmp_path / "nothing").mkdir()
    (line,) = run([tmp_path / "nothing", put(tmp_path / "a.wav")])
    assert "nothing: expected audio files" in line


def test_clipped_samples_are_counted_and_said(run, tmp_path, capsys):
    loud = np.zeros(16000)
    loud[8000:8004] = 1
    soundfile.write(tmp_path / "a.wav", loud, 16000, subtype="PCM_16")
    run([tmp_path / "a.wav"], "speech@12+noise@13")
    said = capsys.readouterr().err
    assert "a.speech@12+noise@13.wav: 4 samples went past full scale" in said


def test_a_progress_shows_the_rate(run, tmp_path):
    shown = []
    with Progress(disable=True) as progress:
        update = progress.update
        progress.update = lambda *a, **k: (shown.append(k["description"]), update(*a, **k))
        run([put(tmp_path / "a.wav")], progress=progress)
    assert "x real time" in shown[-1]
    assert progress.tasks == []


def test_any_failure_while_writing_leaves_nothing(run, tmp_path, monkeypatch, halves):
    def fail(block, state):
        raise KeyboardInterrupt

    monkeypatch.setattr(separate, "find", lambda name: halves)
    monkeypatch.setattr(halves, "step", fail)
    with pytest.raises(KeyboardInterrupt):
        run([put(tmp_path / "a.wav")])
    assert names(tmp_path / "out") == []


def test_whole_signals_keep_their_length(halves):
    audio = torch.randn(2, 5001, generator=torch.Generator().manual_seed(0))
    kept = separate.separate_audio(halves, audio, 44100, parse("speech"), residual=True)
    assert kept.shape == (2, 2, 5001)
    assert (kept.sum(0) - audio).abs().max() < 1e-5


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the memory from /proc")
def test_memory_does_not_grow_with_length(run, tmp_path, monkeypatch):
    block = 0.1 * GENERATOR.standard_normal(160_000)
    with soundfile.SoundFile(tmp_path / "a.wav", "w", 16000, 1) as file:
        for _ in range(40):
            file.write(block)
    sizes, write = [], Writer.write

    def measured(writer, audio):
        sizes.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6)
        write(writer, audio)

    monkeypatch.setattr(Writer, "write", measured)
    assert run([tmp_path / "a.wav"], residual=True) == []
    assert max(sizes) - max(sizes[: len(sizes) // 8]) < 10  # MB, of 26 for each copy of the file
