"""The noise floor under a sound, bin by bin: minima over time, then a quantile over frequency."""

from bisect import bisect_left

import torch
from torch import Tensor, nn

State = dict[str, Tensor]

# Martin's table III: windows of D frames, and M(D), from which the bias of their minimum follows.
WINDOWS = [1, 2, 5, 8, 10, 15, 20, 30, 40, 60, 80, 120, 140, 160]
MEANS = [0, 0.26, 0.48, 0.58, 0.61, 0.668, 0.705, 0.762, 0.8, 0.841, 0.865, 0.89, 0.9, 0.91]
# His steepest accepted rise of the floor by the mean inverse degrees of freedom; else 1.2.
SLOPES = [(0.06, 2.0), (0.05, 4.0), (0.03, 8.0)]


def spectral_quantile(noise: Tensor, width: int, quantile: float) -> Tensor:
    """A quantile of the floor over the `width` bins around each bin.

    A held note is as steady as noise, but narrow: this takes its partials out of the floor, so that
    music is not removed with the noise.
    Shape: `[batch, bin] -> [batch, bin]`.
    """
    if width == 1:
        return noise
    padded = nn.functional.pad(noise.unsqueeze(1), (width // 2, width // 2), mode="replicate")
    around = padded.squeeze(1).unfold(-1, width, 1)
    return around.kthvalue(max(1, round(quantile * width)), -1).values


class MinimumStatistics(nn.Module):
    """Tracks the noise power as the bias-compensated minimum of the last `windows * length` frames.

    Martin, "Noise power spectral density estimation based on optimal smoothing and minimum
    statistics", IEEE Transactions on Speech and Audio Processing 9(5), 2001; numbers in brackets
    are his equations.

    Args:
        windows: sub-windows that a minimum is searched in.
        length: frames in a sub-window.
        smoothing: largest factor of the power's first-order smoothing.
    """

    def __init__(self, windows: int = 8, length: int = 12, smoothing: float = 0.96):
        super().__init__()
        if windows < 2 or length < 2:
            raise ValueError(f"expected at least 2 windows of 2 frames, got {windows} of {length}")
        self.windows, self.length, self.smoothing = windows, length, smoothing

    def initial_state(self, batch: int, bins: int) -> State:
        """The state before the first frame; its `count` says that there is none yet."""
        zeros, highest = torch.zeros(batch, bins), torch.full((batch, bins), torch.inf)
        return {
            "count": torch.zeros(batch, 1, dtype=torch.long),
            "smooth": zeros,
            "noise": zeros,
            "mean": zeros,
            "square": zeros,
            "correction": torch.ones(batch, 1),
            "lowest": highest,
            "lowest_sub": highest,
            "floor": highest,
            "stored": highest.unsqueeze(1).repeat(1, self.windows, 1),
            "flat": torch.zeros(batch, bins, dtype=torch.bool),
        }

    def forward(self, power: Tensor, state: State) -> tuple[Tensor, State]:
        """The noise power after one more frame.

        Shape: `[batch, bin] -> [batch, bin]`.
        """
        first = state["count"] == 0
        start = {"smooth": power, "noise": power, "mean": power, "square": power.square()}
        state = state | {name: torch.where(first, at, state[name]) for name, at in start.items()}
        state = state | self._smoothed(power, state)
        inverse = (state["square"] - state["mean"].square()) / (2 * state["noise"].square())
        inverse = inverse.clamp(1e-4, 0.5)  # of the equivalent degrees of freedom (16)
        spread = inverse.mean(-1, keepdim=True)
        raised = state["smooth"] * (1 + 2.12 * spread.sqrt())
        candidate = raised * _bias(inverse, self.windows * self.length)
        lower = candidate < state["lowest"]
        part = torch.where(lower, raised * _bias(inverse, self.length), state["lowest_sub"])
        state = state | {
            "lowest": torch.where(lower, candidate, state["lowest"]),
            "lowest_sub": part,
        }
        state = self._searched(lower, spread, state)
        return state["noise"], state

    def _smoothed(self, power: Tensor, state: State) -> State:
        """The power, smoothed the more, the nearer it is to the noise (9-12), and moments (20)."""
        ratio = state["smooth"].sum(-1, keepdim=True) / power.sum(-1, keepdim=True)
        trust = (1 / (1 + (ratio - 1).square())).clamp_min(0.7)
        correction = 0.7 * state["correction"] + 0.3 * trust
        excess = state["smooth"] / state["noise"] - 1
        factor = (self.smoothing * correction / (1 + excess.square())).clamp_min(0.3)
        smooth = torch.lerp(power, state["smooth"], factor)
        factor = factor.square().clamp_max(0.8)
        return {
            "correction": correction,
            "smooth": smooth,
            "mean": torch.lerp(smooth, state["mean"], factor),
            "square": torch.lerp(smooth.square(), state["square"], factor),
        }

    def _searched(self, lower: Tensor, spread: Tensor, state: State) -> State:
        """The minimum over the stored sub-windows and the running one (figure 5 of the paper)."""
        count = state["count"] + 1
        inside = {
            "flat": state["flat"] | (lower & (count % self.length > 1)),
            "noise": torch.minimum(state["floor"], state["lowest_sub"]),
        }
        closed = self._closed(lower, spread, state)
        ended = count % self.length == 0
        for name, after in closed.items():
            before = (state | inside)[name]
            inside[name] = torch.where(ended.view(-1, *[1] * (after.ndim - 1)), after, before)
        # The count only says where in a sub-window we are, and that there was a first frame.
        return state | inside | {"count": torch.where(ended, self.length, count)}

    def _closed(self, lower: Tensor, spread: Tensor, state: State) -> State:
        """What the end of a sub-window changes: its minimum is stored, a steady rise followed."""
        stored = torch.cat([state["stored"][:, 1:], state["lowest"].unsqueeze(1)], 1)
        floor = stored.amin(1)
        slope = torch.full_like(spread, 1.2)
        for limit, steepest in SLOPES:
            slope = slope.masked_fill(spread < limit, steepest)
        part = state["lowest_sub"]
        rises = state["flat"] & ~lower & (part < slope * floor) & (part > floor)
        floor = torch.where(rises, part, floor)
        highest = torch.full_like(floor, torch.inf)
        return {
            "stored": torch.where(rises.unsqueeze(1), part.unsqueeze(1), stored),
            "floor": floor,
            "noise": floor,
            "flat": torch.zeros_like(lower),
            "lowest": highest,
            "lowest_sub": highest,
        }


def _bias(inverse: Tensor, window: int) -> Tensor:
    """How far the minimum of a window lies under the mean (17)."""
    mean = _mean_of_minimum(window)
    freedom = ((1 / inverse - 2 * mean) / (1 - mean)).clamp_min(1)
    return 1 + (window - 1) * 2 / freedom


def _mean_of_minimum(window: int) -> float:
    """M(D), by linear interpolation in the table; its last value from there on."""
    at = bisect_left(WINDOWS, window)
    if at in (0, len(WINDOWS)):
        return MEANS[min(at, len(WINDOWS) - 1)]
    share = (window - WINDOWS[at - 1]) / (WINDOWS[at] - WINDOWS[at - 1])
    return MEANS[at - 1] + share * (MEANS[at] - MEANS[at - 1])
