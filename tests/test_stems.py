"""The tree of stems."""

import pytest

from soundsieve.errors import UserError
from soundsieve.stems import ABOUT, STEMS, SYNONYMS, Stems


def test_a_parent_is_its_leaves():
    assert STEMS.leaves("music") == ("vocals", "drums", "bass", "other")
    assert STEMS.leaves("speech") == ("speech",)


def test_all_is_every_leaf_in_tree_order():
    everything = (leaf for top in STEMS.children("all") for leaf in STEMS.leaves(top))
    assert STEMS.leaves("all") == tuple(everything)


def test_the_path_goes_from_the_root():
    assert STEMS.path("transient") == ("all", "noise", "transient")
    assert STEMS.path("all") == ("all",)


def test_an_unknown_stem_is_refused_with_the_nearest_one():
    with pytest.raises(UserError, match="'vocal'.*'vocals'"):
        STEMS.leaves("vocal")


def test_a_new_leaf_stands_behind_its_siblings():
    stems = Stems({"engine": "noise", "horn": "transient", "sirens": "all"})
    assert stems.leaves("noise") == ("stationary", "nonstationary", "horn", "engine")
    assert stems.names.index("horn") == stems.names.index("transient") + 1
    assert stems.names[-1] == "sirens"
    assert "engine" not in STEMS


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"engine": "nois"}, "'noise'"),
        ({"speech": "noise"}, "exists already"),
        ({"all": "noise"}, "exists already"),
        ({"my-car": "noise"}, "small letters"),
    ],
)
def test_a_bad_new_leaf_is_refused(extra, words):
    with pytest.raises(UserError, match=words):
        Stems(extra)


def test_every_stem_is_described_and_every_synonym_leads_to_one():
    assert set(ABOUT) == {"all", *STEMS.names}
    assert set(SYNONYMS.values()) <= set(ABOUT)
    assert not set(SYNONYMS) & set(ABOUT)
