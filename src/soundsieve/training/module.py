"""One training step and the optimizer: all that Lightning is told."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from soundsieve.data.draws import Draws
from soundsieve.data.mixer import Mixer, Scenes
from soundsieve.losses import activity_loss, spectral_loss
from soundsieve.metrics import si_sdr
from soundsieve.models.spectral import SpectralModel, masked
from soundsieve.training.average import Average
from soundsieve.training.companions import companions_of
from soundsieve.training.optimizer import MuonAdamW
from soundsieve.training.place import ALONE, Place

ACTIVITY_WEIGHT = 0.05
REMIX_LEVEL = 12.0
"""Reach in dB of the gains of a random remix."""
VALID_GROUP = 16
"""Scenes that are validated at a time."""
LAST_RATE = 0.03
"""Share of the peak learning rate at the end."""
KEPT = ("best_score", "best_step", "best_weights", "stale", "seconds", "smooth_loss")
"""What a checkpoint keeps of the course of a training, beside weights and optimizer."""

Spectra = tuple[Tensor, Tensor]
"""Real and imaginary parts."""


class Training(pl.LightningModule):
    """Trains a masking model on scenes that it draws by index, alone or with other processes."""

    outputs: Tensor
    inverse: Tensor

    def __init__(
        self,
        model: SpectralModel,
        mixer: Mixer,
        valid: Mixer,
        *,
        steps: int,
        minutes: float | None = None,
        batch: int,
        rate: float,
        warmup: int,
        snr_weight: float,
        decay: float,
        precision: torch.dtype,
        valid_indices: list[int],
        valid_snr: list[float],
        place: Place = ALONE,
    ):
        super().__init__()
        self.model, self.mixer, self.valid = model, mixer, valid
        self.steps, self.minutes, self.rate, self.warmup = steps, minutes, rate, warmup
        self.place, self.batch, self.audio_a_step = place, batch, batch * mixer.segment
        self.seconds = 0.0
        """Time spent training, over all sittings."""
        self.smooth_loss: float | None = None
        self.best_score, self.best_step, self.stale = -math.inf, 0, 0
        self.snr_weight, self.precision = snr_weight, precision
        self.valid_indices, self.valid_snr = valid_indices, valid_snr
        self.average = Average(model, decay)
        self.best_weights = self.average.weights
        self.loss_of: Callable[..., Tensor] = spectral_loss
        outputs = torch.tensor(model.outputs)
        with_mixture = torch.cat([outputs, torch.ones_like(outputs[:1])])
        self.companions = companions_of(model)
        if self.companions:
            outputs = torch.cat([outputs, torch.eye(len(model.scope))])
        self.register_buffer("outputs", outputs, persistent=False)
        self.register_buffer("inverse", torch.linalg.pinv(with_mixture), persistent=False)
        self.phase = getattr(model, "kind", "complex") != "magnitude"

    def compile_parts(self) -> None:
        """Fuses the element-wise parts; the loop over time stays as it is."""
        model = self.model
        parts: list[tuple[Any, str]] = [
            (self, "loss_of"),
            (self, "masks"),
            (model, "features"),
            (model.trunk.encoder, "forward"),
        ]
        for block in model.trunk.blocks:
            parts += [(block.time, "before"), (block.time, "after")]
            parts += [(block.band, "forward"), (block.dense, "forward")]
        for owner, name in parts:
            setattr(owner, name, torch.compile(getattr(owner, name)))

    def on_train_start(self) -> None:
        """Brings the averages to where the model is by now."""
        self.average.to(self.device)
        self.best_weights = {name: w.to(self.device) for name, w in self.best_weights.items()}

    def training_step(self, indices: list[int], _: int) -> Tensor:
        """The loss of the scenes of these indices, as this process' part in the batch's mean."""
        share = len(indices) * self.place.ranks / self.batch
        return share * self.loss(self.mixer.scenes(indices), indices)

    def optimizer_step(self, *args: Any, **keywords: Any) -> None:
        """A step of the optimizer, and the average after it: a checkpoint holds both or neither."""
        super().optimizer_step(*args, **keywords)
        self.average.update(self.model)

    def loss(self, scenes: Scenes, indices: list[int]) -> Tensor:
        """The loss of a batch: every output, and two random remixes of several."""
        model, batch = self.model, len(indices)
        hop = model.hop
        stems = scenes.stems[..., : scenes.stems.shape[-1] // hop * hop]
        channels = stems.shape[2]
        targets = torch.einsum("os,bsct->obct", self.outputs, stems)
        sound = torch.cat([stems.sum(1)[None], targets]).flatten(0, 2)
        real, imag, _ = model.stft.analyse(sound, model.stft.past(len(sound)))
        real, imag = (
            part.unflatten(1, (-1, batch * channels)).transpose(0, 1) for part in (real, imag)
        )
        mixture, reference = (real[0], imag[0]), (real[1:], imag[1:])
        with torch.autocast(stems.device.type, self.precision, self.precision != torch.float32):
            frames, _ = model.frames(*mixture, channels, model.initial_state(batch, channels))
            real, imag, activity = self.masks(frames)
            estimate = masked(real, imag, *mixture)
        if len(model.outputs) == 1:
            target, *stems = self._losses(estimate, reference, mixture)
            return target + torch.stack(stems).mean() if stems else target
        remix = _remix_gains(len(model.outputs), indices).to(stems)
        remix = remix.repeat_interleave(channels, 2)
        estimates, references = (_with_remix(pair, remix) for pair in (estimate, reference))
        loss = self._losses(estimates, references, mixture).mean()
        return loss + ACTIVITY_WEIGHT * activity_loss(activity, reference, mixture)

    def _losses(self, estimate: Spectra, reference: Spectra, mixture: Spectra) -> Tensor:
        """The spectral loss of every output. Shape: `... -> [output]`."""
        return self.loss_of(estimate, reference, mixture, self.snr_weight, self.phase).mean(1)

    def masks(self, frames: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The model's masks and activity, its companions' masks behind them."""
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
                mixture, target = scenes.mixture, scenes.target(scenes.wanted)
                parts = torch.cat([self.model(mixture), mixture[:, None]], 1)
                weights = scenes.wanted @ self.inverse.to(scenes.wanted)
                estimate = torch.einsum("boct,bo->bct", parts, weights)
                # On the processor: the measure needs double precision, which not every device has.
                estimate, mixture, target = estimate.cpu(), mixture.cpu(), target.cpu()
                gains += (si_sdr(estimate, target) - si_sdr(mixture, target)).tolist()
        self.model.train()
        total, count = self.place.total([sum(gains), len(gains)], self.device)
        return total / count

    def keep_if_best(self, score: float, step: int) -> None:
        """Keeps a copy of the averaged weights if they score best so far."""
        self.stale += 1
        if score > self.best_score:
            self.best_score, self.best_step, self.stale = score, step, 0
            self.best_weights = {name: w.clone() for name, w in self.average.weights.items()}

    def configure_optimizers(self) -> Any:
        """The optimizer, and the learning rate over the steps."""
        optimizer = MuonAdamW(self, self.rate)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self._share_of_rate)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _share_of_rate(self, step: int) -> float:
        """Warm-up, then a cosine down to a small rest."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        progress = min(self.done(step), 1.0)
        return LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * progress))

    def done(self, step: int) -> float:
        """The share of the training that is done: of its minutes where set, else of its steps."""
        if self.minutes is not None:
            return self.seconds / (60 * self.minutes)
        return step / self.steps

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds the average, the best weights and how the training went so far."""
        checkpoint["average"] = {"weights": self.average.weights, "steps": self.average.steps}
        checkpoint["best"] = {name: getattr(self, name) for name in KEPT}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Takes up what `on_save_checkpoint` added."""
        self.average.weights = checkpoint["average"]["weights"]
        self.average.steps = checkpoint["average"]["steps"]
        for name in KEPT:
            setattr(self, name, checkpoint["best"][name])


def _remix_gains(outputs: int, indices: Sequence[int], remixes: int = 2) -> Tensor:
    """Gains 0, 1 or drawn in dB, 40/30/30, by scene. Shape: `[remix, output, batch]`."""
    draws, shape = Draws(0, indices), (remixes, outputs, len(indices))
    kind, level = (
        torch.from_numpy(draws.uniform(f"remix/{name}", remixes * outputs)).float().T.reshape(shape)
        for name in ("kind", "level")
    )
    drawn = 10 ** ((2 * level - 1) * REMIX_LEVEL / 20)
    return torch.where(kind < 0.4, 0.0, torch.where(kind < 0.7, 1.0, drawn))


def _with_remix(spectra: Spectra, gains: Tensor) -> Spectra:
    """The outputs followed by their remixes: `2 x [output + remix, time, row, bin]`."""
    real, imag = (torch.cat([p, torch.einsum("otrf,mor->mtrf", p, gains)]) for p in spectra)
    return real, imag
