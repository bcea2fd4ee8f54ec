"""The channel: one gain for all stems, and what is not linear joins the noise."""

import numpy as np
import pytest
import torch

from soundsieve.data.draws import Draws
from soundsieve.data.effects.channel import Channel
from soundsieve.data.effects.clipping import clip, draw_clipping
from soundsieve.data.effects.dynamics import limited, stepped
from soundsieve.data.effects.packets import PACKET, draw_losses, lose
from soundsieve.data.effects.stereo import draw_images, image
from soundsieve.recipe import Effects
from tests.conftest import RATE

TIME = RATE


def noise(*shape):
    return 0.1 * torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("effect", ["clip", "packet_loss", "codec"])
def test_the_sum_rule_holds_and_only_the_noise_takes_what_is_not_linear(effect):
    stems = noise(6, 3, 1, TIME)
    before = stems.clone()
    drawn = Channel(Effects(**{effect: 1.0}), RATE, 2).apply(stems, Draws(0, range(6)))
    assert torch.equal(stems[:, :2], before[:, :2])
    changed = (stems[:, 2] - before[:, 2]).abs().amax((1, 2)) > 0
    assert changed.float().mean() > 0.7 and effect in drawn  # a packet is lost now and then


def test_the_mixture_after_clipping_is_the_clipped_mixture():
    stems = noise(4, 3, 1, TIME)
    before = stems.sum(1)
    draws = Draws(0, range(4))
    Channel(Effects(clip=1.0), RATE, 2).apply(stems, draws)
    assert torch.allclose(stems.sum(1), clip(before, *draw_clipping(draws, 1.0)), atol=1e-6)


def test_where_there_is_no_noise_there_is_nothing_that_is_not_linear():
    stems = noise(2, 2, 1, TIME)
    before = stems.clone()
    effects = Effects(clip=1.0, packet_loss=1.0, codec=1.0)
    assert Channel(effects, RATE, None).apply(stems, Draws(0, range(2))) == {}
    assert torch.equal(stems, before)


@pytest.mark.parametrize("effect", ["gain_step", "limiter"])
def test_a_gain_over_time_is_the_same_for_all_stems(effect):
    stems = noise(4, 3, 2, TIME)
    before = stems.clone()
    Channel(Effects(**{effect: 1.0}), RATE, 2).apply(stems, Draws(0, range(4)))
    curve = (stems * before).sum((1, 2)) / before.square().sum((1, 2))
    assert torch.allclose(stems, before * curve[:, None, None], atol=1e-6)
    assert (curve.amin(-1) < 0.95).all() and curve.max() <= 1.0001


def test_a_hard_clip_stops_at_its_threshold_and_a_soft_one_bends_before_it():
    mixture = torch.sin(2 * np.pi * 100 * torch.arange(TIME) / RATE).expand(3, 1, -1)
    hard, soft, off = clip(mixture, np.array([-6.0, -6.0, 0.0]), np.array([False, True, True]))
    threshold = 10 ** (-6 / 20)
    assert torch.isclose(hard.max(), torch.tensor(threshold)) and soft.max() < threshold
    inside = mixture[0].abs() < threshold
    assert torch.equal(hard[inside], mixture[0][inside])
    assert not torch.allclose(soft[inside], mixture[1][inside], atol=0.05)
    assert torch.equal(off, mixture[2])
    assert torch.isfinite(clip(torch.zeros(1, 1, 9), np.array([-6.0]), np.array([True]))).all()


def test_a_limiter_holds_the_peak_and_lets_go_at_its_pace():
    mixture = 0.1 * torch.sin(2 * np.pi * 200 * torch.arange(2 * RATE) / RATE)[None, None]
    mixture[..., RATE // 2 : RATE // 2 + 800] *= 8
    gain = limited(mixture, np.array([-12.0]), np.array([40.0]), RATE)
    most = 0.8 * 10 ** (-12 / 20)
    assert (mixture[:, 0] * gain).abs().max() <= most * 1.001
    level = 20 * torch.log10(gain[0])
    start = RATE // 2 + 1200
    fallen = level[start + RATE // 10] - level[start]
    assert torch.isclose(fallen, torch.tensor(4.0), atol=0.5)  # 40 dB a second for 0.1 s
    assert level[: RATE // 3].abs().max() < 1e-4


def test_a_gain_steps_when_and_by_how_much_it_is_asked_to_but_never_up_from_the_level():
    gain = stepped(np.array([[0.5, 0.75, 0]]), np.array([[-6.0, 10.0, 0]]), TIME, RATE)
    level = 20 * torch.log10(gain[0])
    found = level[[TIME // 4, round(0.6 * TIME), round(0.9 * TIME)]]
    assert torch.allclose(found, torch.tensor([-4.0, -10.0, 0.0]), atol=0.01)


def test_lost_packets_are_silent_or_the_last_one_again():
    mixture = noise(2, 1, TIME)
    lost = np.zeros((2, 50), bool)
    lost[:, [3, 10, 11]] = True
    size = round(PACKET * RATE)
    received = lose(mixture, lost, np.array([False, True]), RATE)
    assert received[0, 0, 3 * size : 4 * size].abs().max() == 0
    last = mixture[1, 0, 9 * size : 10 * size]
    assert torch.allclose(received[1, 0, 10 * size : 11 * size], 0.6 * last)
    assert torch.allclose(received[1, 0, 11 * size : 12 * size], 0.36 * last)
    kept = torch.from_numpy(np.repeat(~lost[0], size))
    assert torch.equal(received[:, 0, kept], mixture[:, 0, kept])


def test_packets_are_lost_in_bursts_as_often_as_asked():
    lost, _ = draw_losses(Draws(0, range(400)), 0.5, 3.0)
    assert lost.shape == (400, 150)
    assert 0.4 < lost.any(1).mean() < 0.55
    rate = lost[lost.any(1)].mean()
    assert 0.05 < rate < 0.2
    after = lost[:, 1:][lost[:, :-1]].mean()
    assert after > 3 * rate  # one lost packet makes the next more likely


def test_channels_change_places_and_sides_get_wider_while_the_middle_stays():
    audio = noise(3, 2, TIME)
    out = image(audio, np.array([True, False, False]), np.array([1.0, 0.0, 1.5]))
    assert torch.allclose(out[0], audio[0].flip(0), atol=1e-6)
    assert torch.allclose(out[1, 0], out[1, 1])
    assert torch.allclose(out.mean(1), audio.mean(1), atol=1e-6)
    sides = (out[2, 0] - out[2, 1]) / (audio[2, 0] - audio[2, 1])
    assert torch.allclose(sides.median(), torch.tensor(1.5), atol=1e-4)
    swap, width = draw_images(Draws(0, range(500)), 0.5, 0.3)
    assert 0.4 < swap.mean() < 0.6 and 0.65 < (width == 1).mean() < 0.75
