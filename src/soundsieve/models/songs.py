"""Songs into their parts: an offline, stereo, 44.1 kHz model that hears forward and backward."""

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from soundsieve.models.recurrence import TimeMix, scan
from soundsieve.models.stereo import CHANNELS, Stereo
from soundsieve.models.trunk import (
    BandDecoder,
    BandEncoder,
    BandMix,
    Bands,
    Block,
    Perceptron,
    fused_in,
    n_bands,
)

FEATURES = 1 + 2 * CHANNELS
BANDS: Bands = ((12, 2), (10, 4), (8, 8), (8, 16), (8, 32), (4, 128))
"""Of 1024 bins: as narrow as a note where notes are near to each other, wide where it hisses."""
MEMORY = 1.0
"""Seconds of the longest time constant: what lies much further away than that is not heard."""
HOP_SECONDS, OVERLAP_SECONDS = 20.0, 20.0
"""Windows overlap by half, so that where one fades into the next, each has ten seconds around."""
FADE_SECONDS = 1.0
LEVEL_SECONDS = 4.0
"""The mixture is heard relative to its mean power as far before and behind."""
_TINY = 1e-10


class BothWays(TimeMix):
    """Memory of the past in one half of the channels, of what is to come in the other.

    Both run as one recurrence, half of it on the frames in reverse. A frame of silence leaves no
    trace, so that silence around a song is as if it were not there. Time constants are bounded,
    which makes what is far away irrelevant.

    Args:
        longest: the longest time constant, in frames.
    """

    def __init__(self, channels: int, longest: float):
        super().__init__(channels)
        self.most = float(torch.tensor(-1 / longest).exp())
        constants = torch.logspace(0.3, float(torch.tensor(0.9 * longest).log10()), channels // 2)
        share = torch.exp(-1 / constants) / self.most
        self.decay.data = torch.logit(share).repeat(2)

    def opened(self, frames: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        """What the output gate lets out of the memory, and which frames are there.

        Shape: `[time, batch, band, channel], [time, batch, 1, 1] -> ` the same two.
        """
        forget, candidate, gate = self.said(frames).chunk(3, -1)
        decay, drive = self.before(forget, candidate)
        decay = decay * self.most
        drive = (1 - decay) * drive * there
        states = scan(_turned(decay), _turned(drive), torch.zeros_like(drive[0]))
        return self.let_out(_turned(states), gate), there

    def before(self, forget: Tensor, candidate: Tensor) -> tuple[Tensor, Tensor]:
        """Share of the longest decay, and the candidate in float32."""
        return (forget.float() + self.decay).sigmoid(), candidate.float()


class Songs(Stereo):
    """Complex masks for every part of a song and each of its two channels, which sum to one.

    Weights but those of the bands' encoder and decoder are shared over frequency, and the one thing
    that goes step by step is a linear recurrence: dense layers are nearly free on a processor, so
    that is what an hour of training can afford most of. The outputs sum to the song.

    Args:
        channels: width of the network, an even number.
        blocks: depth of the network.
    """

    family = "songs"
    sizes: ClassVar = {"tiny": (32, 2), "small": (64, 3), "base": (128, 6)}
    hop_seconds, overlap_seconds = HOP_SECONDS, OVERLAP_SECONDS

    def __init__(self, *parts: Any, **keywords: Any):
        super().__init__(*parts, **keywords)
        if self.stft.n_fft != 2048 or self.width % 2:
            raise ValueError(
                f"expected n_fft=2048 and an even width; got {self.stft.n_fft} and {self.width}"
            )
        self.fade = late_fade(self.delay, round(FADE_SECONDS * self.sample_rate))
        self.reach = round(LEVEL_SECONDS * self.sample_rate / self.stft.hop)
        self.encoder = BandEncoder(FEATURES, self.width, BANDS)
        self.blocks = nn.ModuleList(self.block() for _ in range(self.depth))
        values = 2 * CHANNELS * len(self.outputs)
        self.decoder = BandDecoder(self.width, values, bands=BANDS)

    def block(self) -> nn.Module:
        """One of the network, from frames and whether each is more than silence to frames."""
        longest = MEMORY * self.sample_rate / self.stft.hop
        return Block(
            BothWays(self.width, longest),
            BandMix(self.width, "gelu", n_bands(BANDS)),
            Perceptron(self.width, "gelu"),
        )

    @property
    def fused(self) -> list[tuple[Any, str]]:
        """Functions, by owner and name, that a long training compiles, each into one."""
        parts = [(self, "features"), (self, "masks"), (self.encoder, "forward")]
        return [*parts, *fused_in(self.blocks)]

    def spectra(self, real: Tensor, imag: Tensor) -> tuple[Tensor, Tensor]:
        """Spectra of every output from those of the mixture, whose rows are pairs of channels.

        Shape: `2 x [time, row, bin] -> 2 x [output, time, row, bin]`.
        """
        real, imag = (part.unflatten(1, (-1, CHANNELS)) for part in (real, imag))
        features, there = self.features(real, imag)
        frames = self.encoder(features)
        for block in self.blocks:
            frames, there = block(frames, there)
        mask_real, mask_imag = self.masks(frames)
        return (
            (mask_real * real - mask_imag * imag).flatten(2, 3),
            (mask_real * imag + mask_imag * real).flatten(2, 3),
        )

    def masks(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Real and imaginary masks, whose sums over the outputs are 1 and 0.

        Shape: `[time, batch, band, channel] -> 2 x [output, time, batch, channel, bin]`.
        """
        count = len(self.outputs)
        heads = self.decoder(frames).unflatten(0, (2, count, CHANNELS)).movedim(2, 4)
        real, imag = heads - heads.mean(1, keepdim=True)
        return real + 1 / count, imag

    def features(self, real: Tensor, imag: Tensor) -> tuple[Tensor, Tensor]:
        """What the network sees of each bin, and which frames are more than silence.

        Log power of both channels, and each channel's bin, compressed: where a part stands in the
        stereo image shows in how these differ.

        Shape: `2 x [time, batch, channel, bin]
        -> [time, batch, bin, feature], [time, batch, 1, 1]`.
        """
        squares = real.square() + imag.square()
        power = squares.mean(2)
        frame = power.mean(-1)
        there = (frame > _TINY).to(frame.dtype)
        level = self._around(frame * there) / self._around(there).clamp_min(_TINY) + _TINY
        level = level[:, :, None, None]
        size = (squares / level + 1e-7) ** 0.15 * torch.rsqrt(squares + _TINY * _TINY)
        log = 0.2 * (power[:, :, None] / level + 1e-5).log() + 0.6
        parts = torch.cat([log, real * size, imag * size], 2)
        return parts.transpose(2, 3), there[:, :, None, None]

    def _around(self, frames: Tensor) -> Tensor:
        """The mean of the frames around each one. Shape: `[time, batch] -> [time, batch]`."""
        width = 2 * self.reach + 1
        return nn.functional.avg_pool1d(frames.T[:, None], width, 1, self.reach)[:, 0].T


def late_fade(overlap: int, fade: int) -> Tensor:
    """A gain that rises in the middle of an overlap; with itself in reverse it sums to 1.

    At the edges of a window the network lacks what is around; there it does not count.

    >>> late_fade(6, 2).tolist()[1::3]
    [0.0, 1.0]
    """
    fade = min(fade, overlap)
    before = (overlap - fade) // 2
    fade = overlap - 2 * before
    rise = torch.sin(torch.pi / 2 * (torch.arange(fade) + 0.5) / fade).square()
    return torch.cat([torch.zeros(before), rise, torch.ones(before)])


def _turned(frames: Tensor) -> Tensor:
    """The second half of the channels in reverse. Shape: `[time, batch, band, channel]`."""
    past, future = frames.chunk(2, -1)
    return torch.cat([past, future.flip(0)], -1)
