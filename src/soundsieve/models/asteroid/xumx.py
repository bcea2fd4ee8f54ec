"""CrossNet-Open-Unmix from asteroid's parts: the network that songs are compared with."""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from soundsieve.audio.stft import Stft
from soundsieve.models.asteroid.model import HOP_SECONDS, OVERLAP_SECONDS
from soundsieve.models.asteroid.networks import library
from soundsieve.models.windowed import GRID, Windowed

CHANNELS = 2
N_FFT, HOP = 4096, 1024
HIGHEST = 16000.0
"""Hz up to which the network hears; what it says reaches half the sample rate."""
LEVEL = 1.0
"""Root mean square of the spectrum's magnitudes at which the network hears a window."""
_TINY = 1e-10


class Xumx(Windowed):
    """A recurrent network for each part, which hear each other twice; gains of magnitudes.

    Sawata et al., "All for one and one for all: improving music separation by bridging networks",
    ICASSP 2021. asteroid's class of that name refuses to be built, for its transforms; the network
    inside works, and here is given spectra of ours. The phase is the mixture's, and the outputs
    need not sum to it.

    Args:
        channels: states of the recurrent layers, both ways together.
        blocks: recurrent layers.
    """

    family = "asteroid/xumx"
    channels = CHANNELS
    sizes: ClassVar = {"tiny": (64, 2), "small": (256, 2), "base": (512, 3)}
    """Channels and blocks by size; `base` is as published."""

    def __init__(
        self,
        scope: Sequence[str],
        outputs: Sequence[Sequence[float]],
        names: Sequence[str],
        size: str = "small",
        channels: int | None = None,
        blocks: int | None = None,
        sample_rate: int = 44100,
        window: int | None = None,
        overlap: int | None = None,
    ):
        overlap = overlap or round(OVERLAP_SECONDS * sample_rate)
        window = window or overlap + round(HOP_SECONDS * sample_rate / GRID) * GRID
        super().__init__(scope, outputs, names, sample_rate, window, overlap)
        self.size = size
        self.width, self.depth = channels or self.sizes[size][0], blocks or self.sizes[size][1]
        library()  # says what to install
        from asteroid.models.x_umx import BrokenXUMX

        self.net = BrokenXUMX(
            [str(place) for place in range(len(self.outputs))],
            window_length=N_FFT,
            in_chan=N_FFT,
            n_hop=HOP,
            hidden_size=self.width,
            nb_channels=CHANNELS,
            sample_rate=sample_rate,
            nb_layers=self.depth,
            max_bin=min(round(HIGHEST * N_FFT / sample_rate), N_FFT // 2 + 1),
        )
        del self.net.encoder, self.net.decoder
        self.transform = Stft(N_FFT, HOP)

    @property
    def config(self) -> dict[str, Any]:
        """The keywords that build this model again, without its weights."""
        return {
            "scope": self.scope,
            "outputs": self.outputs,
            "names": self.names,
            "size": self.size,
            "channels": self.width,
            "blocks": self.depth,
            "sample_rate": self.sample_rate,
            "window": self.window,
            "overlap": self.delay,
        }

    def hear(self, mixture: Tensor) -> Tensor:
        """Estimates of a signal that is heard as a whole; mono is heard as two equal channels.

        Shape: `[batch, channel, time] -> [batch, output, channel, time]`.
        """
        batch, channels, time = mixture.shape
        if channels == 1:
            return self.hear(mixture.expand(-1, CHANNELS, -1)).mean(2, keepdim=True)
        rows, first = mixture.flatten(0, 1), self.transform.delay
        padded = torch.nn.functional.pad(rows, (0, first + (-time - first) % HOP))
        real, imag, _ = self.transform.analyse(padded, self.transform.past(len(rows)))
        size = (real.square() + imag.square() + _TINY**2).sqrt()  # has a slope at silence too
        size = size.unflatten(1, (batch, channels))  # [frame, batch, channel, bin]
        level = size.square().mean((0, 2, 3), keepdim=True).sqrt().clamp_min(_TINY) / LEVEL
        masks = self.net.forward_masker(size / level).flatten(2, 3)
        sounds = [
            self.transform.synthesise(mask * real, mask * imag, self.transform.past(len(rows)))[0]
            for mask in masks
        ]
        parts = torch.stack(sounds, 1)[..., first : first + time]  # [row, output, time]
        return parts.unflatten(0, (batch, channels)).transpose(1, 2)
