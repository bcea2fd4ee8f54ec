"""What all masking models share: spectra, a causal level, features, masks, and back to sound."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from soundsieve.audio.stft import Stft
from soundsieve.models.recurrence import scan
from soundsieve.models.separator import Separator, State
from soundsieve.models.trunk import Trunk, fused_in

FEATURES = 5
SIZES: dict[str, tuple[int, int]] = {"tiny": (24, 2), "small": (64, 3), "base": (128, 5)}
"""Channels and blocks by size."""
LEVEL_SECONDS = 2.0
_TINY = 1e-10


class SpectralModel(Separator):
    """A causal trunk on short-time spectra; a family says which masks come out of it.

    All channels together give one set of masks, which is applied to each, so that the stereo image
    stays. The mixture is seen relative to its own running level, so that level does not matter.
    """

    stft: Stft

    def __init__(
        self,
        scope: Sequence[str],
        outputs: Sequence[Sequence[float]],
        names: Sequence[str],
        size: str = "small",
        channels: int | None = None,
        blocks: int | None = None,
        activation: str = "gelu",
        sample_rate: int = 16000,
        n_fft: int = 512,
        hop: int = 256,
    ):
        super().__init__(scope, outputs, names, sample_rate, hop, n_fft - hop)
        self.size, self.activation = size, activation
        self.width, self.depth = channels or SIZES[size][0], blocks or SIZES[size][1]
        self.stft = Stft(n_fft, hop)
        self.trunk = Trunk(FEATURES, self.width, self.depth, activation)
        self.forget = float(torch.tensor(-hop / sample_rate / LEVEL_SECONDS).exp())

    @property
    def config(self) -> dict[str, object]:
        """The keywords that build this model again, without its weights."""
        return {
            "scope": self.scope,
            "outputs": self.outputs,
            "names": self.names,
            "size": self.size,
            "channels": self.width,
            "blocks": self.depth,
            "activation": self.activation,
            "sample_rate": self.sample_rate,
            "n_fft": self.stft.n_fft,
            "hop": self.hop,
        }

    @property
    def fused(self) -> list[tuple[Any, str]]:
        """Functions, by owner and name, that a long training compiles, each into one."""
        parts = [(self, "features"), (self.trunk.encoder, "forward")]
        return [*parts, *fused_in(self.trunk.blocks)]

    def masks(self, frames: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Real and imaginary masks, and the activity of each output before its sigmoid.

        Shape: `[time, batch, band, channel]
        -> 2 x [output, time, batch, bin], [time, batch, output]`.
        """
        raise NotImplementedError

    def initial_state(self, batch: int, channels: int) -> State:
        """The state after endless silence."""
        bins, zeros = self.stft.bins, self.stft.window.new_zeros
        memories = self.trunk.initial_states(batch)
        return {
            "input": zeros(batch, channels, self.delay),
            "output": zeros(batch, channels, len(self.outputs), self.delay),
            "level": zeros(batch, 2),
            "phase": zeros(batch, 3, bins),
            **{f"memory{i}": memory for i, memory in enumerate(memories)},
        }

    def step(self, block: Tensor, state: State) -> tuple[Tensor, State]:
        """Estimates for the block, `delay` samples late.

        Shape: `[batch, channel, k * hop] -> [batch, output, channel, k * hop]`.
        """
        batch, channels, _ = block.shape
        real, imag, heard = self.stft.analyse(block.flatten(0, 1), state["input"].flatten(0, 1))
        real, imag, _, after = self.spectra(real, imag, channels, state)
        # [output, time, row, bin] -> [time, row * output, bin]
        real, imag = (part.permute(1, 2, 0, 3).flatten(1, 2) for part in (real, imag))
        sound, open_ = self.stft.synthesise(real, imag, state["output"].flatten(0, 2))
        shape = (batch, channels, len(self.outputs))
        after["input"] = heard.unflatten(0, (batch, channels))
        after["output"] = open_.unflatten(0, shape)
        return sound.unflatten(0, shape).transpose(1, 2), after

    def spectra(
        self, real: Tensor, imag: Tensor, channels: int, state: State
    ) -> tuple[Tensor, Tensor, Tensor, State]:
        """Spectra of every output, the activity logits, and the state less its two waveform parts.

        A row is a channel of an item of the batch.

        Shape: `2 x [time, row, bin] -> 2 x [output, time, row, bin], [time, batch, output]`.
        """
        frames, after = self.frames(real, imag, channels, state)
        mask_real, mask_imag, activity = self.masks(frames)
        return (*masked(mask_real, mask_imag, real, imag), activity, after)

    def frames(
        self, real: Tensor, imag: Tensor, channels: int, state: State
    ) -> tuple[Tensor, State]:
        """What the trunk makes of spectra, and the state less its two waveform parts.

        Shape: `2 x [time, row, bin] -> [time, batch, band, channel]`.
        """
        features, level, phase = self.features(real, imag, channels, state["level"], state["phase"])
        memories = [state[f"memory{i}"] for i in range(self.depth)]
        frames, memories = self.trunk(features, memories)
        after = {"level": level, "phase": phase}
        return frames, after | {f"memory{i}": memory for i, memory in enumerate(memories)}

    def features(
        self, real: Tensor, imag: Tensor, channels: int, level: Tensor, phase: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """What the trunk sees of each bin, and the level and the phase that the next block needs.

        Log power, the compressed bin, and its product with the conjugate of the frame before: how
        far the phase has moved, which tells a tone from a hiss.
        """
        power = squares = real.square() + imag.square()
        if channels > 1:
            power = squares.unflatten(1, (-1, channels)).mean(2)  # [time, batch, bin]
            real, imag = (part.unflatten(1, (-1, channels)).sum(2) for part in (real, imag))
            squares = real.square() + imag.square()
        norm = torch.rsqrt(squares + _TINY * _TINY)
        level, levels = self._level(power, level)
        relative = power / levels[..., None]
        size = (relative + 1e-7) ** 0.15
        cosine, sine = real * norm * size, imag * norm * size
        before = torch.cat(
            [phase.transpose(0, 1)[:, None], torch.stack([cosine, sine, size])[:, :-1]], 1
        )
        weight = torch.rsqrt(size * before[2] + _TINY)
        features = torch.stack(
            [
                0.2 * (relative + 1e-5).log() + 0.6,
                cosine,
                sine,
                (cosine * before[0] + sine * before[1]) * weight,
                (sine * before[0] - cosine * before[1]) * weight,
            ],
            -1,
        )
        return features, level, torch.stack([cosine[-1], sine[-1], size[-1]], 1)

    def _level(self, power: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        """The running mean power a bin over the frames that are not silent, from the first one on.

        Shape: `[time, batch, bin], [batch, 2] -> [batch, 2], [time, batch]`.
        """
        frame = power.mean(-1)
        heard = (frame > _TINY).to(frame.dtype)
        both = torch.stack([frame * heard, heard], -1)
        decay = (1 - (1 - self.forget) * heard)[..., None].expand_as(both).contiguous()
        sums = scan(decay, both, level)
        return sums[-1], sums[..., 0] / sums[..., 1].clamp_min(1e-6) + _TINY


def masked(
    mask_real: Tensor, mask_imag: Tensor, real: Tensor, imag: Tensor
) -> tuple[Tensor, Tensor]:
    """Spectra through complex masks; the channels of an item share them.

    Shape: `2 x [output, time, batch, bin], 2 x [time, row, bin] -> 2 x [output, time, row, bin]`.
    """
    channels = real.shape[1] // mask_real.shape[2]
    if channels > 1:
        mask_real, mask_imag = (
            mask.repeat_interleave(channels, 2) for mask in (mask_real, mask_imag)
        )
    return mask_real * real - mask_imag * imag, mask_real * imag + mask_imag * real
