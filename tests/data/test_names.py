"""What a name says of a recording, and of its licence."""

import pytest

from soundsieve.data.licences import is_under
from soundsieve.data.names import base_name, is_telling
from soundsieve.stems import STEMS


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("talk take1", "talk take2"),
        ("talk_take1", "Talk-Take-12"),
        ("talk_01", "talk_02"),
        ("talk", "talk (copy)"),
        ("talk", "Copy of talk"),
        ("talk", "talk - Copy (2)"),
        ("talk", "talk(1)"),
        ("talk_a", "talk_b"),
        ("talk part 1", "talk part 2"),
        ("talk_final", "talk"),
        ("take1", "take2"),
        ("Élan 01", "e\u0301lan 02"),
        ("1-100032-A-0", "1-100032-B-0"),
    ],
)
def test_takes_and_copies_share_a_name(one, other):
    assert base_name(one) == base_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("001", "002"), ("talk", "walk"), ("p225_001", "p226_001"), ("1-17-A-0", "1-18-A-0")],
)
def test_different_recordings_keep_different_names(one, other):
    assert base_name(one) != base_name(other)


def test_a_name_that_tells_is_more_than_a_number_or_a_stem():
    telling = [is_telling(name, STEMS.names) for name in ("interview", "rain on a roof")]
    empty = [is_telling(name, STEMS.names) for name in ("ch", "vocals", "take", "0012", "audio")]
    assert all(telling) and not any(empty)


@pytest.mark.parametrize(
    ("licence", "name", "under"),
    [
        ("CC-BY-4.0", "CC-BY", True),
        ("CC BY 4.0", "cc-by-4.0", True),
        ("CC-BY-NC-4.0", "CC-BY", False),
        ("CC-BY-SA-3.0", "CC-BY", False),
        ("CC0-1.0", "CC0", True),
        ("CC0 or CC-BY-3.0", "CC0", False),
        ("GPL (per file)", "GPL", True),
        ("GPL-3.0", "GPL-2.0", False),
        ("", "CC0", False),
        ("CC0", "", False),
    ],
)
def test_a_licence_is_taken_in_any_version_and_with_no_further_terms(licence, name, under):
    assert is_under(licence, name) is under
