"""The training loss, taken on spectra and defined at silence."""

import torch
from torch import Tensor

POWER = 0.3
"""Exponent that compresses magnitudes: quiet bins count, as they do to an ear."""
THERE = 45.0
"""Decibels under the mixture's level down to which an output counts as there."""
SNR_CAP = 17.0
"""Decibels past which a better estimate earns nothing: further up, scenes that are clean already
would outweigh those that need separating, and the network learns a gate over time."""
LOST = 30.0
"""Decibels under its level at which a reference counts as lost: worse costs no more."""
SILENCE = 1e-3
"""Power, relative to the mixture's, up to which a reference counts as silent."""
SILENT_LEVEL = 0.04
"""Share of the mixture's power that stands in for a silent reference: some 30 dB under it do."""


def spectral_loss(
    estimate: tuple[Tensor, Tensor],
    reference: tuple[Tensor, Tensor],
    mixture: tuple[Tensor, Tensor],
    snr_weight: float,
    phase: bool = True,
) -> Tensor:
    """Compressed magnitudes and complex spectra, and a capped ratio of error to signal in bels.

    Everything is relative to the level of the mixture. An output whose reference is (nearly) silent
    is measured against a share of the mixture, so that silence is learned and nothing explodes.
    Without `phase`, magnitudes alone count.

    Shape: `2 x [output, time, row, bin]` twice, `2 x [time, row, bin] -> [output, row]`.
    Braun & Tashev, "A consolidated view of loss functions for supervised deep learning-based speech
    enhancement", 2021, for the compressed terms.
    """
    power = mixture[0].square() + mixture[1].square()
    scale = power.mean((0, 2)).clamp_min(1e-10)[:, None]
    estimate_power = (estimate[0].square() + estimate[1].square()) / scale
    reference_power = (reference[0].square() + reference[1].square()) / scale
    bent = (
        (estimate_power + 1e-6) ** ((POWER - 1) / 2),
        (reference_power + 1e-6) ** ((POWER - 1) / 2),
    )
    root = scale.rsqrt()
    magnitude = bent[0] * (estimate_power + 1e-8).sqrt() - bent[1] * (reference_power + 1e-8).sqrt()
    loss = magnitude.square()
    root_power = (estimate_power + 1e-12).sqrt(), (reference_power + 1e-12).sqrt()
    error, common = (root_power[0] - root_power[1]).square(), root_power[0] * root_power[1]
    if phase:
        real = (bent[0] * estimate[0] - bent[1] * reference[0]) * root
        imag = (bent[0] * estimate[1] - bent[1] * reference[1]) * root
        loss = 0.5 * loss + 0.5 * (real.square() + imag.square())
        error = (
            (estimate[0] - reference[0]).square() + (estimate[1] - reference[1]).square()
        ) / scale
        common = (estimate[0] * reference[0] + estimate[1] * reference[1]) / scale
    compressed = loss.mean((1, 3))
    if snr_weight == 0:
        return compressed
    return compressed + snr_weight * _ratio(error, common, reference_power)


def activity_loss(
    activity: Tensor, reference: tuple[Tensor, Tensor], mixture: tuple[Tensor, Tensor]
) -> Tensor:
    """Cross-entropy of whether each output is there, frame by frame.

    It is where it is less than 45 dB under the mixture's level.

    Shape: `[time, batch, output], 2 x [output, time, batch, bin], 2 x [time, batch, bin] -> []`.
    """
    level = (mixture[0].square() + mixture[1].square()).mean((0, 2)).clamp_min(1e-10)
    power = (reference[0].square() + reference[1].square()).mean(3) / level  # [output, time, batch]
    there = (power > 10 ** (-THERE / 10)).float().permute(1, 2, 0)
    return torch.nn.functional.binary_cross_entropy_with_logits(activity, there)


def _ratio(error: Tensor, common: Tensor, reference: Tensor) -> Tensor:
    """Power of the error over the power of what the estimate has of the reference, capped, in bels.

    Were the error held against the whole reference, an estimate of nothing would cost 0 dB, however
    much of it is wrong, and a model in doubt would bet; held against the part that it kept, as in
    the SI-SDR, a lost bet costs what it should. The error itself still fixes the level.

    Shape: `3 x [output, time, row, bin] -> [output, row]`, relative to the mixture's power.
    """
    error, common, wanted = (part.mean((1, 3)) for part in (error, common, reference))
    cap, lost = 10 ** (-SNR_CAP / 10), 10 ** (-LOST / 10)
    # A log has no end: held against its own level, silence would be polished for ever at the cost
    # of sound.
    silent = wanted <= SILENCE
    kept = torch.minimum(common.square() / wanted.clamp_min(SILENCE), wanted)  # louder is no better
    kept, wanted = (torch.where(silent, SILENT_LEVEL, part) for part in (kept, wanted))
    return (error / wanted + cap).log10() - (kept / wanted + lost).log10()
