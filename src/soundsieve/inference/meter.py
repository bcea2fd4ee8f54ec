"""How fast a long file goes, as a task of a progress display."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress


class Meter:
    """A task in samples that shows the rate, in times real time; nothing without a display."""

    def __init__(
        self, progress: Progress | None, name: str, sample_rate: int, frames: int | None
    ) -> None:
        self._progress, self._name, self._sample_rate, self._frames = (
            progress,
            name,
            sample_rate,
            frames,
        )

    def __enter__(self) -> Meter:
        self._done, self._begun = 0, monotonic()
        if self._progress is not None:
            self._task = self._progress.add_task(self._name, total=self._frames)
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.remove_task(self._task)

    def advance(self, frames: int) -> None:
        """Count samples that are done."""
        self._done += frames
        if self._progress is not None:
            speed = self._done / self._sample_rate / max(monotonic() - self._begun, 1e-6)
            self._progress.update(
                self._task, advance=frames, description=f"{self._name}  {speed:.0f} x real time"
            )
