"""Who is in which split: newcomers beside known talkers, and copies of one recording."""

from pathlib import Path

from soundsieve.data.prepare import prepare
from soundsieve.data.sources import find_sources, stem_sources
from tests.conftest import RATE, put
from tests.data.test_prepare import sound, splits_of


def test_a_new_talker_beside_known_ones_is_in_one_split(tmp_path):
    for number in range(9):
        put(tmp_path / f"in/person {number} x/a.wav", sound(number))
    prepare(list(stem_sources(tmp_path / "in", "speech")), tmp_path / "mine", RATE)
    for take in range(11):
        put(tmp_path / f"in/newcomer y/{take}.wav", sound(50 + take))
    prepare(list(stem_sources(tmp_path / "in", "speech")), tmp_path / "mine", RATE)
    assert splits_of(tmp_path / "mine")["newcomer y"] == {"train"}


def test_a_newcomer_beside_talkers_for_training_alone_is_dealt_out_too(tmp_path):
    lines = ["path,stem,split,group"]
    for number in range(15):
        put(tmp_path / f"{number}.wav", sound(number))
        given = f"train,old {number}" if number < 4 else ",newcomer"
        lines.append(f"{number}.wav,speech,{given}")
    (tmp_path / "manifest.csv").write_text("\n".join(lines))
    prepare(find_sources(tmp_path), tmp_path / "mine", RATE)
    assert splits_of(tmp_path / "mine")["newcomer"] == {"train", "valid", "test"}


def test_copies_of_one_recording_are_in_one_split_where_recordings_are_dealt(tmp_path):
    for take in range(14):
        put(tmp_path / f"in/navi/{take}.wav", sound(min(take, 9)))
    prepare(list(stem_sources(tmp_path / "in", "prompts")), tmp_path / "mine", RATE)
    found = splits_of(tmp_path / "mine", lambda row: Path(row["path"]).stem)
    assert len(set.union(*(found[str(take)] for take in range(9, 14)))) == 1
    assert len(set.union(*found.values())) == 3
