"""What the offline models of songs share: they hear both channels, as spectra of whole windows."""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from soundsieve.audio.stft import Stft
from soundsieve.models.windowed import Windowed

CHANNELS = 2


class Stereo(Windowed):
    """A model of two channels that turns spectra of the mixture into spectra of its outputs.

    A family says how (`spectra`), and has sizes. A long training looks at spectra alone, and needs
    no way back to sound.

    Args:
        channels: width of the network.
        blocks: depth of the network.
        window, overlap: in samples, multiples of the hop; the family's seconds by default.
    """

    channels = CHANNELS
    sizes: ClassVar[dict[str, tuple[int, int]]]
    """Channels and blocks by size."""
    hop_seconds: ClassVar[float]
    overlap_seconds: ClassVar[float]
    stft: Stft

    def __init__(
        self,
        scope: Sequence[str],
        outputs: Sequence[Sequence[float]],
        names: Sequence[str],
        size: str = "small",
        channels: int | None = None,
        blocks: int | None = None,
        sample_rate: int = 44100,
        n_fft: int = 2048,
        hop: int = 1024,
        window: int | None = None,
        overlap: int | None = None,
    ):
        overlap = overlap or round(self.overlap_seconds * sample_rate / hop) * hop
        window = window or overlap + round(self.hop_seconds * sample_rate / hop) * hop
        if overlap % hop or window % hop:
            raise ValueError(
                f"expected window and overlap in multiples of {hop}; got {window} and {overlap}"
            )
        super().__init__(scope, outputs, names, sample_rate, window, overlap)
        self.size = size
        self.width, self.depth = channels or self.sizes[size][0], blocks or self.sizes[size][1]
        self.stft = Stft(n_fft, hop)

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
            "n_fft": self.stft.n_fft,
            "hop": self.stft.hop,
            "window": self.window,
            "overlap": self.delay,
        }

    def spectra(self, real: Tensor, imag: Tensor) -> tuple[Tensor, Tensor]:
        """Spectra of every output from those of the mixture, whose rows are pairs of channels.

        Shape: `2 x [time, row, bin] -> 2 x [output, time, row, bin]`.
        """
        raise NotImplementedError

    def hear(self, mixture: Tensor) -> Tensor:
        """Estimates of a signal that is heard as a whole; mono is heard as two equal channels.

        Shape: `[batch, channel, time] -> [batch, output, channel, time]`.
        """
        batch, channels, time = mixture.shape
        if channels == 1:
            return self.hear(mixture.expand(-1, CHANNELS, -1)).mean(2, keepdim=True)
        rows = mixture.flatten(0, 1)
        padding = self.stft.delay + (-time - self.stft.delay) % self.stft.hop
        padded = nn.functional.pad(rows, (0, padding))
        real, imag, _ = self.stft.analyse(padded, self.stft.past(len(rows)))
        sounds = [
            self.stft.synthesise(*part, self.stft.past(len(rows)))[0]
            for part in zip(*self.spectra(real, imag), strict=True)
        ]
        first = self.stft.delay
        parts = torch.stack(sounds, 1)[..., first : first + time]  # [row, output, time]
        return parts.unflatten(0, (batch, channels)).transpose(1, 2)
