"""Measures of separation, batched, and nan where a measure has no meaning.

Ratios are computed in double precision and end at ±100 dB, so a perfect estimate has a number and
means stay finite. A signal is *silent* when its mean power is under -120 dBFS.
"""

from collections import Counter
from collections.abc import Sequence
from warnings import catch_warnings

import torch
from torch import Tensor

LIMIT = 100.0
SILENCE = 1e-12
TINY = 1e-200
SPEECH_RATE = 16000


def si_sdr(estimate: Tensor, reference: Tensor) -> Tensor:
    """Scale-invariant signal-to-distortion ratio, in dB; one scale for all channels together.

    nan where the reference is silent; -100 where only the estimate is.
    Shape: `[..., channel, time], [..., channel, time] -> [...]`.
    Le Roux et al., "SDR - half-baked or well done?", ICASSP 2019.

    >>> tone = torch.sin(torch.arange(100.0)).reshape(1, 100)
    >>> si_sdr(0.5 * tone, tone).item()  # a gain costs nothing
    100.0
    """
    estimate, reference = estimate.flatten(-2).double(), reference.flatten(-2).double()
    energy = reference.square().sum(-1)
    scale = (estimate * reference).sum(-1) / energy.clamp_min(TINY)
    projection = scale.unsqueeze(-1) * reference
    ratio = _decibels(projection.square().sum(-1), (estimate - projection).square().sum(-1))
    return _unless_silent(torch.where(silent(estimate), -LIMIT, ratio), reference)


def sdr(estimate: Tensor, reference: Tensor) -> Tensor:
    """Signal-to-distortion ratio, in dB: reference over error, so levels count.

    nan where the reference is silent; 0 where only the estimate is.
    Shape: `[..., channel, time], [..., channel, time] -> [...]`.
    The "new SDR" of Mitsufuji et al., "Music Demixing Challenge 2021", Frontiers in
    Signal Processing, 2022.
    """
    estimate, reference = estimate.flatten(-2).double(), reference.flatten(-2).double()
    error = (reference - estimate).square().sum(-1)
    return _unless_silent(_decibels(reference.square().sum(-1), error), reference)


def attenuation(estimate: Tensor, mixture: Tensor) -> Tensor:
    """How far the estimate lies under the mixture, in dB; for scenes that hold nothing to keep.

    nan where the mixture is silent.
    Shape: `[..., channel, time], [..., channel, time] -> [...]`.
    """
    estimate, mixture = estimate.flatten(-2).double(), mixture.flatten(-2).double()
    power = estimate.square().sum(-1)
    return _unless_silent(_decibels(mixture.square().sum(-1), power), mixture)


def stem_gains(estimate: Tensor, stems: Tensor) -> Tensor:
    """The gains that bring the weighted sum of the stems nearest to the estimate (least squares).

    What the estimate adds of its own (distortion, artefacts) is not in them. nan where a stem is
    silent.
    Shape: `[..., channel, time], [..., stem, channel, time] -> [..., stem]`.
    """
    estimate, stems = estimate.flatten(-2).double(), stems.flatten(-2).double()
    absent = silent(stems)
    norms = stems.norm(dim=-1).masked_fill(absent, 1)
    unit = (stems / norms.unsqueeze(-1)).masked_fill(absent.unsqueeze(-1), 0)
    gram = unit @ unit.mT
    # The small ridge lets two equal stems share their gain; an absent stem needs a diagonal.
    ridge = torch.diag_embed(absent.double() + 1e-9)
    solution = torch.linalg.solve(gram + ridge, (unit @ estimate.unsqueeze(-1)))
    return (solution.squeeze(-1) / norms).masked_fill(absent, torch.nan)


def stem_levels(gains: Tensor, asked: Sequence[float]) -> tuple[Tensor, Tensor]:
    """What measured gains mean for a request: level change where kept, attenuation where removed.

    Both in dB, the level change against the gain asked for; nan where it is the other one's case.
    Shape: `[..., stem], stem numbers -> [..., stem], [..., stem]`.

    >>> level, removed = stem_levels(torch.tensor([0.5, 0.1]), [0.5, 0.0])
    >>> level[0].item(), round(removed[1].item(), 3)
    (0.0, 20.0)
    """
    request = gains.new_tensor(asked)
    floor = 10 ** (-LIMIT / 20)
    measured = 20 * torch.log10(gains.abs().clamp_min(floor))
    kept = request > 0
    level = measured - 20 * torch.log10(request.clamp_min(floor))
    return torch.where(kept, level, torch.nan), torch.where(kept, torch.nan, -measured)


def pesq_wb(estimate: Tensor, reference: Tensor, refusals: Counter[str]) -> Tensor:
    """Wide-band PESQ (ITU-T P.862.2) of 16 kHz speech, the channels averaged; 1 (bad) to 4.64.

    nan where the library refuses; the reason is counted in `refusals`.
    Shape: `[batch, channel, time], [batch, channel, time] -> [batch]`.
    """
    from pesq import PesqError, pesq

    def score(heard: Tensor, clean: Tensor) -> float:
        try:
            return pesq(SPEECH_RATE, clean.numpy(), heard.numpy(), "wb")
        except PesqError as error:
            raise _Refused(f"pesq: {_reason(error)}") from error

    return _each(score, estimate, reference, refusals)


def estoi(estimate: Tensor, reference: Tensor, refusals: Counter[str]) -> Tensor:
    """Extended short-time intelligibility of 16 kHz speech, the channels averaged; 0 to 1.

    nan where the library refuses; the reason is counted in `refusals`.
    Shape: `[batch, channel, time], [batch, channel, time] -> [batch]`.
    Jensen and Taal, IEEE/ACM TASLP 24(11), 2016.
    """
    from pystoi import stoi

    def score(heard: Tensor, clean: Tensor) -> float:
        try:
            # Where too little speech is left, pystoi warns and answers 1e-5: a refusal.
            with catch_warnings(record=True):
                value = stoi(clean.numpy(), heard.numpy(), SPEECH_RATE, extended=True)
        except RuntimeWarning:
            value = 1e-5
        if value == 1e-5:
            raise _Refused("estoi: too few frames of speech")
        return float(value)

    return _each(score, estimate, reference, refusals)


def silent(audio: Tensor) -> Tensor:
    """Whether the mean power over time is under -120 dBFS.

    Shape: `[..., time] -> [...]`.
    """
    return audio.square().mean(-1) < SILENCE


class _Refused(Exception):
    """A library's refusal to score a pair, with its reason."""


def _each(score, estimate: Tensor, reference: Tensor, refusals: Counter[str]) -> Tensor:
    """The mean over channels of a one-signal measure, for every item of a batch."""
    values = []
    for heard, clean in zip(estimate.cpu(), reference.cpu(), strict=True):
        try:
            if bool(silent(clean.flatten())) or bool(silent(heard.flatten())):
                raise _Refused("silent estimate or reference")
            pairs = zip(heard, clean, strict=True)
            values.append(sum(score(one, other) for one, other in pairs) / len(heard))
        except _Refused as refusal:
            refusals[str(refusal)] += 1
            values.append(float("nan"))
    return torch.tensor(values, dtype=torch.float64)


def _reason(error: Exception) -> str:
    text = error.args[0] if error.args else type(error).__name__
    return text.decode() if isinstance(text, bytes) else str(text)


def _decibels(power: Tensor, other: Tensor) -> Tensor:
    # Clamped rather than replaced, so that nan in an estimate stays nan.
    return (10 * torch.log10(power.clamp_min(TINY) / other.clamp_min(TINY))).clamp(-LIMIT, LIMIT)


def _unless_silent(value: Tensor, reference: Tensor) -> Tensor:
    return value.masked_fill(silent(reference), torch.nan)
