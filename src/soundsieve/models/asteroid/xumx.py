"""CrossNet-Open-Unmix from asteroid's parts: the network that songs are compared with."""

from typing import Any, ClassVar

from torch import Tensor

from soundsieve.models.asteroid.model import HOP_SECONDS, OVERLAP_SECONDS
from soundsieve.models.asteroid.networks import library
from soundsieve.models.stereo import CHANNELS, Stereo

HIGHEST = 16000.0
"""Hz up to which the network hears; what it says reaches half the sample rate."""
_TINY = 1e-10


class Xumx(Stereo):
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
    sizes: ClassVar = {"tiny": (64, 2), "small": (256, 2), "base": (512, 3)}
    """The largest is the published one."""
    hop_seconds, overlap_seconds = HOP_SECONDS, OVERLAP_SECONDS

    def __init__(self, *parts: Any, n_fft: int = 4096, **keywords: Any):
        super().__init__(*parts, n_fft=n_fft, **keywords)
        library()  # says what to install
        from asteroid.models.x_umx import BrokenXUMX

        self.net = BrokenXUMX(
            [str(place) for place in range(len(self.outputs))],
            window_length=n_fft,
            in_chan=n_fft,
            n_hop=self.stft.hop,
            hidden_size=self.width,
            nb_channels=CHANNELS,
            sample_rate=self.sample_rate,
            nb_layers=self.depth,
            max_bin=min(round(HIGHEST * n_fft / self.sample_rate), self.stft.bins),
        )
        del self.net.encoder, self.net.decoder

    def spectra(self, real: Tensor, imag: Tensor) -> tuple[Tensor, Tensor]:
        """Spectra of every output from those of the mixture, whose rows are pairs of channels.

        Shape: `2 x [time, row, bin] -> 2 x [output, time, row, bin]`.
        """
        size = (real.square() + imag.square() + _TINY**2).sqrt()  # has a slope at silence too
        size = size.unflatten(1, (-1, CHANNELS))  # [time, batch, channel, bin]
        level = size.square().mean((0, 2, 3), keepdim=True).sqrt().clamp_min(_TINY)
        masks = self.net.forward_masker(size / level).flatten(2, 3)
        return masks * real, masks * imag
