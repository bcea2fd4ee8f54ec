"""A user's recordings: by file, else by time, never the same sound on both sides."""

import pytest
import torch

from soundsieve.data.recordings import LEAST, read_recordings, write_recordings
from soundsieve.errors import UserError
from tests.conftest import RATE, hiss, put, swelling, tone


def read(folder, tmp_path, **options):
    return read_recordings(str(folder), "noise", RATE, cache=tmp_path / "pools", **options)


@pytest.fixture
def lathe(tmp_path):
    """Five recordings of three seconds."""
    for take in range(5):
        put(tmp_path / f"lathe/{take}.wav", swelling(hiss(take, 3.0), take))
    return tmp_path / "lathe"


def spans(recordings):
    return {s: [x for x in recordings.pool.sources if x.split == s] for s in ("train", "valid")}


def test_files_are_held_out_whole(lathe, tmp_path):
    found = read(lathe, tmp_path)
    parts = spans(found)
    assert len(parts["train"]) == 4 and len(parts["valid"]) == 1
    assert {s.span for s in found.pool.sources} == {(0.0, 1.0)}
    assert found.seconds("train") == pytest.approx(12) and found.seconds("valid") == pytest.approx(
        3
    )


def test_one_file_is_cut_by_time_with_a_gap(tmp_path):
    put(tmp_path / "lathe.wav", swelling(hiss(0, 20.0), 0))
    train, valid = (part[0] for part in spans(read(tmp_path / "lathe.wav", tmp_path)).values())
    assert train.span[1] * 20 == pytest.approx(valid.span[0] * 20 - 1.0)
    assert valid.span == (0.8, 1.0)


def test_a_copy_under_another_name_does_not_cross_over(lathe, tmp_path):
    (lathe / "again.wav").write_bytes((lathe / "0.wav").read_bytes())
    found = read(lathe, tmp_path)
    assert len(found.pool.sources) == 5
    assert any("copy of" in reason for reason in found.dropped.values())


def test_other_rates_and_channels_are_taken(tmp_path):
    for rate in (8000, 44100, 48000):
        put(tmp_path / f"x/{rate}.wav", torch.randn(2, 3 * rate) * 0.1, rate)
    found = read(tmp_path / "x", tmp_path)
    assert found.seconds("train") + found.seconds("valid") == pytest.approx(9, abs=0.01)


def test_what_is_no_good_is_left_out_with_its_reason(lathe, tmp_path):
    put(lathe / "silent.wav", torch.zeros(1, 3 * RATE))
    put(lathe / "clipped.wav", (20 * tone(300, 3.0)).clamp(-1, 1))
    (lathe / "broken.wav").write_bytes(b"RIFF")
    found = read(lathe, tmp_path)
    reasons = {name.rpartition("/")[2]: reason for name, reason in found.dropped.items()}
    assert "silent" in reasons["silent.wav"] and "clipped" in reasons["clipped.wav"]
    assert "broken.wav" in reasons
    found = read(lathe, tmp_path, skip={str(lathe / "0.wav"): "sounds like speech"})
    write_recordings(tmp_path / "table.csv", found)
    table = (tmp_path / "table.csv").read_text()
    assert table.count("left out") == 4 and "sounds like speech" in table
    assert len(found.pool.sources) == 4


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: folder.mkdir(), "holds no recording"),
        (lambda folder: None, "neither a folder nor a file"),
        (lambda folder: put(folder / "a.wav", hiss(0, 1.0)), f"1.0 s of usable sound.*{LEAST:g} s"),
        (lambda folder: put(folder / "a.wav", torch.zeros(1, 9 * RATE)), "0.0 s.*is silent"),
    ],
)
def test_too_little_is_said_in_one_line(tmp_path, make, words):
    make(tmp_path / "x")
    with pytest.raises(UserError, match=words) as caught:
        read(tmp_path / "x", tmp_path)
    assert "\n" not in str(caught.value)


def test_what_a_model_has_learned_is_not_scored(lathe, tmp_path):
    first = read(lathe, tmp_path)
    (lathe / "0.wav").rename(lathe / "renamed.wav")
    again = read(lathe, tmp_path, heard=first.heard())
    assert again.seconds("valid") == pytest.approx(first.seconds("valid"))
    assert not again.seconds("train")
    everything = [*first.heard("train"), *first.heard("valid")]
    with pytest.raises(UserError, match="learned all"):
        read(lathe, tmp_path, heard=everything)


def test_of_a_file_that_was_cut_the_end_is_scored(tmp_path):
    put(tmp_path / "lathe.wav", swelling(hiss(0, 20.0), 0))
    first = read(tmp_path / "lathe.wav", tmp_path)
    again = read(tmp_path / "lathe.wav", tmp_path, heard=first.heard())
    assert again.pool.sources[0].span == pytest.approx((0.8, 1.0))
