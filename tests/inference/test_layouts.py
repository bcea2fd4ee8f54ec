"""Songs in the layouts of others: a folder as in MUSDB, one STEMS file; exact, or not there."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from soundsieve.audio.io import info, read, write
from soundsieve.cli import main
from soundsieve.data import musdb
from soundsieve.errors import UserError
from soundsieve.inference import separate
from soundsieve.inference.layouts import MIXTURE, PARTS
from soundsieve.models.windowed import Windowed
from soundsieve.target import parse
from tests.conftest import hiss, needs_ffmpeg, tone

SONG = parse("vocals,drums,bass,other")
SHARES = {"vocals": 0.4, "drums": 0.3, "bass": 0.2, "other": 0.1}
TIME = 44100 + 777  # no whole number of packets of any codec


class Shares(Windowed):
    """A share of the song for each of its parts; breaks at the window of number `breaks`."""

    breaks = -1

    def __init__(self):
        eye = torch.eye(4).tolist()
        super().__init__(list(SHARES), eye, list(SHARES), 44100, 8192 + 2048, 2048)

    def hear(self, mixture: Tensor) -> Tensor:
        self.breaks -= 1
        if self.breaks == 0:
            raise UserError("it broke")
        return torch.stack([share * mixture for share in SHARES.values()], 1)


@pytest.fixture
def model(monkeypatch) -> Shares:
    model = Shares()
    monkeypatch.setattr(separate, "find", lambda _: model)
    return model


@pytest.fixture
def song(tmp_path) -> Path:
    """A second of stereo, whose channels differ, in 24 bits."""
    left = tone(440, 3)[:, :TIME]
    write(tmp_path / "song.flac", torch.cat([left, hiss(0, 3)[:, :TIME]]), 44100, "PCM_24")
    return tmp_path / "song.flac"


def written(song: Path, layout: str) -> Path:
    done, errors = separate.separate_files([song], SONG, "m", song.parent / "out", layout=layout)
    assert (done, errors) == (1, [])
    return song.parent / "out"


def check(parts: dict[str, Tensor], song: Path, bits: int) -> None:
    """The mixture is the song, and every part its share of it, channel by channel."""
    expected, _ = read(song)
    for name, share in {MIXTURE: 1.0, **SHARES}.items():
        assert parts[name].shape == expected.shape
        assert (parts[name] - share * expected).abs().max() <= 2.0 ** (1 - bits)


def test_a_folder_of_a_song_is_that_of_musdb(model, song):
    out = written(song, "musdb")
    assert [path.name for path in out.iterdir()] == ["song"]
    files = sorted(path.name for path in (out / "song").iterdir())
    assert files == ["bass.wav", "drums.wav", "mixture.wav", "other.wav", "vocals.wav"]
    found = info(out / "song" / "vocals.wav")
    assert (found.sample_rate, found.channels, found.subtype) == (44100, 2, "PCM_24")
    check({name: read(out / "song" / f"{name}.wav")[0] for name in (MIXTURE, *PARTS)}, song, 24)


def test_a_second_call_takes_the_place_of_the_first_and_of_nothing_else(model, song):
    out = written(song, "musdb")
    (out / "song" / "vocals.wav").write_bytes(b"")
    written(song, "musdb")
    assert (out / "song" / "vocals.wav").stat().st_size
    (out / "song" / "lyrics.txt").touch()
    _, errors = separate.separate_files([song], SONG, "m", out, layout="musdb")
    assert len(errors) == 1 and "got lyrics.txt; choose another out=" in errors[0]
    assert len(list((out / "song").iterdir())) == 6


@needs_ffmpeg
def test_a_stems_file_has_the_streams_of_musdb18_at_their_exact_length(model, song):
    pytest.importorskip("musdb", reason="needs soundsieve[musdb]")
    out = written(song, "stems.mp4")
    assert [path.name for path in out.iterdir()] == ["song.stem.mp4"]
    parts = {}
    for name in musdb.STREAMS:
        parts[name], rate = musdb.read(out / "song.stem.mp4", name)
        assert rate == 44100
    check(parts, song, 16)  # as musdb reads whatever is in it
    assert torch.equal(read(out / "song.stem.mp4")[0], read(song)[0])


@needs_ffmpeg
def test_what_it_wrote_it_reads_as_a_song(model, song, tmp_path):
    stems = written(song, "stems.mp4") / "song.stem.mp4"
    again = tmp_path / "again"
    assert separate.separate_files([stems], SONG, "m", again, layout="musdb") == (1, [])
    check({name: read(again / "song" / f"{name}.wav")[0] for name in (MIXTURE, *PARTS)}, song, 16)


@pytest.mark.parametrize("layout", ["musdb", pytest.param("stems.mp4", marks=needs_ffmpeg)])
def test_a_song_that_breaks_leaves_nothing(model, song, layout):
    model.breaks = 3
    _, errors = separate.separate_files([song], SONG, "m", song.parent / "out", layout=layout)
    assert errors == ["it broke"]
    assert not list((song.parent / "out").iterdir())


@pytest.mark.parametrize("layout", ["musdb", "stems.mp4"])
@pytest.mark.parametrize("keep, residual", [("vocals", False), ("vocals,drums,bass,other", True)])
def test_other_targets_have_no_place_there(model, song, layout, keep, residual):
    with pytest.raises(UserError, match="expected keep=vocals,drums,bass,other and no residual"):
        separate.separate_files([song], parse(keep), "m", song.parent, residual, layout=layout)


def test_without_ffmpeg_one_line_says_what_to_do(model, song, monkeypatch):
    monkeypatch.setenv("PATH", str(song.parent))
    with pytest.raises(UserError, match="is not installed; install it, or take format=musdb"):
        separate.separate_files([song], SONG, "m", song.parent / "out", layout="stems.mp4")


def test_a_format_that_is_none_is_refused(song, capsys):
    assert main(["separate", str(song), "keep=vocals", "format=zip"]) == 2
    assert "expected one of files, musdb, stems.mp4" in capsys.readouterr().err
