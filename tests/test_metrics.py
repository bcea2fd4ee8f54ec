"""Measures: what a gain, a delay, silence and a distortion cost, each by itself."""

from collections import Counter

import pytest
import torch

from soundsieve.metrics import (
    attenuation,
    estoi,
    pesq_wb,
    sdr,
    si_sdr,
    stem_gains,
    stem_levels,
)


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def orthogonal(reference, other):
    """The part of a sound that has nothing of the reference, at the reference's power."""
    rest = other - (other * reference).sum() / reference.square().sum() * reference
    return rest * reference.norm() / rest.norm()


@pytest.fixture
def pair():
    reference = noise(1, 1, 4000)
    return reference, orthogonal(reference, noise(1, 1, 4000, seed=1))


def test_distortion_20_db_down_measures_20_db(pair):
    reference, rest = pair
    assert si_sdr(reference + 0.1 * rest, reference).item() == pytest.approx(20, abs=1e-3)
    assert sdr(reference + 0.1 * rest, reference).item() == pytest.approx(20, abs=1e-3)


def test_a_gain_costs_si_sdr_nothing_but_sdr_the_level(pair):
    reference, rest = pair
    estimate = reference + 0.1 * rest
    assert si_sdr(0.5 * estimate, reference).item() == pytest.approx(20, abs=1e-3)
    assert sdr(0.5 * reference, reference).item() == pytest.approx(6.02, abs=0.01)


def test_a_perfect_estimate_has_a_finite_number():
    reference = noise(1, 1, 100)
    assert si_sdr(reference, reference).item() == sdr(reference, reference).item() == 100


def test_channels_share_one_scale():
    reference = noise(1, 2, 4000)
    balance = torch.tensor([1.0, 0.5]).reshape(1, 2, 1)
    assert si_sdr(balance * reference, reference).item() < 12


def test_an_absent_target_has_no_score_and_the_others_of_the_batch_keep_theirs():
    reference = torch.cat([torch.zeros(1, 1, 4000), noise(1, 1, 4000)])
    estimate = noise(2, 1, 4000, seed=1)
    for measure in (si_sdr, sdr):
        assert measure(estimate, reference).isnan().tolist() == [True, False]
    assert attenuation(estimate, reference).isnan().tolist() == [True, False]


def test_a_silent_estimate_of_a_present_target_has_the_worst_score():
    reference = noise(1, 1, 4000)
    silence = torch.zeros_like(reference)
    assert si_sdr(silence, reference).item() == -100
    assert sdr(silence, reference).item() == 0
    assert attenuation(silence, reference).item() == 100


def test_an_estimate_that_is_nan_scores_nan():
    reference = noise(1, 1, 400)
    estimate = reference.clone()
    estimate[..., 7] = torch.nan
    assert si_sdr(estimate, reference).isnan().all()
    assert sdr(estimate, reference).isnan().all()


@pytest.mark.parametrize("level", [-10, -40])
def test_the_level_of_a_scene_changes_no_measure(pair, level):
    reference, rest = pair
    gain = 10 ** (level / 20)
    estimate = reference + 0.3 * rest
    for measure in (si_sdr, sdr, attenuation):
        loud, soft = measure(estimate, reference), measure(gain * estimate, gain * reference)
        assert soft.item() == pytest.approx(loud.item(), abs=1e-4)


def test_gains_of_stems_are_read_off_the_estimate_whatever_else_is_in_it():
    stems = noise(2, 3, 1, 16000)
    estimate = 0.5 * stems[:, 0] + 0.01 * stems[:, 2] + 0.001 * noise(2, 1, 16000, seed=2)
    gains = stem_gains(estimate, stems)
    torch.testing.assert_close(
        gains, torch.tensor([[0.5, 0, 0.01]] * 2).double(), rtol=0, atol=1e-4
    )


def test_stems_that_resemble_each_other_are_told_apart():
    stems = noise(1, 2, 1, 16000)
    stems[:, 1] += stems[:, 0]
    gains = stem_gains(stems[:, 0] + 0.1 * stems[:, 1], stems)
    torch.testing.assert_close(gains, torch.tensor([[1, 0.1]]).double(), rtol=0, atol=1e-4)


def test_a_stem_that_is_absent_has_no_gain():
    stems = noise(1, 3, 2, 4000)
    stems[:, 1] = 0
    gains = stem_gains(stems[:, 0], stems)
    assert gains.isnan().tolist() == [[False, True, False]]
    assert gains[0, 0].item() == pytest.approx(1, abs=1e-6)


def test_levels_are_against_the_gain_asked_for():
    gains = torch.tensor([[1.0, 0.25, 0.01, torch.nan]], dtype=torch.float64)
    change, removed = stem_levels(gains, (1, 0.5, 0, 0))
    assert change[0, :2].tolist() == pytest.approx([0, -6.02], abs=0.01)
    assert removed[0, 2].item() == pytest.approx(40, abs=0.01)
    assert change[0, 2:].isnan().all()
    assert removed[0, [0, 1, 3]].isnan().all()


def test_a_stem_that_is_gone_is_100_db_down():
    _, removed = stem_levels(torch.tensor([[0.0]]), (0,))
    assert removed.item() == 100


def talk(seconds=3):
    """A buzz that opens and closes in many bands, enough of a voice for both libraries."""
    time = torch.arange(seconds * 16000) / 16000
    pitch = 120 + 20 * torch.sin(2 * torch.pi * 0.7 * time)
    phase = 2 * torch.pi * torch.cumsum(pitch, 0) / 16000
    voice = sum(
        torch.sin(k * phase) / k * (1 + torch.sin(2 * torch.pi * (1 + 0.2 * k) * time))
        for k in range(1, 40)
    )
    return 0.05 * (voice * (time % 0.6 < 0.45)).reshape(1, 1, -1)


def test_speech_scores_fall_with_noise():
    clean, refusals = talk(), Counter()
    estimate = torch.cat([clean, clean + 0.003 * noise(1, 1, 48000), clean + noise(1, 1, 48000)])
    reference = clean.expand(3, -1, -1)
    for measure, best in ((pesq_wb, 4.6), (estoi, 0.999)):
        scores = measure(estimate, reference, refusals).tolist()
        assert scores[0] > best
        assert scores[0] > scores[1] > scores[2]
    assert not refusals


def test_what_the_libraries_refuse_is_nan_and_counted():
    refusals = Counter()
    short = talk()[..., :2000]
    assert pesq_wb(short, short, refusals).isnan().all()
    assert estoi(short, short, refusals).isnan().all()
    silence = torch.zeros_like(short)
    assert pesq_wb(silence, silence, refusals).isnan().all()
    assert sum(refusals.values()) == 3
    assert any("pesq" in reason for reason in refusals)
    assert any("estoi" in reason for reason in refusals)
