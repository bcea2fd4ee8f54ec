"""Two of a kind: another recording joins the first at its level, never one of its own group."""

from pathlib import Path

import numpy as np
import torch

from soundsieve.audio.levels import to_level
from soundsieve.data.draws import Draws
from soundsieve.data.effects.sums import UNDER, Seconds, draw_sums
from soundsieve.data.pool import Entry
from soundsieve.data.source import Source
from soundsieve.recipe import Effects
from tests.conftest import RATE


class Kinds:
    """A pool of three recordings of trains, one of rain and one that is of no kind."""

    def __init__(self):
        kinds = [("a", "train"), ("b", "train"), ("b", "train"), ("c", "rain"), ("d", "")]
        kinds += [("c", "train")]
        self.entries = {
            ("noise", "train"): [
                Entry((), 1, group, group, "", Source(Path(group), "noise", group, kind=kind))
                for group, kind in kinds
            ]
        }


def test_a_second_sound_is_of_the_same_kind_where_there_is_one_and_of_another_group():
    pool = Kinds()
    seconds = Seconds(pool, "train")
    first, second, _, rain, unknown, other = pool.entries["noise", "train"]
    found = {one.group: [e.group for e in seconds.of(one, "noise")] for one in (first, second)}
    assert found == {"a": ["b", "b", "c"], "b": ["a", "c"]}
    assert {e.group for e in seconds.of(rain, "noise")} == {"a", "b", "d"}
    assert {e.group for e in seconds.of(unknown, "noise")} == {"a", "b", "c"}
    # Whatever was asked before: the kind counts, not the group alone.
    assert [e.group for e in seconds.of(other, "noise")] == ["a", "b", "b"]


def test_a_second_sound_has_unit_power_and_fills_the_segment(pools):
    pool = pools("speech,noise")
    first = pool.entries["speech", "train"][0]
    sound = Seconds(pool, "train").sound(first, "speech", np.array([0.3, 0.5]), RATE)
    assert sound is not None and sound.shape == (1, RATE)
    torch.testing.assert_close(sound.square().mean(), torch.tensor(1.0), rtol=1e-4, atol=0)


def test_a_talker_is_joined_by_another_one_up_to_10_db_down(mixers):
    always = {"speech": 1.0, "music": 0.0, "noise": 1.0, "prompts": 0.0}
    one, two = (
        mixers("speech", presence=always, segment=1.5, effects=Effects(sum=odds), eq=0.0)
        .scenes(range(6), snr=0.0)
        .stems[:, 0]
        for odds in (0.0, 1.0)
    )
    unlike = two - one * (two * one).sum(-1, keepdim=True) / one.square().sum(-1, keepdim=True)
    under = to_level(unlike.square().mean((1, 2))) - to_level(two.square().mean((1, 2)))
    assert (under > -UNDER - 1).all() and (under < -2).all()


def test_sums_come_as_often_as_asked():
    level, _ = draw_sums(Draws(0, range(2000)), 2, 0.2)
    assert 0.17 < np.isfinite(level).mean() < 0.23
    assert np.nanmin(level) >= -UNDER and np.nanmax(level) <= 0
