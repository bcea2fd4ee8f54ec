"""Ideal masks, which know the target: the ceiling of every model that masks a spectrum.

All work on the live models' own short-time Fourier transform, square-root Hann windows that overlap
by half, and keep the phase of the mixture but for the complex one.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from soundsieve.audio.stft import Stft

Mask = Callable[[Tensor, Tensor], Tensor]
_TINY = 1e-20


def oracle(mask: str, mixture: Tensor, target: Tensor, n_fft: int = 512) -> Tensor:
    """What an ideal mask makes of a mixture. `mask` is a name in `MASKS`.

    Shape: `[..., channel, time], [..., channel, time] -> [..., channel, time]`.
    """
    if mask not in MASKS:
        raise ValueError(f"expected one of {', '.join(MASKS)}, got {mask!r}")
    stft = Stft(n_fft, n_fft // 2).to(mixture.device)
    spectrum, goal = _spectrum(stft, mixture), _spectrum(stft, target)
    masked = MASKS[mask](spectrum, goal) * spectrum
    rows = masked.shape[1]
    sound, _ = stft.synthesise(masked.real, masked.imag, stft.past(rows))
    time = mixture.shape[-1]
    return sound[:, stft.delay : stft.delay + time].view(mixture.shape)


def binary(mixture: Tensor, target: Tensor) -> Tensor:
    """1 where the target is stronger than the rest, 0 elsewhere.

    Wang, "On ideal binary mask as the computational goal of auditory scene analysis", 2005.
    """
    return (target.abs() > (mixture - target).abs()).to(target.dtype)


def ratio(mixture: Tensor, target: Tensor) -> Tensor:
    """The root of the target's share of the power.

    Wang, Narayanan and Wang, "On training targets for supervised speech separation", TASLP 2014.
    """
    power, rest = _power(target), _power(mixture - target)
    return (power / (power + rest + _TINY)).sqrt()


def magnitude(mixture: Tensor, target: Tensor) -> Tensor:
    """The ratio of the magnitudes, at most 1: what is left to do is the phase alone.

    Wang, Narayanan and Wang, "On training targets for supervised speech separation", TASLP 2014.
    """
    return _quotient(mixture, target).abs().clamp(max=1)


def phase_sensitive(mixture: Tensor, target: Tensor) -> Tensor:
    """The best real mask between 0 and 1: it falls where the phases part.

    Erdogan, Hershey, Watanabe and Le Roux, "Phase-sensitive and recognition-boosted speech
    separation using deep recurrent neural networks", ICASSP 2015.
    """
    return _quotient(mixture, target).real.clamp(0, 1)


def complex_ratio(mixture: Tensor, target: Tensor) -> Tensor:
    """The complex ratio of target and mixture, no longer than 1; unbounded it would be the target.

    Williamson, Wang and Wang, "Complex ratio masking for monaural speech separation", TASLP 2016.
    """
    quotient = _quotient(mixture, target)
    return quotient / quotient.abs().clamp_min(1)


MASKS: dict[str, Mask] = {
    "binary": binary,
    "ratio": ratio,
    "magnitude": magnitude,
    "phase-sensitive": phase_sensitive,
    "complex": complex_ratio,
}


def _spectrum(stft: Stft, audio: Tensor) -> Tensor:
    """Shape: `[..., channel, time] -> [frame, row, bin]`."""
    rows = audio.reshape(-1, audio.shape[-1])
    padding = stft.delay + (-rows.shape[-1] - stft.delay) % stft.hop
    padded = nn.functional.pad(rows, (0, padding))
    real, imag, _ = stft.analyse(padded, stft.past(len(rows)))
    return torch.complex(real, imag)


def _power(spectrum: Tensor) -> Tensor:
    return spectrum.real.square() + spectrum.imag.square()


def _quotient(mixture: Tensor, target: Tensor) -> Tensor:
    return target * mixture.conj() / (_power(mixture) + _TINY)
