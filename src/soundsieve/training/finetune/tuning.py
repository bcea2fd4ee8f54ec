"""The training of an update: the sound that is taught, and the teacher's word on all else."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import AdamW

from soundsieve.data.lessons import Lesson, Lessons
from soundsieve.losses import activity_loss, spectral_loss
from soundsieve.models.multihead import MultiHead
from soundsieve.models.spectral import SpectralModel, masked
from soundsieve.training.average import Average
from soundsieve.training.course import Course
from soundsieve.training.finetune.judge import Judge
from soundsieve.training.finetune.penalties import CHANGE, LEAK, change, leak
from soundsieve.training.finetune.update import Update
from soundsieve.training.module import ACTIVITY_WEIGHT, Spectra, remix_gains, with_remix

MOST = {"noise": 0.9, "prompts": 0.8}
"""Of the change that was learned, the share that is taken where it does no harm: what real scenes
lose, those of the starter corpus hardly tell. The last of it wins little and costs most: a German
synthetic voice, taught for 250 steps, took 8 dB from real talkers by all of its change and 2 by 0.7
of it, where 1.3 dB less of it was removed."""
SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
"""Of that, tried one after the other until one does no harm."""


class Tuning(Course):
    """Trains the update of a masking model on lessons.

    Targets are what the model in its former state makes of a scene before the new sound is added,
    and the new sound itself in the output that it belongs to: so what the model could do, it is
    told to go on doing, with nothing but itself at hand. Only a talker who is alone is known to be
    speech, even if the model has taken such a one for a prompt. Without the `teacher` targets are
    the true stems, as far as the pools have them.

    Args:
        stem: what kind of sound is taught.
        truth: gains of the stems of the lessons in each output, `[output, stem]`.
        taught: gain of the new sound in each output.
        judge: scores the update; it knows what matters most.
        emphasis: weight of that beside the mean of the outputs and of random remixes.
        course: what `Course` takes beside.
    """

    score_name = "valid_score"
    steps_a_minute = 100  # compiling takes what some 200 steps of the shipped model save

    def __init__(
        self,
        model: SpectralModel,
        update: Update,
        lessons: Lessons,
        judge: Judge,
        *,
        stem: str,
        truth: Tensor,
        taught: Sequence[float],
        emphasis: float,
        teacher: bool,
        snr_weight: float,
        precision: torch.dtype,
        **course: Any,
    ):
        super().__init__(update, segment=lessons.segment, **course)
        self.update, self.lessons, self.judge = update, lessons, judge
        # In a list, as its weights are nobody's to train and stand in no checkpoint.
        self._model = [model.eval().requires_grad_(False)]
        self.stem, self.truth = stem, truth
        self.teacher, self.emphasis = teacher, emphasis
        spoken = ["speech" in lessons.tree.path(stem) for stem in lessons.scope]
        self.speech = truth[:, spoken][:, 0]
        self.taught, self.keep = torch.tensor(taught), judge.keep
        self.snr_weight, self.precision = snr_weight, precision
        self.loss_of: Callable[..., Tensor] = spectral_loss
        self.phase = getattr(model, "kind", "complex") != "magnitude"
        self.share = 1.0
        """Of the change, what was taken in the end."""

    @property
    def model(self) -> SpectralModel:
        """The model in its former state."""
        return self._model[0]

    @property
    def fused(self) -> list[tuple[Any, str]]:
        """Of what learns: teacher and judge speak as before."""
        return [(self, "loss_of"), *self.model.fused, (self.model, "masks")]

    def optimizer(self) -> torch.optim.Optimizer:
        """Adam on the factors of an adapter: a chainsaw won 1.4 dB by it in 25 steps, 1.2 by Muon.

        A free change has Muon, as the weights had: at these rates Adam is for factors.
        """
        if self.update.method == "full":
            return super().optimizer()
        return AdamW(self.update.parameters(), self.rate, betas=(0.9, 0.98), weight_decay=0.01)

    def on_fit_start(self) -> None:
        """Brings the model to where the update is."""
        self.model.to(self.device)

    def training_step(self, indices: list[int], _: int) -> Tensor:
        """The loss of the lessons of these indices."""
        return self.loss(self.lessons.draw(indices), indices)

    def loss(self, lesson: Lesson, indices: list[int]) -> Tensor:
        """The loss of a batch: every output, two random remixes, and what matters most."""
        mixture, base = self._spectra(lesson)
        gains, old = self.taught.to(self.device)[:, None, None, None], self._old(lesson, base)
        sound = mixture[0] - base[0], mixture[1] - base[1]
        reference = old[0] + gains * sound[0], old[1] + gains * sound[1]
        real, imag, activity = self._called(self._masks, self.update.weights(self.model), mixture)
        estimate = masked(real, imag, *mixture)
        loss = self._compared(estimate, reference, mixture, activity, indices)
        loss = loss + LEAK[self.stem] * leak((real, imag), self.keep.to(self.device), sound)
        if self.teacher:
            lacking = ~lesson.sound.flatten(1).any(1)
            loss = loss + CHANGE * change(estimate, reference, mixture, lacking)
        return loss

    def _compared(
        self,
        estimate: Spectra,
        reference: Spectra,
        mixture: Spectra,
        activity: Tensor,
        indices: list[int],
    ) -> Tensor:
        rows, outputs = len(indices), len(self.taught)
        keep = self.keep.to(self.device)[:, None].expand(-1, rows)
        wanted = [keep[None, :-1]]
        if outputs > 1:
            wanted.append(remix_gains(outputs, indices).to(self.device))
        remix = torch.cat(wanted)
        made, meant = with_remix(estimate, remix), with_remix(reference, remix)
        for pair in (made, meant) if keep[-1].any() else ():
            for plane, part in zip(pair, mixture, strict=True):
                plane[outputs] += keep[-1, 0] * part
        losses = self.loss_of(made, meant, mixture, self.snr_weight, self.phase).mean(1)
        loss = torch.cat([losses[:outputs], losses[outputs + 1 :]]).mean()
        loss = loss + self.emphasis * losses[outputs]
        if isinstance(self.model, MultiHead):
            loss = loss + ACTIVITY_WEIGHT * activity_loss(activity, reference, mixture)
        return loss

    def _spectra(self, lesson: Lesson) -> tuple[Spectra, Spectra]:
        """Of the mixtures, and of the scenes before the new sound."""
        stft, hop = self.model.stft, self.model.hop
        sound = torch.cat([lesson.mixture, lesson.base]).flatten(0, 1)
        sound = sound[:, : sound.shape[-1] // hop * hop]
        real, imag, _ = stft.analyse(sound, stft.past(len(sound)))
        half = len(sound) // 2
        return (real[:, :half], imag[:, :half]), (real[:, half:], imag[:, half:])

    @torch.no_grad()
    def _old(self, lesson: Lesson, base: Spectra) -> Spectra:
        """What each output should have of the scene before the new sound."""
        if self.teacher:
            speech = self.speech.to(self.device)[:, None, None, None]
            real, imag = speech * base[0], speech * base[1]
            # A talker alone needs no teacher, nor does silence: with a voice that is half of all.
            asked = ~lesson.talk & lesson.base.flatten(1).any(1)
            if asked.any():
                there = base[0][:, asked], base[1][:, asked]
                with _eager():
                    said = masked(*self._masks(*there)[:2], *there)
                real[:, :, asked], imag[:, :, asked] = said
            return real, imag
        hop, stft = self.model.hop, self.model.stft
        stems = lesson.stems[..., : lesson.stems.shape[-1] // hop * hop]
        true = torch.einsum("os,bsct->obct", self.truth.to(stems), stems)
        real, imag, _ = stft.analyse(true.flatten(0, 2), stft.past(len(true) * len(stems)))
        return tuple(p.unflatten(1, (len(true), -1)).transpose(0, 1) for p in (real, imag))  # pyright: ignore[reportReturnType]

    def _masks(self, real: Tensor, imag: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        model, rows = self.model, real.shape[1]
        reduced = self.precision != torch.float32
        with torch.autocast(real.device.type, self.precision, reduced):
            frames, _ = model.frames(real, imag, 1, model.initial_state(rows, 1))
            return model.masks(frames)

    def _called(self, function: Callable, weights: dict[str, Tensor], inputs: Spectra):
        return torch.func.functional_call(_Calling(self.model, function), _inside(weights), inputs)

    @torch.no_grad()
    def validate_average(self) -> float:
        """The judge's score of the averaged weights, in dB."""
        with self.average.applied(self.update), _eager():
            return self.judge.score(self.update.weights(self.model))

    @torch.no_grad()
    def settle(self) -> None:
        """Puts the best weights into the update, and takes as much of it as does no harm.

        On the line back to the model as it was, what it knew returns before what is new is lost.
        Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022.
        """
        device = next(iter(self.best_weights.values())).device
        self.to(device)
        self.model.to(device)
        Average.copy(self.best_weights, self.update)
        for self.share in (MOST[self.stem] * share for share in SHARES):
            weights = self.update.weights(self.model, self.share)
            with _eager():
                if self.judge.harmless(weights):
                    break
        self.update.scale(self.share)
        with _eager():
            self.best_score = self.judge.score(self.update.weights(self.model))


def _eager() -> AbstractContextManager[None]:
    """Compiling once more, for other batches and without gradients, costs more than it saves."""
    return torch.compiler.set_stance("force_eager")


class _Calling(nn.Module):
    """A function of a model as a module, whose weights can be replaced for one call."""

    def __init__(self, model: nn.Module, function: Callable):
        super().__init__()
        self.model, self.function = model, function

    def forward(self, *inputs: Tensor):
        return self.function(*inputs)


def _inside(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"model.{name}": weight for name, weight in weights.items()}
