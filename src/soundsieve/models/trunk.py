"""The causal trunk of every live model: bands in, memory over time, a mix over bands, bands out.

All weights but those of the bands' encoder and decoder are shared over frequency, and every layer
acts on the last axis of `[time, batch, band, channel]`: nothing is permuted between layers.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from soundsieve.models.dense import Dense
from soundsieve.models.recurrence import TimeMix

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": nn.functional.gelu,
    "relu": torch.relu,
    "silu": nn.functional.silu,
    "linear": lambda x: x,
}

Bands = tuple[tuple[int, int], ...]
"""Count and width in bins of bands, upwards from 0 Hz; the last bin follows its neighbour."""
BANDS: Bands = ((16, 4), (8, 8), (8, 16))
"""Those of the live models."""


def n_bands(bands: Bands) -> int:
    """How many there are.

    >>> n_bands(BANDS)
    32
    """
    return sum(count for count, _ in bands)


N_BANDS = n_bands(BANDS)


class BandEncoder(nn.Module):
    """Features of the bins of each band to channels, with weights of its own for every band.

    Shape: `[time, batch, bin, feature] -> [time, batch, band, channel]`.
    """

    def __init__(self, features: int, channels: int, bands: Bands = BANDS):
        super().__init__()
        self.bands = bands
        self.weights = nn.ParameterList(
            torch.randn(count, width * features, channels) / (width * features) ** 0.5
            for count, width in bands
        )
        self.bias = nn.Parameter(torch.zeros(n_bands(bands), channels))

    def forward(self, features: Tensor) -> Tensor:
        """Bands of bins; the bin at half the rate is not looked at."""
        parts, start = [], 0
        for weight, (count, width) in zip(self.weights, self.bands, strict=True):
            bins = features[..., start : start + count * width, :]
            parts.append(_per_band(bins.unflatten(2, (count, width)).flatten(3), weight))
            start += count * width
        return torch.cat(parts, 2) + self.bias


class BandDecoder(nn.Module):
    """Channels of each band to values for its bins, values first so that each is a plane.

    Shape: `[time, batch, band, channel] -> [value, time, batch, bin]`.
    """

    def __init__(self, channels: int, values: int, linear: bool = False, bands: Bands = BANDS):
        super().__init__()
        self.values, self.bands = values, bands
        self.norm = nn.Identity() if linear else nn.RMSNorm(channels)
        self.weights = nn.ParameterList(
            torch.randn(count, channels, values * width) * 0.1 / channels**0.5
            for count, width in bands
        )

    def forward(self, frames: Tensor) -> Tensor:
        """Bins of bands."""
        parts, start = [], 0
        normed = self.norm(frames)
        for weight, (count, _) in zip(self.weights, self.bands, strict=True):
            bands = _per_band(normed[:, :, start : start + count], weight)
            planes = bands.unflatten(3, (self.values, -1)).permute(3, 0, 1, 2, 4)
            parts.append(planes.flatten(3))
            start += count
        bins = torch.cat(parts, -1).float()
        return torch.cat([bins, bins[..., -1:]], -1)


class BandMix(nn.Module):
    """Every band hears every other: each says a few numbers, and one matrix takes all to all.

    What tells a sound from another, such as a row of harmonics, is spread over the bands.
    """

    def __init__(self, channels: int, activation: str, bands: int = N_BANDS):
        super().__init__()
        self.activation, self.bands = ACTIVATIONS[activation], bands
        self.said = min(1 + channels // 16, 8)
        self.norm = nn.Identity() if activation == "linear" else nn.RMSNorm(channels)
        self.inward = Dense(channels, self.said)
        self.mix = Dense(bands * self.said, bands * self.said)
        self.outward = Dense(self.said, channels)

    def forward(self, frames: Tensor) -> Tensor:
        """Frames with what the other bands add to them."""
        said = self.inward(self.norm(frames)).flatten(2)
        heard = self.activation(self.mix(said)).unflatten(2, (self.bands, self.said))
        return frames + self.outward(heard)


class Perceptron(nn.Module):
    """Two dense layers on the channels of each band and frame."""

    def __init__(self, channels: int, activation: str):
        super().__init__()
        self.activation = ACTIVATIONS[activation]
        self.norm = nn.Identity() if activation == "linear" else nn.RMSNorm(channels)
        self.inward = Dense(channels, 2 * channels)
        self.outward = Dense(2 * channels, channels)

    def forward(self, frames: Tensor) -> Tensor:
        """Frames with what the layers add to them."""
        return frames + self.outward(self.activation(self.inward(self.norm(frames))))


class Block(nn.Module):
    """Memory over time, a mix over bands, a perceptron."""

    def __init__(self, time: TimeMix, band: BandMix, dense: Perceptron):
        super().__init__()
        self.time, self.band, self.dense = time, band, dense

    def forward(self, frames: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Frames after all three, and the memory after them."""
        opened, state = self.time.opened(frames, state)
        return self.rest(frames, opened), state

    def rest(self, frames: Tensor, opened: Tensor) -> Tensor:
        """Frames after what memory lets out: all that does not go from frame to frame."""
        return self.dense(self.band(frames + self.time.outward(opened)))


class Trunk(nn.Module):
    """Features of bins to channels of bands, causal, with one state a block.

    Shape: `[time, batch, bin, feature], block * [batch, band, channel]
    -> [time, batch, band, channel], block * [batch, band, channel]`.
    """

    def __init__(self, features: int, channels: int, blocks: int, activation: str):
        super().__init__()
        self.channels = channels
        self.encoder = BandEncoder(features, channels)
        self.blocks = nn.ModuleList(
            Block(
                TimeMix(channels, activation == "linear"),
                BandMix(channels, activation),
                Perceptron(channels, activation),
            )
            for _ in range(blocks)
        )

    def forward(self, features: Tensor, states: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Frames, and the state of every block after them."""
        frames = self.encoder(features)
        if frames.is_cuda and torch.is_autocast_enabled("cuda"):
            # What goes from layer to layer is most of what a GPU moves.
            frames = frames.to(torch.get_autocast_dtype("cuda"))
        after = []
        for block, state in zip(self.blocks, states, strict=True):
            frames, state = block(frames, state)
            after.append(state)
        return frames, after

    def initial_states(self, batch: int) -> list[Tensor]:
        """Memory of silence."""
        zeros = self.encoder.bias.new_zeros(batch, N_BANDS, self.channels)
        return [zeros for _ in self.blocks]


def fused_in(blocks: nn.ModuleList) -> list[tuple[Any, str]]:
    """What a long training compiles of blocks: all but the loop over time, which stays as it is."""
    parts: list[tuple[Any, str]] = []
    for block in blocks:
        times = ("said", "before", "let_out")  # on a GPU the first alone: a program has the others
        parts += [*((block.time, name) for name in times), (block, "rest")]
    return parts


def _per_band(bands: Tensor, weight: Tensor) -> Tensor:
    """A matrix of its own for each band.

    Shape: `[time, batch, band, in], [band, in, out] -> [time, batch, band, out]`.
    """
    time, batch = bands.shape[:2]
    # [band, time * batch, in]: in one piece, or the gradient of the weights gathers it bit by bit.
    rows = bands.flatten(0, 1).transpose(0, 1).contiguous()
    return torch.bmm(rows, weight.to(rows.dtype)).transpose(0, 1).unflatten(0, (time, batch))
