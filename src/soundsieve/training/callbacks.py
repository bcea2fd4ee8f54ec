"""What happens beside the steps: progress, validation, checkpoints, a journal, and a clean stop."""

import csv
import signal
import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from rich.progress import Progress

from soundsieve.runs import whole
from soundsieve.training.module import Training

COLUMNS = ("step", "loss", "valid_si_sdri", "rate", "seconds", "audio_seconds")
CHECKPOINT = "last.ckpt"
SAVE_SECONDS = 60


class Keeper(pl.Callback):
    """Validates the averaged weights, keeps the best, writes the journal and the checkpoint.

    The first Ctrl-C ends the step that runs, saves, and stops; `interrupted` says so.
    """

    def __init__(self, folder: Path, progress: Progress, validate_every: int, patience: int):
        self.folder, self.progress = folder, progress
        self.validate_every, self.patience = validate_every, patience
        self.interrupted = False
        self.loss: float | None = None
        self._task = progress.add_task("training", total=None, detail="")

    @property
    def path(self) -> Path:
        """Where the checkpoint is."""
        return self.folder / "checkpoints" / CHECKPOINT

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        module = _training(pl_module)
        self._began = self._saved = time.monotonic()
        self._before, self._first = module.seconds, trainer.global_step
        self._valid_time = 0.0
        self._sigint = signal.signal(signal.SIGINT, lambda *_: self._stop(trainer))
        self.progress.update(self._task, total=module.steps, completed=trainer.global_step)
        if trainer.global_step == 0:
            with whole(self.folder / "metrics.csv") as part:
                part.write_text(",".join(COLUMNS) + "\n")

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, *_: Any
    ) -> None:
        module, step = _training(pl_module), trainer.global_step
        loss = float(outputs["loss"])
        self.loss = loss if self.loss is None else 0.95 * self.loss + 0.05 * loss
        now = time.monotonic()
        module.seconds = self._before + now - self._began
        rate = self._rate(module, step)
        detail = f"loss {self.loss:.3f} · {rate:.0f} s of audio a second"
        self.progress.update(self._task, completed=step, detail=detail)
        late = module.minutes is not None and module.seconds > 60 * module.minutes
        if step % self.validate_every == 0 or step >= module.steps or late:
            self._validate(trainer, module, rate)
        if now - self._saved > SAVE_SECONDS:
            self._save(trainer)
        trainer.should_stop |= late

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        signal.signal(signal.SIGINT, self._sigint)
        self._save(trainer)

    def _validate(self, trainer: pl.Trainer, module: Training, rate: float) -> None:
        start = time.monotonic()
        score = module.validate_average()
        module.keep_if_best(score, trainer.global_step)
        self._valid_time += time.monotonic() - start
        row = (trainer.global_step, f"{self.loss:.5f}", f"{score:.4f}", f"{rate:.1f}")
        with (self.folder / "metrics.csv").open("a", newline="") as file:
            audio = trainer.global_step * module.audio_a_step
            csv.writer(file).writerow((*row, f"{module.seconds:.1f}", f"{audio:.0f}"))
        best = f"best {module.best_score:+.2f} dB at step {module.best_step}"
        self.progress.update(self._task, description=f"training ({best})")
        if self.patience and module.stale >= self.patience:
            self.progress.console.print(f"no gain in {self.patience} validations: stopping early")
            trainer.should_stop = True

    def _rate(self, module: Training, step: int) -> float:
        """Seconds of audio trained a second, validation aside."""
        spent = time.monotonic() - self._began - self._valid_time
        return (step - self._first) * module.audio_a_step / max(spent, 1e-9)

    def _save(self, trainer: pl.Trainer) -> None:
        with whole(self.path) as part:
            trainer.save_checkpoint(part)
        self._saved = time.monotonic()

    def _stop(self, trainer: pl.Trainer) -> None:
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = trainer.should_stop = True


def _training(module: pl.LightningModule) -> Training:
    assert isinstance(module, Training)
    return module
