"""Gain rules: from the power of the mixture and of its noise floor to a gain a bin."""

import torch
from torch import Tensor, nn

State = dict[str, Tensor]


class LogSpectralAmplitude(nn.Module):
    """The gain with the least mean-square error of the log spectrum (MMSE-LSA), decision-directed.

    Ephraim and Malah, "Speech enhancement using a minimum mean-square error log-spectral amplitude
    estimator", IEEE Transactions on ASSP 33(2), 1985; the a-priori SNR as in their paper of 1984.

    Args:
        memory: weight of the last frame's estimate in the a-priori SNR.
        least_snr: lowest a-priori SNR, in dB; holds musical noise down.
        floor: lowest gain, in dB.
    """

    def __init__(self, memory: float = 0.94, least_snr: float = -20.0, floor: float = -15.0):
        super().__init__()
        self.memory = memory
        self.least_snr, self.floor = 10 ** (least_snr / 10), 10 ** (floor / 20)

    def initial_state(self, batch: int, bins: int) -> State:
        """Nothing was kept before the first frame."""
        return {"kept": torch.zeros(batch, bins)}

    def forward(self, power: Tensor, noise: Tensor, state: State) -> tuple[Tensor, State]:
        """Shape: `[batch, bin], [batch, bin] -> [batch, bin]`."""
        posterior = (power / noise).clamp(1e-6, 1e6)
        prior = torch.lerp((posterior - 1).clamp_min(0), state["kept"] / noise, self.memory)
        prior = prior.clamp_min(self.least_snr)
        wiener = prior / (1 + prior)
        gain = wiener * (0.5 * exponential_integral(wiener * posterior)).exp()
        gain = gain.clamp(self.floor, 1)
        return gain, {"kept": gain.square() * power}


class SpectralSubtraction(nn.Module):
    """Noise power subtracted from smoothed power, more where the SNR is low.

    Boll, "Suppression of acoustic noise in speech using spectral subtraction", IEEE Transactions
    on ASSP 27(2), 1979, in the form of Berouti, Schwartz and Makhoul, "Enhancement of speech
    corrupted by acoustic noise", ICASSP 1979: over-subtraction that falls with the SNR, and a
    spectral floor.

    Args:
        over: over-subtraction at 0 dB; 1 from 20 dB on, as in the paper's figure 6.
        memory: weight of the last frames in the power that the gain is taken from.
        floor: lowest gain, in dB.
    """

    def __init__(self, over: float = 4.0, memory: float = 0.6, floor: float = -12.0):
        super().__init__()
        self.over, self.memory = over, memory
        self.floor = 10 ** (floor / 20)

    def initial_state(self, batch: int, bins: int) -> State:
        """Silence before the first frame."""
        return {"power": torch.zeros(batch, bins)}

    def forward(self, power: Tensor, noise: Tensor, state: State) -> tuple[Tensor, State]:
        """Shape: `[batch, bin], [batch, bin] -> [batch, bin]`."""
        smooth = torch.lerp(power, state["power"], self.memory)
        ratio = smooth.sum(-1, keepdim=True) / noise.sum(-1, keepdim=True)
        snr = 10 * ratio.log10()
        over = (self.over - (self.over - 1) * snr / 20).clamp(1, self.over + 1)
        rest = 1 - over * noise / smooth
        return rest.clamp_min(self.floor**2).sqrt(), {"power": smooth}


def exponential_integral(x: Tensor) -> Tensor:
    """E1(x), the integral of exp(-t)/t from x on, for x > 0; to 2e-7.

    Abramowitz and Stegun, "Handbook of Mathematical Functions", 5.1.53 and 5.1.56.

    >>> round(exponential_integral(torch.tensor(1.0)).item(), 5)
    0.21938
    """
    low = x.clamp(1e-30, 1)
    series = (-0.57721566, 0.99999193, -0.24991055, 0.05519968, -0.00976004, 0.00107857)
    below = _polynomial(low, series) - low.log()
    high = x.clamp(1, 80)
    upper = _polynomial(high, (0.2677737343, 8.6347608925, 18.0590169730, 8.5733287401, 1.0))
    lower = _polynomial(high, (3.9584969228, 21.0996530827, 25.6329561486, 9.5733223454, 1.0))
    return torch.where(x < 1, below, upper / lower * (-high).exp() / high)


def _polynomial(x: Tensor, coefficients: tuple[float, ...]) -> Tensor:
    total = torch.zeros_like(x)
    for coefficient in reversed(coefficients):
        total = total * x + coefficient
    return total
