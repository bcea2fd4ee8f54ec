"""Recordings decoded once: int16 PCM in one file that training memory-maps."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundsieve.data.checks import CLIPPED, Facts, complaint
from soundsieve.data.decoding import FULL_SCALE, decoded
from soundsieve.data.journal import Journal, pcm_file, read_journal
from soundsieve.data.source import Source, shown, stamp


class Store:
    """The PCM of a list of sources at one rate and number of channels, as crops of any length.

    Each recording is stored at its own scale, so that a quiet one loses nothing to 16 bits. One
    that is no good has a row of no frames, and `dropped` says why.
    """

    def __init__(
        self,
        folder: Path,
        sample_rate: int,
        sources: Sequence[Source],
        facts: Mapping[Source, Facts],
        dropped: Mapping[str, str],
        channels: int = 1,
    ):
        self.folder, self.sample_rate, self.channels = folder, sample_rate, channels
        self.sources, self.dropped = tuple(sources), dict(dropped)
        self._facts = facts
        places = np.array([self._place(source) for source in sources], np.int64).reshape(-1, 2)
        self.starts, self.frames = places.T
        self.scales = np.array([_scale(facts.get(_file(s))) for s in sources], np.float32)
        self.peaks = FULL_SCALE * self.scales
        path = pcm_file(folder, sample_rate, channels)
        pcm = np.memmap(path, np.int16, "r") if self.frames.any() else np.zeros(0, np.int16)
        whole = len(pcm) // channels * channels  # another process may be adding to it
        self.pcm: NDArray[np.int16] = pcm[:whole].reshape(-1, channels)
        """Shape: `[time, channel]`."""

    def facts(self, source: Source) -> Facts | None:
        """What was measured on the recording of a source; None where it is no good."""
        return self._facts.get(_file(source))

    def crop(self, row: int, start: int, frames: int) -> NDArray[np.float32]:
        """Frames of one recording, from `start`; fewer where it ends. Shape: `[channel, time]`."""
        begin = int(self.starts[row]) + start
        stop = min(begin + frames, int(self.starts[row] + self.frames[row]))
        return self.pcm[begin:stop].T * self.scales[row]

    def pcm_of(self, row: int) -> NDArray[np.int16]:
        """All of one recording, at its own scale. Shape: `[time, channel]`."""
        start = int(self.starts[row])
        return self.pcm[start : start + int(self.frames[row])]

    def select(self, sources: Sequence[Source]) -> "Store":
        """The same store, with rows for these sources: fewer, or parts of them."""
        form = self.sample_rate, self.channels
        return Store(self.folder, form[0], sources, self._facts, self.dropped, form[1])

    def _place(self, source: Source) -> tuple[int, int]:
        """Start and frames of a source, which may be a part of its recording."""
        facts = self.facts(source)
        if facts is None:
            return 0, 0
        first, last = (round(edge * facts.frames) for edge in source.span)
        return facts.start + first, last - first


def decode(
    sources: Sequence[Source],
    folder: Path,
    sample_rate: int,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
    most_clipped: float = CLIPPED,
    channels: int = 1,
) -> Store:
    """Decodes every source that the folder does not hold yet, and opens its store.

    A recording is known by its path, size and time, so what is unchanged is not decoded twice,
    whatever was interrupted and when. What is no good is listed in `dropped` with the reason.

    Raises UserError where the folder cannot be written.
    """
    keys = {_file(source): key_of(source) for source in sources}
    held = read_journal(folder, sample_rate, channels)
    broken: dict[Source, str] = {}
    todo = [source for source, key in keys.items() if key not in held]
    if todo:
        with Journal(folder, sample_rate, channels) as journal:
            held = journal.known
            todo = [source for source in todo if keys[source] not in held]
            done = len(keys) - len(todo)
            for source, result in decoded(todo, sample_rate, workers, channels):
                if isinstance(result, str):
                    broken[source] = result
                else:
                    journal.add(keys[source], *result)
                done += 1
                if progress:
                    progress(done, len(keys))
    facts = {source: held[key] for source, key in keys.items() if key in held}
    no_good = {source: complaint(found, most_clipped) for source, found in facts.items()}
    good = {source: found for source, found in facts.items() if not no_good[source]}
    reasons = {source: broken.get(source) or no_good.get(source, "") for source in keys}
    dropped = {shown(source): reason for source, reason in reasons.items() if reason}
    return Store(folder, sample_rate, sources, good, dropped, channels)


def _file(source: Source) -> Source:
    """What the sources of one recording have in common."""
    return Source(source.path, "", "", minus=source.minus, stream=source.stream, stamp=source.stamp)


def key_of(source: Source) -> str:
    """What the journal knows a recording by: its files, and their size and time."""
    paths = [source.path.absolute(), *([source.minus.absolute()] if source.minus else [])]
    return "|".join((*map(str, paths), source.stream, stamp(source)))


def _scale(facts: Facts | None) -> float:
    return facts.scale if facts else 0.0
