"""What a fine-tune is worth: what it wins where the new sound is, less what it loses elsewhere."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from soundsieve.data.draws import Draws
from soundsieve.data.lessons import Lesson, Lessons, OtherVoice
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
HARMLESS = 0.7
"""Decibels that scenes without the new sound may lose: those of the starter corpus, whose outputs
have few decibels of SI-SDR to begin with. Real ones may lose more: within this a chainsaw took
0.9."""
OTHERS = 3.5
"""Decibels that voices made of the new one may lose. That they lose nothing is no proof: those of a
German synthetic voice gained 5 dB where real talkers lost 8."""


@dataclass(frozen=True)
class Marks:
    """What weights reach, in dB.

    SI-SDR of what is kept beside the new sound, its removal, SI-SDR of other outputs where it is
    not, and SI-SDR of voices made of a new one.
    """

    kept: float
    removed: float
    without: float
    others: float


class Judge:
    """Scores weights for a model against the model as it was, on lessons that are held out.

    Args:
        truth: gains of the stems of the lessons in each output, `[output, stem]`.
        outputs: places of those outputs that the new sound is not to be in.
        keep: weights of the outputs, and last of the mixture, in what matters most.
        gains: those of the stems of the lessons in it.
        other: voices made of the new one, where it is one and talkers are to be kept.
    """

    def __init__(
        self,
        model: SpectralModel,
        lessons: Lessons,
        truth: Tensor,
        outputs: Sequence[int],
        keep: Sequence[float],
        gains: Sequence[float],
        other: OtherVoice | None = None,
    ):
        self.model, self.lessons, self.other = model, lessons, other
        self.truth, self.outputs = truth[list(outputs)], list(outputs)
        self.keep, self.gains = torch.tensor(keep), torch.tensor(gains)
        self._drawn: dict[bool, list[tuple[Lesson, Tensor]]] = {}
        self._voices: Tensor | None = None
        self._before: Marks | None = None

    @torch.no_grad()
    def score(self, weights: Mapping[str, Tensor]) -> float:
        """Decibels won where the new sound is, less those lost where it is not.

        Won is SI-SDR of what is kept beside the new sound, and its removal at a rate; lost is
        SI-SDR of each output of other sounds, in scenes as they were, and what voices made of the
        new one lose beyond what they may. All are against the former state; a stem that became
        better makes up for no removal.
        """
        then, now = self._at_first(), self._marks(weights)
        won = now.kept - then.kept + REMOVAL * (now.removed - then.removed)
        others = now.others - then.others + OTHERS
        return won + min(now.without - then.without, 0.0) + min(others, 0.0)

    @torch.no_grad()
    def harmless(self, weights: Mapping[str, Tensor]) -> bool:
        """Whether scenes without the new sound, and other voices, lose no more than they may."""
        then = self._at_first()
        if then.without - self._without(weights) > HARMLESS:
            return False
        return then.others - self._others(weights) <= OTHERS

    def _at_first(self) -> Marks:
        if self._before is None:
            self._drawn = {new: self._draw(new) for new in (True, False)}
            if self.other:
                voices = self.other.draw(Draws(self.lessons.seed, range(SCENES)))
                heard = voices.flatten(1).any(1)
                self._voices = voices[heard] if heard.any() else None
            self._before = self._marks(dict(self.model.named_parameters()))
        return self._before

    def _marks(self, weights: Mapping[str, Tensor]) -> Marks:
        return Marks(*self._with_sound(weights), self._without(weights), self._others(weights))

    def _draw(self, new: bool) -> list[tuple[Lesson, Tensor]]:
        """Lessons with the new sound or without it, and what those outputs should have of them."""
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
            made = self._kept(weights, lesson.mixture)
            wanted = torch.einsum("bsct,s->bct", lesson.stems, self.gains.to(lesson.stems))
            kept += si_sdr(made.cpu(), wanted.cpu()).tolist()
            gains = stem_gains(made.cpu(), torch.stack([lesson.base, lesson.sound], 1).cpu())
            removed += stem_levels(gains, (1, 0))[1][:, 1].tolist()
        return _mean(kept), _mean(removed)

    def _without(self, weights: Mapping[str, Tensor]) -> float:
        """SI-SDR of each output of other sounds, where the new sound is not."""
        found = []
        for lesson, targets in self._drawn[False]:
            outputs = self._outputs(weights, lesson.mixture)[:, self.outputs]
            found += si_sdr(outputs.cpu(), targets.cpu()).flatten().tolist()
        return _mean(found)

    def _others(self, weights: Mapping[str, Tensor]) -> float:
        """SI-SDR of voices made of the new one in what is kept."""
        if self._voices is None:
            return 0.0
        groups = self._voices.split(GROUP)
        found = [si_sdr(self._kept(weights, part).cpu(), part.cpu()).flatten() for part in groups]
        return _mean(torch.cat(found).tolist())

    def _kept(self, weights: Mapping[str, Tensor], mixture: Tensor) -> Tensor:
        """What matters most, of a mixture."""
        parts = torch.cat([self._outputs(weights, mixture), mixture[:, None]], 1)
        return torch.einsum("boct,o->bct", parts, self.keep.to(parts))

    def _outputs(self, weights: Mapping[str, Tensor], mixture: Tensor) -> Tensor:
        return torch.func.functional_call(self.model, dict(weights), (mixture,))


def _mean(values: Sequence[float]) -> float:
    """Of those that are no nan, none counted above the cap."""
    found = [max(min(value, CAP), -CAP) for value in values if not math.isnan(value)]
    return sum(found) / max(len(found), 1)
