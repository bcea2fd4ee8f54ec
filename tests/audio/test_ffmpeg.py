"""Files that only ffmpeg reads; small scripts stand in for it, so that no test needs it."""

import stat
import sys

import pytest
import torch

from soundsieve.audio.io import info, read, write
from soundsieve.errors import UserError

PROBE = """
import json
print(json.dumps({"streams": [{"codec_name": "aac", "sample_rate": "22050", "channels": 2}],
    "format": {"duration": "2.0"}}))
"""
DECODE = """
import array, sys
sys.stdout.buffer.write(array.array("f", [i / 5000 for i in range(5000)]).tobytes())
"""
BREAK = DECODE + "sys.exit('moov atom not found')\n"
NOTHING = "print('{}')\n"


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """Put scripts in the place of all programs."""

    def put(**scripts: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        for name, text in scripts.items():
            (folder / name).write_text(f"#!{sys.executable}\n{text}")
            (folder / name).chmod((folder / name).stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(folder))

    return put


@pytest.fixture
def song(tmp_path):
    (tmp_path / "song.m4a").write_bytes(b"not for soundfile")
    return tmp_path / "song.m4a"


def test_other_kinds_are_decoded_by_ffmpeg(tools, song):
    tools(ffprobe=PROBE, ffmpeg=DECODE)
    found = info(song)
    assert (found.sample_rate, found.channels, found.frames) == (22050, 2, None)
    assert found.expected == 44100
    audio, sample_rate = read(song)
    assert sample_rate == 22050
    assert torch.equal(audio, (torch.arange(5000) / 5000).unflatten(0, (-1, 2)).T)
    assert torch.equal(read(song, 100, 50)[0], audio[:, 100:150])


def test_a_file_that_ffmpeg_cannot_finish_is_refused(tools, song):
    tools(ffprobe=PROBE, ffmpeg=BREAK)
    with pytest.raises(UserError, match="moov atom not found"):
        read(song)


def test_what_ffmpeg_does_not_know_is_refused(tools, song):
    tools(ffprobe=NOTHING, ffmpeg=DECODE)
    with pytest.raises(UserError, match="neither soundfile nor ffmpeg"):
        info(song)


def test_without_ffmpeg_the_line_says_so(tools, song):
    tools()
    with pytest.raises(UserError, match="need ffmpeg, so install it"):
        info(song)


def test_a_flac_from_a_pipe_has_no_length_and_is_decoded_by_ffmpeg(tools, tmp_path):
    path = tmp_path / "a.flac"
    write(path, torch.zeros(2, 2500), 22050)
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0  # the 36 bits of the length in the header
    data[22:26] = bytes(4)
    path.write_bytes(data)
    tools(ffprobe=PROBE, ffmpeg=DECODE)
    found = info(path)
    assert (found.format, found.subtype, found.frames) == ("FLAC", "PCM_16", None)
    assert read(path)[0].shape == (2, 2500)
