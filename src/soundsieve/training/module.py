"""One training step and the optimizer: all that Lightning is told."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from soundsieve.audio.stft import Stft
from soundsieve.data.draws import Draws
from soundsieve.data.mixer import Mixer
from soundsieve.losses import activity_loss, spectral_loss
from soundsieve.metrics import si_sdr
from soundsieve.models.separator import Separator
from soundsieve.models.spectral import SpectralModel, masked
from soundsieve.models.stereo import Stereo
from soundsieve.training.ahead import Batch, unpacked
from soundsieve.training.companions import companions_of
from soundsieve.training.course import Course

ACTIVITY_WEIGHT = 0.05
REST_WEIGHT = 0.5
"""Of what a single target leaves: with the weight of the target, clean sound would lose level."""
REMIX_LEVEL = 12.0
"""Reach in dB of the gains of a random remix."""
FRAME_SECONDS = 0.032
"""Of the spectra in which a model's sound is compared, where it has none of its own."""
VALID_GROUP = 16
"""Scenes that are validated at a time."""
Spectra = tuple[Tensor, Tensor]
"""Real and imaginary parts."""


class Training(Course):
    """Trains a model on scenes that it draws by index, alone or with other processes.

    A masking model is asked for its masks. Of any other it needs the estimates alone.

    Args:
        course: what `Course` takes beside.
    """

    outputs: Tensor
    formed: Tensor
    inverse: Tensor

    def __init__(
        self,
        model: Separator,
        mixer: Mixer,
        valid: Mixer,
        *,
        snr_weight: float,
        precision: torch.dtype,
        valid_indices: list[int],
        valid_snr: list[float],
        **course: Any,
    ):
        super().__init__(model, segment=mixer.segment, **course)
        self.model, self.mixer, self.valid = model, mixer, valid
        self.snr_weight, self.precision = snr_weight, precision
        self.valid_indices, self.valid_snr = valid_indices, valid_snr
        self.loss_of: Callable[..., Tensor] = spectral_loss
        outputs = torch.tensor(model.outputs)
        with_mixture = torch.cat([outputs, torch.ones_like(outputs[:1])])
        self.phase = getattr(model, "kind", "complex") != "magnitude"
        self.rest = self.phase and bool((outputs.sum(0) != 1).any())
        """Whether the outputs leave something of the mixture that is heard as well: by magnitudes
        alone, twice the sound would leave as much as none of it."""
        self.companions = companions_of(model)
        if self.companions:
            outputs = torch.cat([outputs, torch.eye(len(model.scope))])
        self.register_buffer("outputs", outputs, persistent=False)
        self.register_buffer("formed", with_mixture, persistent=False)
        self.register_buffer("inverse", torch.linalg.pinv(with_mixture), persistent=False)
        self.stft = model.stft or stft_at(model.sample_rate)

    @property
    def fused(self) -> list[tuple[Any, str]]:
        """The loss, the masks with those of companions, and parts of the model."""
        masks = [(self, "masks")] if isinstance(self.model, SpectralModel) else []
        return [(self, "loss_of"), *self.model.fused, *masks]

    def training_step(self, batch: Batch, _: int) -> Tensor:
        """The loss of a batch of scenes, as this process' part in the whole batch's mean."""
        stems, indices = unpacked(batch, self.mixer)
        share = len(indices) * self.place.ranks / self.batch
        return share * self.loss(stems, indices)

    def loss(self, stems: Tensor, indices: list[int]) -> Tensor:
        """The loss of a batch: every output, what all of them leave, and two remixes of several.

        A target that is much louder than the rest is good as it is, and a model of it alone would
        hardly learn; what is removed then has everything to gain.

        Shape: `[batch, stem, channel, time]`.
        """
        hop = self.stft.hop
        stems = stems[..., : stems.shape[-1] // hop * hop]
        channels = stems.shape[2]
        sound = stems.sum(1)
        targets = torch.einsum("os,bsct->obct", self.outputs, stems)
        real, imag = self.spectra(torch.cat([sound[None], targets]))
        mixture, reference = (real[0], imag[0]), (real[1:], imag[1:])
        estimate, activity = self.estimate(sound, mixture)
        parts = len(self.model.outputs)
        there = reference
        if self.rest:
            pairs = (with_rest(pair, mixture, parts) for pair in (estimate, reference))
            (estimate, reference), parts = pairs, parts + 1
        if len(self.model.outputs) == 1:
            losses = self._losses(estimate, reference, mixture)
            loss = losses[0] + REST_WEIGHT * losses[1:parts].sum()
            return loss + losses[parts:].mean() if self.companions else loss
        remix = remix_gains(parts, indices).to(stems, non_blocking=True)
        remix = remix.repeat_interleave(channels, 2)
        estimates, references = (with_remix(pair, remix) for pair in (estimate, reference))
        loss = self._losses(estimates, references, mixture).mean()
        if activity is None:
            return loss
        return loss + ACTIVITY_WEIGHT * activity_loss(activity, there, mixture)

    def _losses(self, estimate: Spectra, reference: Spectra, mixture: Spectra) -> Tensor:
        """The spectral loss of every output. Shape: `... -> [output]`."""
        return self.loss_of(estimate, reference, mixture, self.snr_weight, self.phase).mean(1)

    def estimate(self, sound: Tensor, mixture: Spectra) -> tuple[Spectra, Tensor | None]:
        """Spectra of every output, its companions' behind them, and the activity if it is told.

        Shape: `[batch, channel, time], 2 x [time, row, bin]
        -> 2 x [output, time, row, bin], [time, batch, output]`.
        """
        model = self.model
        if model.stft is None:
            return self.spectra(model(sound).transpose(0, 1)), None
        batch, channels, _ = sound.shape
        with torch.autocast(sound.device.type, self.precision, self.precision != torch.float32):
            if isinstance(model, Stereo):
                return model.spectra(*mixture), None
            assert isinstance(model, SpectralModel)
            frames, _ = model.frames(*mixture, channels, model.initial_state(batch, channels))
            real, imag, activity = self.masks(frames)
            return masked(real, imag, *mixture), activity

    def spectra(self, sounds: Tensor) -> Spectra:
        """Shape: `[part, batch, channel, time] -> 2 x [part, time, batch * channel, bin]`."""
        rows = sounds.flatten(0, 2)
        real, imag, _ = self.stft.analyse(rows, self.stft.past(len(rows)))
        real, imag = (part.unflatten(1, (len(sounds), -1)).transpose(0, 1) for part in (real, imag))
        return real, imag

    def masks(self, frames: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The model's masks and activity, its companions' masks behind them."""
        assert isinstance(self.model, SpectralModel)
        real, imag, activity = self.model.masks(frames)
        if self.companions:
            more_real, more_imag = self.companions(frames)
            real, imag = torch.cat([real, more_real]), torch.cat([imag, more_imag])
        return real, imag, activity

    @torch.no_grad()
    def validate_average(self) -> float:
        """Mean SI-SDR improvement in dB of the averaged weights on the validation scenes.

        The processes share them out in groups, each of one SNR, and get the same score.
        """
        gains: list[float] = []
        self.model.eval()
        # Compiling once more, for another batch and without gradients, costs more than it saves.
        eager = torch.compiler.set_stance("force_eager")
        with self.average.applied(self.model), eager:
            for start in self.place.mine(range(0, len(self.valid_indices), VALID_GROUP)):
                indices = self.valid_indices[start : start + VALID_GROUP]
                snrs, group = self.valid_snr, start // VALID_GROUP
                snr = snrs[group % len(snrs)] if snrs else None
                scenes = self.valid.scenes(indices, snr=snr, both=True)
                mixture = scenes.mixture
                parts = torch.cat([self.model(mixture), mixture[:, None]], 1)
                weights = scenes.wanted @ self.inverse.to(scenes.wanted)
                # Outputs that overlap form not every sum: what these weights ask for is scored.
                target = scenes.target((weights @ self.formed.to(weights)).round(decimals=6))
                estimate = torch.einsum("boct,bo->bct", parts, weights)
                # On the processor: the measure needs double precision, which not every device has.
                estimate, mixture, target = estimate.cpu(), mixture.cpu(), target.cpu()
                gains += (si_sdr(estimate, target) - si_sdr(mixture, target)).tolist()
        self.model.train()
        total, count = self.place.total([sum(gains), len(gains)], self.device)
        return total / count


def stft_at(sample_rate: int) -> Stft:
    """The spectra in which the estimates of a model that has none are compared, of about 32 ms."""
    n_fft = 2 ** round(math.log2(FRAME_SECONDS * sample_rate))
    return Stft(n_fft, n_fft // 2)


def remix_gains(outputs: int, indices: Sequence[int], remixes: int = 2) -> Tensor:
    """Gains 0, 1 or drawn in dB, 40/30/30, by scene. Shape: `[remix, output, batch]`."""
    draws, shape = Draws(0, indices), (remixes, outputs, len(indices))
    kind, level = (
        torch.from_numpy(draws.uniform(f"remix/{name}", remixes * outputs)).float().T.reshape(shape)
        for name in ("kind", "level")
    )
    drawn = 10 ** ((2 * level - 1) * REMIX_LEVEL / 20)
    return torch.where(kind < 0.4, 0.0, torch.where(kind < 0.7, 1.0, drawn))


def with_rest(spectra: Spectra, mixture: Spectra, outputs: int) -> Spectra:
    """The outputs followed by what they leave of the mixture, and by whatever was behind them.

    Shape: `2 x [part, time, row, bin], 2 x [time, row, bin] -> 2 x [part + 1, time, row, bin]`.
    """
    real, imag = (
        torch.cat([p[:outputs], (m - p[:outputs].sum(0))[None], p[outputs:]])
        for p, m in zip(spectra, mixture, strict=True)
    )
    return real, imag


def with_remix(spectra: Spectra, gains: Tensor) -> Spectra:
    """The outputs followed by their remixes: `2 x [output + remix, time, row, bin]`."""
    real, imag = (torch.cat([p, torch.einsum("otrf,mor->mtrf", p, gains)]) for p in spectra)
    return real, imag
