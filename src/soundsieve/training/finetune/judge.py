"""What a fine-tune is worth: what it wins where the new sound is, less what it loses elsewhere."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from soundsieve.data.lessons import Lesson, Lessons
from soundsieve.metrics import si_sdr, stem_gains, stem_levels
from soundsieve.models.spectral import SpectralModel

REMOVAL = 0.2
"""Decibels of SI-SDR that a decibel of removal is worth, when it is judged whether to go on."""
SCENES = 24
"""Of each kind: with the new sound, and without."""
SNR = 0.0
GROUP = 8
CAP = 30.0
"""Decibels of SI-SDR past which a scene counts no more: what is left is not heard."""


class Judge:
    """Scores weights for a model against the model as it was, on lessons that are held out.

    Args:
        truth: gains of the stems of the lessons in each output, `[output, stem]`.
        keep: weights of the outputs, and last of the mixture, in what matters most.
        gains: those of the stems of the lessons in it.
    """

    def __init__(
        self,
        model: SpectralModel,
        lessons: Lessons,
        truth: Tensor,
        keep: Sequence[float],
        gains: Sequence[float],
    ):
        self.model, self.lessons, self.truth = model, lessons, truth
        self.keep, self.gains = torch.tensor(keep), torch.tensor(gains)
        self._drawn: dict[bool, list[tuple[Lesson, Tensor]]] = {}
        self._before: tuple[float, float, float] | None = None

    @torch.no_grad()
    def score(self, weights: Mapping[str, Tensor]) -> float:
        """Decibels won where the new sound is, less those lost where it is not.

        Won is SI-SDR of what is kept beside the new sound, and its removal at a rate; lost is
        SI-SDR of each stem in its output, in scenes as they were. All are against the former state;
        a stem that became better makes up for no removal.
        """
        then = self._at_first()
        kept, removed = (x - y for x, y in zip(self._with_sound(weights), then[:2], strict=True))
        return kept + REMOVAL * removed + min(self._without(weights) - then[2], 0.0)

    @torch.no_grad()
    def lost(self, weights: Mapping[str, Tensor]) -> float:
        """Decibels of SI-SDR that stems lost in scenes without the new sound."""
        return self._at_first()[2] - self._without(weights)

    def _at_first(self) -> tuple[float, float, float]:
        if self._before is None:
            self._drawn = {new: self._draw(new) for new in (True, False)}
            weights = dict(self.model.named_parameters())
            self._before = (*self._with_sound(weights), self._without(weights))
        return self._before

    def _draw(self, new: bool) -> list[tuple[Lesson, Tensor]]:
        """Lessons with the new sound or without it, and what each output should have of them."""
        found = []
        for start in range(0, SCENES, GROUP):
            lesson = self.lessons.draw(range(start, start + GROUP), snr=SNR)
            if not new:
                lesson.sound = torch.zeros_like(lesson.sound)
            targets = torch.einsum("os,bsct->boct", self.truth.to(lesson.stems), lesson.stems)
            found.append((lesson, targets))
        return found

    def _with_sound(self, weights: Mapping[str, Tensor]) -> tuple[float, float]:
        """SI-SDR of what is kept, and removal of the new sound."""
        kept, removed = [], []
        for lesson, _ in self._drawn[True]:
            outputs = self._outputs(weights, lesson)
            parts = torch.cat([outputs, lesson.mixture[:, None]], 1)
            made = torch.einsum("boct,o->bct", parts, self.keep.to(parts))
            wanted = torch.einsum("bsct,s->bct", lesson.stems, self.gains.to(lesson.stems))
            kept += si_sdr(made.cpu(), wanted.cpu()).tolist()
            gains = stem_gains(made.cpu(), torch.stack([lesson.base, lesson.sound], 1).cpu())
            removed += stem_levels(gains, (1, 0))[1][:, 1].tolist()
        return _mean(kept), _mean(removed)

    def _without(self, weights: Mapping[str, Tensor]) -> float:
        """SI-SDR of each stem in its output, where the new sound is not."""
        found = []
        for lesson, targets in self._drawn[False]:
            found += si_sdr(self._outputs(weights, lesson).cpu(), targets.cpu()).flatten().tolist()
        return _mean(found)

    def _outputs(self, weights: Mapping[str, Tensor], lesson: Lesson) -> Tensor:
        return torch.func.functional_call(self.model, dict(weights), (lesson.mixture,))


def _mean(values: Sequence[float]) -> float:
    """Of those that are no nan, none counted above the cap."""
    found = [max(min(value, CAP), -CAP) for value in values if not math.isnan(value)]
    return sum(found) / max(len(found), 1)
