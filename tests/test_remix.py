"""What the outputs of a model can form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundsieve.errors import UserError
from soundsieve.remix import formable, weights
from soundsieve.target import parse

SCOPE = ("speech", "music", "noise", "prompts")
HEADS = [[float(i == k) for i in range(4)] for k in range(4)]
gain = st.floats(0, 4).map(lambda value: round(value, 3))
vectors = st.lists(st.lists(gain, min_size=4, max_size=4), min_size=1, max_size=4)


def mixed(factors, outputs):
    rows = [*outputs, [1.0] * len(outputs[0])]
    return [
        sum(f * row[i] for f, row in zip(factors, rows, strict=True)) for i in range(len(rows[0]))
    ]


@given(vectors, st.lists(st.floats(-2, 2), min_size=5, max_size=5))
def test_a_weighted_sum_is_recognised(outputs, factors):
    request = mixed(factors[: len(outputs)] + factors[-1:], outputs)
    found = weights(request, outputs)
    assert found is not None
    assert mixed(found, outputs) == pytest.approx(request, abs=1e-4)


@given(vectors, st.lists(gain, min_size=4, max_size=4))
def test_weights_form_the_request_or_are_none(outputs, request_gains):
    found = weights(request_gains, outputs)
    if found is not None:
        assert mixed(found, outputs) == pytest.approx(request_gains, abs=1e-4)


def test_heads_form_every_vector_without_the_mixture():
    assert weights((1, 0.25, 0, 2), HEADS) == (1, 0.25, 0, 2, 0)


def test_the_residual_is_the_mixture_less_the_output():
    assert formable(parse("noise+prompts")[0], SCOPE, [(1, 1, 0, 0)], ["speech+music"]) == (-1, 1)


def test_the_residual_takes_a_gain():
    found = formable(parse("noise@-12")[0], SCOPE[:3], [(1, 1, 0)], ["speech+music"])
    assert found == pytest.approx((-(10**-0.6), 10**-0.6))


def test_outputs_that_repeat_each_other_do_no_harm():
    assert weights((1, 0, 0, 0), [HEADS[0], HEADS[0]]) is not None


def test_what_cannot_be_formed_is_refused_with_what_there_is():
    with pytest.raises(UserError, match=r"cannot form 'speech'.*'speech\+music'.*residual"):
        formable(parse("speech")[0], SCOPE, [(1, 1, 0, 0)], ["speech+music"])


def test_a_part_of_a_head_is_refused():
    with pytest.raises(UserError, match="the model has 'music' only as a whole"):
        formable(parse("vocals")[0], SCOPE, HEADS, SCOPE)
