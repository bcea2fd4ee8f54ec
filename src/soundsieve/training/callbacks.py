"""What happens beside the steps: progress, validation, checkpoints, a journal, and a clean stop."""

import csv
import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from rich.progress import Progress
from torch import Tensor

from soundsieve.errors import UserError
from soundsieve.runs import whole
from soundsieve.training.course import Course
from soundsieve.training.place import ALONE, Place

COLUMNS = ("step", "loss", "valid_si_sdri", "rate", "seconds", "audio_seconds")
"""Of metrics.csv: `rate` is seconds of audio a second; the last two are sums over all sittings."""
CHECKPOINT = "last.ckpt"
SAVE_SECONDS = 60


class StopNow(BaseException):
    """A second Ctrl-C. Lightning would answer a KeyboardInterrupt with an exit of its own."""


class Keeper(pl.Callback):
    """Validates the averaged weights, keeps the best, writes the journal and the checkpoint.

    The first Ctrl-C, or SIGTERM, with which a cluster ends a job, ends the step that runs, saves,
    and stops; `interrupted` says so. A second one stops at once, which loses a minute at most. Of
    several processes the first one alone has a clock, hears signals and writes; the others learn at
    every step what it wants.
    """

    def __init__(
        self,
        folder: Path,
        progress: Progress,
        validate_every: int,
        patience: int,
        place: Place = ALONE,
    ):
        self.folder, self.progress, self.place = folder, progress, place
        self.validate_every, self.patience = validate_every, patience
        self.interrupted = False
        self._late: Tensor | None = None
        self._rows: list[list[str]] = []
        self._columns: list[str] = []
        self._task = progress.add_task("training", total=None, detail="")

    @property
    def path(self) -> Path:
        """Where the checkpoint is."""
        return self.folder / "checkpoints" / CHECKPOINT

    @contextmanager
    def stopping(self) -> Iterator[None]:
        """Takes Ctrl-C, and the end of the terminal, for as long as the block lasts.

        Only the main thread hears them.
        """
        if not self.place.first or threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = [signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGINT)]
        # Under nohup the second is ignored, and stays so.
        heard = [n for n in numbers if signal.getsignal(n) != signal.SIG_IGN]
        before = {number: signal.signal(number, self._ended) for number in dict.fromkeys(heard)}
        try:
            yield
        except StopNow:
            raise KeyboardInterrupt from None
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Starts the clocks, and the journal from where the checkpoint stands; hears SIGTERM."""
        if threading.current_thread() is threading.main_thread():
            # In place of Lightning's handler, in which one of several processes waits for ever.
            signal.signal(signal.SIGTERM, self._ended if self.place.first else signal.SIG_IGN)
        module = _course(pl_module)
        self._began = self._saved = time.monotonic()
        self._before, self._first = module.seconds, trainer.global_step
        self._valid_time = 0.0
        self._show(module, trainer.global_step)
        self._columns = [module.score_name if c == Course.score_name else c for c in COLUMNS]
        self._rows = _rows_until(self.folder / "metrics.csv", trainer.global_step)
        self._write_rows()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, *_: Any
    ) -> None:
        """Says how it goes; validates and saves when it is time."""
        module, step = _course(pl_module), trainer.global_step
        loss, save = self._agree(module, self._known(outputs["loss"]))
        if not math.isfinite(loss) and self.place.first:  # which ends the others
            raise UserError(
                f"the loss is {loss} at step {step}; try again with a lower train.rate."
            )
        smooth = loss if module.smooth_loss is None else module.smooth_loss
        module.smooth_loss = 0.95 * smooth + 0.05 * loss
        rate = self._rate(module, step)
        detail = f"loss {module.smooth_loss:.3f} · {rate:.0f} s of audio a second"
        self._show(module, step, detail=detail)
        done = module.done(step) >= 1
        if step % self.validate_every == 0 or done:
            self._validate(trainer, module, rate)
        if save:
            self._save(trainer)
        trainer.should_stop |= done or self.interrupted

    def _known(self, loss: Tensor) -> float:
        """The loss of this step; of a GPU's that of the step before, which no one waits for."""
        if not loss.is_cuda:
            return float(loss)
        before, self._late = self._late, loss.detach()
        return float(loss if before is None else before)

    def _agree(self, module: Course, loss: float) -> tuple[float, bool]:
        """The loss of the whole batch, and whether to save; sets the clock, hears of Ctrl-C."""
        now = time.monotonic()
        clock, save = self._before + now - self._began, now - self._saved > SAVE_SECONDS
        wishes = [self.place.first * wish for wish in (clock, self.interrupted, save)]
        said = [loss / self.place.ranks, *wishes]
        loss, module.seconds, stop, save = self.place.total(said, module.device)
        self.interrupted |= bool(stop)
        return loss, bool(save)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Saves, so that the same command goes on from here."""
        self._save(trainer)

    def _validate(self, trainer: pl.Trainer, module: Course, rate: float) -> None:
        start, step = time.monotonic(), trainer.global_step
        score = module.validate_average()
        module.keep_if_best(score, step)
        self._valid_time += time.monotonic() - start
        row = (str(step), f"{module.smooth_loss:.5f}", f"{score:.4f}", f"{rate:.1f}")
        audio = step * module.audio_a_step
        self._rows.append([*row, f"{module.seconds:.1f}", f"{audio:.0f}"])
        self._write_rows()
        best = f"best {module.best_score:+.2f} dB at step {module.best_step}"
        self.progress.update(self._task, description=f"training ({best})")
        if self.patience and module.stale >= self.patience:
            self.progress.console.print(f"no gain in {self.patience} validations: stopping early")
            trainer.should_stop = True

    def _show(self, module: Course, step: int, detail: str = "") -> None:
        """The bar counts steps, or the seconds of a budget."""
        total = module.steps if module.minutes is None else round(60 * module.minutes)
        completed = step if module.minutes is None else int(module.seconds)
        self.progress.update(
            self._task, total=total, completed=min(completed, total), detail=detail
        )

    def _write_rows(self) -> None:
        if not self.place.first:
            return
        with whole(self.folder / "metrics.csv") as part, part.open("w", newline="") as file:
            csv.writer(file).writerows([self._columns, *self._rows])

    def _rate(self, module: Course, step: int) -> float:
        """Seconds of audio trained a second, validation aside."""
        spent = time.monotonic() - self._began - self._valid_time
        return (step - self._first) * module.audio_a_step / max(spent, 1e-9)

    def _save(self, trainer: pl.Trainer) -> None:
        if self.place.first:
            with whole(self.path) as part:
                trainer.save_checkpoint(part)
        else:
            trainer.save_checkpoint(self.path)  # writes nothing, waits until the first one has
        self._saved = time.monotonic()

    def _ended(self, *_: object) -> None:
        """Answers a signal."""
        if self.interrupted:
            raise StopNow
        self.interrupted = True


def _rows_until(path: Path, step: int) -> list[list[str]]:
    """The rows of a journal up to a step: what came after the checkpoint is done again."""
    if not step or not path.exists():
        return []
    with path.open(newline="") as file:
        return [
            row for row in csv.reader(file) if row[:1] and row[0].isdigit() and int(row[0]) <= step
        ]


def _course(module: pl.LightningModule) -> Course:
    assert isinstance(module, Course)
    return module
