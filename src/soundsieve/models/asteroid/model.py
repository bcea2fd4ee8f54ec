"""A network of asteroid as a model of ours: heads for targets, any channels, any level."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from soundsieve.models.asteroid.networks import FAMILIES, NETWORKS, made
from soundsieve.models.windowed import GRID, Windowed

HOP_SECONDS, OVERLAP_SECONDS = 6.0, 2.0
LEVEL = 0.1
"""Root mean square at which the network hears a window."""
_TINY = 1e-10


class Asteroid(Windowed):
    """Encoder, masks and decoder of asteroid; one source of the network an output.

    A network with several sources an output gives their sum. Each window is heard at one level,
    whatever its own. All channels get the masks of their mean, each at the sign with which it adds
    to the first one, so that the stereo image stays and opposite channels do not cancel.

    Args:
        network: the name of a class of asteroid.
        sources: how many sources the network tells apart, a multiple of the outputs.
        arguments: of that class.
    """

    def __init__(
        self,
        scope: Sequence[str],
        outputs: Sequence[Sequence[float]],
        names: Sequence[str],
        sample_rate: int,
        network: str,
        sources: int,
        arguments: dict[str, Any],
        window: int | None = None,
        overlap: int | None = None,
    ):
        if overlap is None:
            overlap = round(OVERLAP_SECONDS * sample_rate)
        if window is None:
            window = overlap + round(HOP_SECONDS * sample_rate / GRID) * GRID
        super().__init__(scope, outputs, names, sample_rate, window, overlap)
        if network not in FAMILIES:
            raise ValueError(f"network must be one of {', '.join(FAMILIES)}, got {network!r}")
        if sources % len(outputs):
            raise ValueError(f"{sources} sources do not make {len(outputs)} outputs")
        self.family, self.network, self.sources = FAMILIES[network], network, sources
        self.arguments = dict(arguments)
        self.net = made(network, sources, self.arguments)

    @property
    def config(self) -> dict[str, Any]:
        """The keywords that build this model again, without its weights."""
        return {
            "scope": self.scope,
            "outputs": self.outputs,
            "names": self.names,
            "sample_rate": self.sample_rate,
            "network": self.network,
            "sources": self.sources,
            "arguments": self.arguments,
            "window": self.window,
            "overlap": self.delay,
        }

    def hear(self, mixture: Tensor) -> Tensor:
        """Estimates of a signal that is heard as a whole.

        Shape: `[batch, channel, time] -> [batch, output, channel, time]`.
        """
        batch, channels, time = mixture.shape
        level = mixture.square().mean((1, 2), keepdim=True).sqrt().clamp_min(_TINY) / LEVEL
        agrees = (mixture * mixture[:, :1]).sum(-1, keepdim=True) >= 0
        level = torch.where(agrees, level, -level)  # [batch, channel, 1]
        sound = torch.nn.functional.pad(mixture / level, (0, self._missing(time)))
        spectra = self.net.forward_encoder(sound.flatten(0, 1)[:, None])  # [row, filter, frame]
        middle = spectra
        if channels > 1:
            middle = self.net.forward_encoder(sound.mean(1, keepdim=True))
        masks = self.net.forward_masker(middle).repeat_interleave(channels, 0)
        sources = self.net.forward_decoder(self.net.apply_masks(spectra, masks))
        # [row, source, time] -> [batch, channel, output, source, time]
        sources = sources[..., :time].unflatten(0, (batch, channels))
        outputs = sources.unflatten(2, (len(self.outputs), -1)).sum(3)
        return (outputs * level[:, :, None]).transpose(1, 2)

    def _missing(self, time: int) -> int:
        """Samples to add so that the filters reach the end of a signal."""
        bank = self.net.encoder.filterbank
        beyond = max(time - bank.kernel_size, 0)
        fills_up = self.family == "asteroid/sudormrf"  # by itself, to what its rates divide
        return max(bank.kernel_size - time, 0) + (0 if fills_up else -beyond % bank.stride)


def build_asteroid(
    family: str,
    scope: Sequence[str],
    heads: dict[str, tuple[float, ...]],
    size: str,
    channels: int | None,
    blocks: int | None,
    sample_rate: int,
) -> Asteroid:
    """An untrained network of a family, one source a head."""
    network = NETWORKS[family]
    arguments = network.arguments(size, channels, blocks, sample_rate)
    return Asteroid(
        scope,
        list(heads.values()),
        list(heads),
        sample_rate,
        network.name,
        len(heads),
        arguments,
    )
