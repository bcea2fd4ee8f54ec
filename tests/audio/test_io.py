"""Audio files: what goes in comes out, and what is no audio is said in one line."""

import os
import resource

import numpy as np
import pytest
import soundfile
import torch

from soundsieve.audio.io import Reader, Writer, info, read, write
from soundsieve.errors import UserError


def noise(channels: int, time: int) -> torch.Tensor:
    return 0.1 * torch.randn(channels, time, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT", "DOUBLE"])
def test_a_wav_that_passes_stays_the_same_bit_by_bit(tmp_path, subtype):
    soundfile.write(tmp_path / "a.wav", noise(2, 3000).T.numpy(), 22050, subtype=subtype)
    audio, sample_rate = read(tmp_path / "a.wav")
    write(tmp_path / "b.wav", audio, sample_rate, subtype)
    assert (tmp_path / "a.wav").read_bytes()[-12000:] == (tmp_path / "b.wav").read_bytes()[-12000:]
    assert info(tmp_path / "b.wav") == info(tmp_path / "a.wav")


def test_a_flac_that_passes_stays_the_same(tmp_path):
    write(tmp_path / "a.flac", noise(1, 3000), 16000)
    write(tmp_path / "b.flac", read(tmp_path / "a.flac")[0], 16000)
    assert torch.equal(read(tmp_path / "a.flac")[0], read(tmp_path / "b.flac")[0])


def test_blocks_are_the_file_in_parts(tmp_path):
    audio = noise(3, 1001)
    write(tmp_path / "a.wav", audio, 8000, "FLOAT")
    with Reader(tmp_path / "a.wav") as reader:
        blocks = list(reader.blocks(100))
    assert [block.shape[1] for block in blocks] == [100] * 10 + [1]
    assert torch.equal(torch.cat(blocks, 1), audio)
    assert torch.equal(read(tmp_path / "a.wav", 300, 250)[0], audio[:, 300:550])


def test_floats_are_not_clipped_and_whole_numbers_are_counted(tmp_path):
    loud = torch.tensor([[0.5, 1.0, 1.5, -1.0, -1.5]])
    with Writer(tmp_path / "a.wav", 8000, 1, subtype="FLOAT") as kept:
        kept.write(loud)
    with Writer(tmp_path / "b.wav", 8000, 1, subtype="PCM_16") as cut:
        cut.write(loud)
    assert (kept.clipped, cut.clipped) == (0, 2)
    assert torch.equal(read(tmp_path / "a.wav")[0], loud)
    assert read(tmp_path / "b.wav")[0].abs().max() <= 1


def test_an_error_while_writing_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), Writer(tmp_path / "a.wav", 8000, 1) as writer:
        writer.write(noise(1, 100))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_the_name_appears_only_when_the_file_is_whole(tmp_path):
    (tmp_path / ".a.wav.part").write_bytes(b"left by a kill")
    with Writer(tmp_path / "a.wav", 8000, 1) as writer:
        writer.write(noise(1, 100))
        assert not (tmp_path / "a.wav").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_a_wav_that_would_pass_4_gb_takes_the_header_that_can_count_it(tmp_path):
    writer = Writer(tmp_path / "a.wav", 48000, 2, subtype="FLOAT", frames=10 * 3600 * 48000)
    assert writer.format == "RF64"
    assert (
        Writer(tmp_path / "a.wav", 16000, 1, subtype="PCM_16", frames=36000 * 16000).format == "WAV"
    )


def broken_files(folder):
    soundfile.write(folder / "whole.flac", noise(1, 32000)[0].numpy(), 16000)
    whole = (folder / "whole.flac").read_bytes()
    (folder / "cut.flac").write_bytes(whole[: len(whole) // 3])
    (folder / "text.wav").write_text("hello")
    (folder / "empty.wav").touch()
    soundfile.write(folder / "none.wav", np.zeros(0), 16000)
    for name, value in (("nan.wav", np.nan), ("inf.wav", np.inf)):
        audio = noise(2, 16000).T.numpy()
        audio[500, 1] = value
        soundfile.write(folder / name, audio, 16000, subtype="FLOAT")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cut.flac", "whole file"),
        ("text.wav", "expected"),
        ("empty.wav", "empty"),
        ("none.wav", "no samples"),
        ("nan.wav", "nan at 0.031 s"),
        ("inf.wav", "inf at 0.031 s"),
        ("missing.wav", "no such file"),
        (".", "folder"),
    ],
)
def test_what_is_no_whole_audio_gives_one_line_that_names_it(tmp_path, name, words):
    broken_files(tmp_path)
    with pytest.raises(UserError, match=words) as caught:
        read(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("promised", "whole"), [(None, False), (0xFFFFFFFF, True), (20036, True)])
def test_a_wav_that_was_cut_off_is_said_and_one_from_a_pipe_is_not(tmp_path, promised, whole):
    write(tmp_path / "a.wav", torch.rand(1, 16000) - 0.5, 16000)
    data = bytearray((tmp_path / "a.wav").read_bytes()[:20044])
    if promised:
        data[40:44] = promised.to_bytes(4, "little")
    (tmp_path / "a.wav").write_bytes(data)
    if whole:
        assert read(tmp_path / "a.wav")[0].shape == (1, 10000)
        return
    with pytest.raises(UserError, match=r"ends or breaks at 0\.625 s of 1\.000 s"):
        read(tmp_path / "a.wav")


@pytest.mark.parametrize("kind", ["AIFF", "AU", "W64", "RF64"])
def test_a_copy_that_was_cut_off_is_said_of_other_kinds_too(tmp_path, kind):
    soundfile.write(tmp_path / "a", noise(1, 32000)[0].numpy(), 16000, "PCM_16", format=kind)
    assert read(tmp_path / "a")[0].shape == (1, 32000)
    data = (tmp_path / "a").read_bytes()
    (tmp_path / "a").write_bytes(data[: len(data) // 2])
    with pytest.raises(UserError, match="whole file"):
        read(tmp_path / "a")


def test_a_wav_of_a_recorder_that_was_cut_off_is_not_called_empty(tmp_path):
    write(tmp_path / "a.wav", noise(1, 16000), 16000)
    data = bytearray((tmp_path / "a.wav").read_bytes())
    data[40:44] = bytes(4)
    (tmp_path / "a.wav").write_bytes(data)
    with pytest.raises(UserError, match="32044 bytes are there"):
        read(tmp_path / "a.wav")


def test_a_telephone_recording_that_cannot_be_sought_in_is_read(tmp_path):
    soundfile.write(tmp_path / "a.wav", noise(1, 16000)[0].numpy(), 8000, "GSM610")
    assert read(tmp_path / "a.wav")[0].shape == (1, 16000)


def test_raw_samples_and_pipes_are_told_the_way(tmp_path):
    write(tmp_path / "a.wav", noise(1, 16000), 16000)
    (tmp_path / "a.wav").rename(tmp_path / "a.raw")
    os.mkfifo(tmp_path / "pipe.wav")
    for name in ("a.raw", "pipe.wav"):
        with pytest.raises(UserError, match="recipe stream in=-"):
            read(tmp_path / name)


@pytest.mark.parametrize(("name", "time"), [("a.ogg", 3600), ("a.flac", 48000), ("a.wav", 48000)])
def test_what_a_full_disk_did_not_take_is_no_file(tmp_path, name, time):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(UserError, match="disk full"):
            write(tmp_path / name, noise(1, time), 16000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_being_written_is_left_to_who_writes_it(tmp_path):
    with Writer(tmp_path / "a.wav", 16000, 1) as first:
        first.write(noise(1, 500))
        with (
            pytest.raises(UserError, match=r"a\.wav is being written by another process"),
            Writer(tmp_path / "a.wav", 16000, 1),
        ):
            pass
        first.write(noise(1, 500))
    assert read(tmp_path / "a.wav")[0].shape == (1, 1000)


@pytest.mark.parametrize("name", ["a.xyz", "nowhere/a.wav"])
def test_a_file_that_cannot_be_written_gives_one_line(tmp_path, name):
    with pytest.raises(UserError, match=name.split("/")[-1]):
        write(tmp_path / name, noise(1, 10), 8000)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_gives_one_line_and_leaves_nothing(tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        for name in ("a.wav", "a.flac"):
            with pytest.raises(UserError, match=name), Writer(tmp_path / name, 16000, 1) as writer:
                for _ in range(20):
                    writer.write(noise(1, 16000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []
