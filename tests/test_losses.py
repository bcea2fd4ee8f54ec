"""The loss knows better from worse, at every level, and is at peace with silence."""

import pytest
import torch

from soundsieve.audio.stft import Stft
from soundsieve.losses import SNR_CAP, activity_loss, spectral_loss
from tests.conftest import hiss, tone


def spectra(*sounds):
    """Real and imaginary `[output, time, 1, bin]`."""
    stft = Stft(512, 256)
    real, imag, _ = stft.analyse(torch.cat(sounds), stft.past(len(sounds)))
    return real.transpose(0, 1)[:, :, None], imag.transpose(0, 1)[:, :, None]


def loss_of(estimate, reference, mixture, snr_weight=0.3, phase=True):
    first = tuple(part[0] for part in spectra(mixture))
    return spectral_loss(spectra(estimate), spectra(reference), first, snr_weight, phase)


SPEECH, NOISE = tone(440, 0.512)[:, :8192], hiss(0, 0.512, -25)[:, :8192]
MIXTURE = SPEECH + NOISE


@pytest.mark.parametrize("phase", [True, False])
@pytest.mark.parametrize("snr_weight", [0.0, 0.3])
def test_the_nearer_the_reference_the_smaller_the_loss(phase, snr_weight):
    losses = [
        loss_of(SPEECH + share * NOISE, SPEECH, MIXTURE, snr_weight, phase).item()
        for share in (1.0, 0.5, 0.2, 0.05)
    ]
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize("gain", [1e-3, 10.0])
def test_the_same_scene_has_the_same_loss_at_every_level(gain):
    plain = loss_of(SPEECH + 0.3 * NOISE, SPEECH, MIXTURE)
    scaled = loss_of(gain * (SPEECH + 0.3 * NOISE), gain * SPEECH, gain * MIXTURE)
    assert torch.allclose(plain, scaled, atol=1e-4)


def test_beyond_the_cap_a_better_estimate_earns_nothing():
    def snr_term(error):
        estimate = SPEECH * (1 + error)
        both = (loss_of(estimate, SPEECH, MIXTURE, weight) for weight in (1.0, 0.0))
        return (next(both) - next(both)).item()

    assert snr_term(0.0) == pytest.approx(-SNR_CAP / 10, abs=0.02)
    assert snr_term(1e-3) == pytest.approx(snr_term(0.0), abs=0.01)
    assert snr_term(0.5) == pytest.approx(-0.56, abs=0.05)
    assert snr_term(1.0) == pytest.approx(0, abs=0.05)


def test_phase_does_not_count_where_only_magnitudes_are_learned():
    assert loss_of(-SPEECH, SPEECH, MIXTURE, phase=False).item() == pytest.approx(
        loss_of(SPEECH, SPEECH, MIXTURE, phase=False).item(), abs=1e-5
    )
    assert loss_of(-SPEECH, SPEECH, MIXTURE) > loss_of(SPEECH, SPEECH, MIXTURE) + 0.5


SILENCE = torch.zeros(1, 8192)


@pytest.mark.parametrize("phase", [True, False])
@pytest.mark.parametrize(
    ("estimate", "reference", "mixture"),
    [
        (SILENCE, SILENCE, SILENCE),
        (SILENCE, SILENCE, MIXTURE),
        (SILENCE, SPEECH, MIXTURE),
        (SPEECH, SILENCE, MIXTURE),
        (SPEECH, SILENCE, SILENCE),
        (1e-7 * SPEECH, SILENCE, MIXTURE),
        (SPEECH, SPEECH, MIXTURE),
    ],
)
def test_silence_gives_finite_losses_and_gradients(estimate, reference, mixture, phase):
    heard = estimate.clone().requires_grad_()
    loss = loss_of(heard, reference, mixture, phase=phase).sum()
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(heard.grad).all()


def test_silence_is_learned_where_there_is_nothing_to_keep():
    losses = [loss_of(gain * MIXTURE, SILENCE, MIXTURE).item() for gain in (1.0, 0.3, 0.1, 0.0)]
    assert losses == sorted(losses, reverse=True)


def test_every_output_and_row_has_a_loss_of_its_own():
    pair = spectra(SPEECH, NOISE)
    first = tuple(part[0] for part in spectra(MIXTURE))
    losses = spectral_loss(pair, pair, first, 0.3)
    assert losses.shape == (2, 1)


def test_activity_is_learned_frame_by_frame():
    half = torch.cat([SPEECH[:, :4096], SILENCE[:, :4096]], 1)
    reference = spectra(half, NOISE)
    mixture = tuple(part[0] for part in spectra(half + NOISE))
    right = torch.full((32, 1, 2), 8.0)
    right[18:, :, 0] = -8.0
    assert activity_loss(right, reference, mixture) < 0.6
    assert activity_loss(-right, reference, mixture) > 5
    quiet = spectra(SILENCE, SILENCE)
    assert torch.isfinite(activity_loss(right, quiet, tuple(part[0] for part in quiet)))


def test_a_lost_signal_costs_more_than_an_untouched_mixture():
    untouched, lost = (
        loss_of(estimate, SPEECH, MIXTURE, 1.0) - loss_of(estimate, SPEECH, MIXTURE, 0.0)
        for estimate in (MIXTURE, NOISE)
    )
    assert lost > untouched + 1
