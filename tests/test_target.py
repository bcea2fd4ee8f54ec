"""The target language: what is read, what is printed, what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundsieve.errors import UserError
from soundsieve.stems import STEMS, Stems
from soundsieve.target import Target, normal_form, parse

LEAVES = STEMS.leaves("all")
SCOPES = (
    ("speech", "music", "noise", "prompts"),
    ("speech", "vocals", "drums", "bass", "other", "noise", "prompts"),
    LEAVES,
)
levels = st.none() | st.just(0.0) | st.integers(-10000, 4000).map(lambda value: value / 100)
terms = st.dictionaries(st.sampled_from(("all", *STEMS.names)), levels, min_size=1, max_size=6)


def write(chosen: dict[str, float | None]) -> str:
    """An expression in any order, as a user could type it."""
    kept = sorted(chosen.items(), key=lambda item: item[1] is None)
    words = [
        f"-{name}" if level is None else f"+{name}" + (f"@{level}" if level else "")
        for name, level in kept
    ]
    return "".join(words).removeprefix("+")


def gain_of(chosen: dict[str, float | None], leaf: str) -> float:
    """The gain by the definition: the term nearest to the leaf on its way to the root decides."""
    for stem in reversed(STEMS.path(leaf)):
        if stem in chosen:
            level = chosen[stem]
            return 0.0 if level is None else 10 ** (level / 20)
    return 0.0


@given(terms)
def test_every_leaf_gets_the_gain_of_the_most_special_term(chosen):
    expected = [gain_of(chosen, leaf) for leaf in LEAVES]
    try:
        (target,) = parse(write(chosen))
    except UserError:
        assert len(set(expected)) == 1 or all(level is None for level in chosen.values())
        return
    assert target.gains(LEAVES) == pytest.approx(expected)


@given(terms)
def test_printing_and_reading_round_trips(chosen):
    try:
        targets = parse(write(chosen))
    except UserError:
        return
    text = normal_form(targets)
    assert parse(text) == targets
    assert normal_form(parse(text)) == text
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789_+-@.,")


@given(terms, st.randoms())
def test_the_order_of_terms_does_not_matter(chosen, random):
    kept = [name for name, level in chosen.items() if level is not None]
    if not kept:
        return
    first = random.choice(kept)
    rest = [name for name in chosen if name != first]
    random.shuffle(rest)
    shuffled = {name: chosen[name] for name in [first, *rest]}
    try:
        expected = parse(write(chosen))
    except UserError:
        return
    words = [
        ("-" if level is None else "+") + name + (f"@{level}" if level else "")
        for name, level in shuffled.items()
    ]
    assert parse("".join(words).removeprefix("+")) == expected


@given(st.text(max_size=30) | st.text("speachmusic+-@.,1 ", max_size=30))
def test_any_text_is_read_or_refused_in_one_line(text):
    try:
        parse(text)
    except UserError as error:
        assert len(str(error).splitlines()) == 1
        assert "position" in str(error)


@given(terms, st.sampled_from(SCOPES))
def test_gains_of_a_scope_are_the_gains_of_its_leaves(chosen, scope):
    try:
        (target,) = parse(write(chosen))
        gains = target.gains(scope)
    except UserError as error:
        assert len(str(error).splitlines()) == 1
        return
    for stem, gain in zip(scope, gains, strict=True):
        assert all(gain_of(chosen, leaf) == pytest.approx(gain) for leaf in STEMS.leaves(stem))


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("speech", "speech"),
        ("music+speech", "speech+music"),
        ("all-prompts", "all-prompts"),
        ("music-vocals", "music-vocals"),
        ("speech+music@-12.0", "speech+music@-12"),
        ("speech@-0.0+music@+3.50", "speech+music@3.5"),
        ("vocals+music@-6", "music@-6+vocals"),
        ("speech-noise", "speech"),
        ("noise@-3+stationary+nonstationary+transient", "stationary+nonstationary+transient"),
        ("vocals,drums,bass,other", "vocals,drums,bass,other"),
        ("noise@-12,music+speech", "noise@-12,speech+music"),
    ],
)
def test_the_normal_form(text, normal):
    assert normal_form(parse(text)) == normal


def test_a_gain_is_in_decibels():
    (target,) = parse("speech+music@-12")
    assert target.gains(SCOPES[0]) == pytest.approx((1, 0.2511886, 0, 0))


def test_commas_make_several_outputs():
    assert [str(target) for target in parse("speech,all-prompts")] == ["speech", "all-prompts"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("speach", ["'speach'", "position 1", "'speech'"]),
        ("speech+musik", ["'musik'", "position 8", "'music'"]),
        ("speech,all-promts", ["'promts'", "position 12", "'prompts'"]),
        ("dialogue", ["'dialogue'", "'speech'"]),
        ("Speech", ["'Speech'", "'speech'"]),
        ("xyzzy", ["'xyzzy'", "speech, music"]),
        ("speech-speech", ["'speech'", "removed", "position 8"]),
        ("speech+speech@-6", ["'speech'", "-6 dB", "position 8"]),
        ("all-all", ["'all'", "removed"]),
        ("-noise", ["position 1", "all-noise"]),
        ("music-vocals-drums-bass-other", ["keeps nothing"]),
        ("speech+music+noise+prompts", ["keeps everything"]),
        ("all@-6", ["keeps everything"]),
        ("music@loud", ["'loud'", "position 7", "dB"]),
        ("music@", ["nothing", "position 7"]),
        ("music@-300", ["-300", "-100 to 40"]),
        ("music@1e3", ["'1e3'"]),
        ("all-music@-12", ["removed", "+music@-12"]),
        ("speech,music+", ["position 14", "the end"]),
        ("", ["position 1"]),
        ("speech,,music", ["position 8"]),
        ("speech,music,speech", ["'speech'", "position 14", "twice"]),
        ("speech + music", ["'speech '", "'speech'"]),
    ],
)
def test_a_bad_expression_is_refused_with_word_position_and_remedy(text, words):
    with pytest.raises(UserError) as refused:
        parse(text)
    assert all(word in str(refused.value) for word in words), refused.value


def test_a_part_of_a_whole_is_refused():
    with pytest.raises(UserError, match="the model has 'music' only as a whole.*'vocals'"):
        parse("music-vocals")[0].gains(SCOPES[0], owner="the model")


def test_a_stem_out_of_scope_is_refused_with_what_there_is():
    with pytest.raises(UserError, match="has no 'prompts'; it has speech, noise"):
        parse("all-prompts")[0].gains(("speech", "noise"))


def test_keeping_all_of_a_scope_or_none_of_it_is_refused():
    with pytest.raises(UserError, match="keeps everything"):
        parse("speech+music")[0].gains(("speech", "music"))
    with pytest.raises(UserError, match="keeps nothing"):
        parse("all-speech-music")[0].gains(("speech", "music"))


def test_a_scope_holds_no_stem_twice():
    with pytest.raises(ValueError, match="part of 'music'"):
        parse("speech")[0].gains(("speech", "music", "vocals"))


def test_added_leaves_can_be_kept_and_removed():
    stems = Stems({"engine": "noise"})
    (target,) = parse("all-engine", stems)
    scope = ("speech", "stationary", "engine")
    assert target.gains(scope, stems) == (1, 1, 0)
    assert isinstance(target, Target)
