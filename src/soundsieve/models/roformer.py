"""Songs into their parts by attention: the shape of the strongest published models, for a GPU."""

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from soundsieve.models.songs import Songs
from soundsieve.models.trunk import Perceptron

HEAD = 32
"""Channels of one head of attention."""
REACH_SECONDS = 6.0
"""How far all blocks together hear to either side. A window has ten seconds there, of which the
level takes four, so that windows leave no trace."""
BASE = 10_000.0
"""Of the rotary positions' rates."""


class Attention(nn.Module):
    """Every place hears the others, by what they are and how far away they are.

    Positions are rotary (Su et al., "RoFormer", 2021), and each head has a gate.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.heads = channels // HEAD
        self.norm = nn.RMSNorm(channels)
        self.inward = nn.Linear(channels, 3 * channels + self.heads)
        self.outward = nn.Linear(channels, channels)

    def forward(self, frames: Tensor, mask: Tensor | None = None) -> Tensor:
        """Places with what the others add to them; a mask says which are heard.

        Shape: `[outer, inner, place, channel], [outer, 1, place, place]
        -> [outer, inner, place, channel]`.
        """
        inner = frames.shape[1]
        parts = self.inward(self.norm(frames))
        parts, gate = parts.split((parts.shape[-1] - self.heads, self.heads), -1)
        parts = parts.unflatten(-1, (3, self.heads, HEAD)).permute(3, 0, 1, 4, 2, 5).flatten(2, 3)
        query, key, value = parts  # [outer, inner * head, place, part]
        heard = nn.functional.scaled_dot_product_attention(
            rotated(query), rotated(key), value, mask
        )
        heard = heard.unflatten(1, (inner, self.heads)) * gate.sigmoid().mT[..., None]
        return frames + self.outward(heard.transpose(2, 3).flatten(3))


class Block(nn.Module):
    """Attention over time and over bands, each with a perceptron."""

    def __init__(self, channels: int, reach: int):
        super().__init__()
        self.reach = reach
        self.time, self.bands = Attention(channels), Attention(channels)
        self.after_time, self.after_bands = (Perceptron(channels, "gelu") for _ in range(2))

    def forward(self, frames: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        """Frames after all four, and which are there. A frame of silence is heard by itself alone.

        Shape: `[time, batch, band, channel], [time, batch, 1, 1] -> ` the same two.
        """
        place = torch.arange(len(frames), device=frames.device)
        apart = (place - place[:, None]).abs()
        mask = (apart <= self.reach) & (there[:, :, 0].movedim(0, -1) > 0) | (apart == 0)
        rows = self.time(frames.permute(1, 2, 0, 3), mask[:, None])  # [batch, band, time, channel]
        rows = self.after_time(rows).permute(2, 0, 1, 3)
        return self.after_bands(self.bands(rows)), there


class Roformer(Songs):
    """The contract of `songs`, with attention over time and over bands in place of its blocks.

    As in Lu et al., "Music source separation with band-split RoPE transformer", ICASSP 2024, but
    for masks of all parts from one decoder, which sum to one, and an attention that reaches some
    seconds only, so that a song of any length is heard in windows as it would be at once.

    Args:
        channels: width of the network, a multiple of 32.
        blocks: depth of the network.
    """

    family = "songs/roformer"
    sizes: ClassVar = {"tiny": (32, 2), "small": (128, 6), "base": (384, 12)}

    def __init__(self, *parts: Any, hop: int = 512, **keywords: Any):
        super().__init__(*parts, hop=hop, **keywords)
        if self.width % HEAD:
            raise ValueError(f"expected a width that is a multiple of {HEAD}; got {self.width}")

    @property
    def fused(self) -> list[tuple[Any, str]]:
        """Functions, by owner and name, that a long training compiles, each into one."""
        parts: list[tuple[Any, str]] = [(self, "features"), (self, "masks")]
        return [*parts, *((block, "forward") for block in self.blocks)]

    def block(self) -> nn.Module:
        """One of the network."""
        reach = REACH_SECONDS * self.sample_rate / self.stft.hop / self.depth
        return Block(self.width, max(int(reach), 1))


def rotated(parts: Tensor) -> Tensor:
    """Pairs of values turned by angles that grow with the place: products then know the distance.

    Shape: `[..., place, part] -> [..., place, part]`.
    """
    half = parts.shape[-1] // 2
    place = torch.arange(parts.shape[-2], device=parts.device)
    rate = BASE ** -(torch.arange(half, device=parts.device) / half)
    angle = place[:, None] * rate
    cos, sin = angle.cos().to(parts.dtype), angle.sin().to(parts.dtype)
    one, other = parts.chunk(2, -1)
    return torch.cat([one * cos - other * sin, one * sin + other * cos], -1)
