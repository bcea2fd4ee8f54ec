"""How a training goes, whatever it learns: its clock, its rate, the average and the best of it."""

import math
from typing import Any

import pytorch_lightning as pl
import torch
from torch import nn

from soundsieve.training.average import Average
from soundsieve.training.optimizer import MuonAdamW
from soundsieve.training.place import ALONE, Place

LAST_RATE = 0.03
"""Share of the peak learning rate at the end."""
KEPT = ("best_score", "best_step", "best_weights", "stale", "seconds", "smooth_loss")
"""What a checkpoint keeps of the course of a training, beside weights and optimizer."""


class Course(pl.LightningModule):
    """The course of a training of `learner`, whose weights are averaged, validated and kept.

    A kind of training gives the loss of a step, and `validate_average`, a score in dB.
    """

    score_name = "valid_si_sdri"
    """What the journal calls the score."""
    steps_a_minute = 200
    """Of the smallest model on two cores: only to tell whether compiling pays."""

    def __init__(
        self,
        learner: nn.Module,
        *,
        steps: int,
        minutes: float | None = None,
        batch: int,
        segment: float,
        rate: float,
        warmup: int,
        decay: float,
        place: Place = ALONE,
    ):
        super().__init__()
        # In a tuple, as a checkpoint has it already, by the name that a training gives it.
        self._learner = (learner,)
        self.steps, self.minutes, self.rate, self.warmup = steps, minutes, rate, warmup
        self.place, self.batch, self.audio_a_step = place, batch, batch * segment
        self.seconds = 0.0
        """Time spent training, over all sittings."""
        self.smooth_loss: float | None = None
        self.best_score, self.best_step, self.stale = -math.inf, 0, 0
        self.average = Average(learner, decay)
        self.best_weights = self.average.weights

    @property
    def learner(self) -> nn.Module:
        """What has the weights."""
        return self._learner[0]

    @property
    def fused(self) -> list[tuple[Any, str]]:
        """Functions, by owner and name, that a long training compiles, each into one."""
        raise NotImplementedError

    def compile_parts(self) -> None:
        """Fuses the element-wise parts; the loop over time stays as it is."""
        for owner, name in self.fused:
            setattr(owner, name, torch.compile(getattr(owner, name)))

    def validate_average(self) -> float:
        """The score of the averaged weights, in dB; more is better."""
        raise NotImplementedError

    def on_train_start(self) -> None:
        """Brings the averages to where the model is by now."""
        self.average.to(self.device)
        self.best_weights = {name: w.to(self.device) for name, w in self.best_weights.items()}

    def optimizer_step(self, *args: Any, **keywords: Any) -> None:
        """A step of the optimizer, and the average after it: a checkpoint holds both or neither."""
        super().optimizer_step(*args, **keywords)
        self.average.update(self.learner)

    def keep_if_best(self, score: float, step: int) -> None:
        """Keeps a copy of the averaged weights if they score best so far."""
        self.stale += 1
        if score > self.best_score:
            self.best_score, self.best_step, self.stale = score, step, 0
            self.best_weights = {name: w.clone() for name, w in self.average.weights.items()}

    def configure_optimizers(self) -> Any:
        """The optimizer, and the learning rate over the steps."""
        optimizer = self.optimizer()
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self._share_of_rate)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def optimizer(self) -> torch.optim.Optimizer:
        """What steps the weights."""
        return MuonAdamW(self, self.rate)

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
