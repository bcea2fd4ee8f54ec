"""The true bandwidth of recordings, and a band limit at the lowest among those of a scene."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from soundsieve.data.draws import Draws, Floats
from soundsieve.data.pool import Entry, Pool

FRAME = 1024
FRAMES = 64
"""Frames of a recording that are looked at, spread over it."""
RANGE = 78.0
"""Decibels under the loudest band beyond which there is no sound: resampling leaves that much."""
FULL = 0.9
"""Part of half the sample rate from which a recording counts as having the full band."""
LOWEST = 3000.0
"""Hz: what ends below is a low sound, as no channel cuts there."""
CLIFF = (25.0, 500.0)
"""Decibels of a fall, and the Hz within, that no sound has by itself."""
GROUP = 8
"""Bins of one point of the curve in which cliffs are looked for."""


def bandwidth_of(pcm: NDArray[np.int16], sample_rate: int) -> float:
    """The frequency in Hz up to which a recording has sound, half the sample rate where it has all.

    A lower sample rate or a codec leaves a cliff: above it there is nothing, or little and all of a
    sudden. A dull but whole recording falls gently, down to its noise.

    Shape: `[time, channel]`.
    """
    if len(pcm) < FRAME:
        return sample_rate / 2
    starts = np.linspace(0, len(pcm) - FRAME, FRAMES).astype(int)
    frames = pcm[starts[:, None] + np.arange(FRAME)].mean(-1, dtype=np.float32)
    window = np.hanning(FRAME).astype(np.float32)
    power = np.abs(np.fft.rfft(frames * window)) ** 2
    loud = np.quantile(power, 0.97, axis=0)
    rounding = float((window**2).sum()) / 12
    heard = loud > max(loud.max() * 10 ** (-RANGE / 10), 30 * rounding)
    if not heard.any():
        return sample_rate / 2
    edge = (np.flatnonzero(heard)[-1] + 1) * sample_rate / FRAME
    edge = min(edge, _cliff(loud, sample_rate))
    return float(edge) if LOWEST <= edge < FULL * sample_rate / 2 else sample_rate / 2


def _cliff(loud: NDArray[np.floating], sample_rate: int) -> float:
    """The first frequency after which a spectrum falls suddenly and for good, else infinity."""
    width = GROUP * sample_rate / FRAME
    count, reach = len(loud) // GROUP, round(CLIFF[1] / width)
    level = 10 * np.log10(loud[: count * GROUP].reshape(count, GROUP).mean(1) + 1)
    above = np.maximum.accumulate(level[::-1])[::-1]
    fall = level[:-reach] - above[reach:]
    if fall.max() < CLIFF[0]:
        return np.inf
    first = int(np.argmax(fall >= CLIFF[0]))
    middle = (level[first] + above[first + reach]) / 2
    return float((first + np.argmax(level[first:] < middle)) * width)


class Bandwidths:
    """The bandwidths of a pool's recordings, each measured when it is first asked for."""

    def __init__(self, pool: Pool):
        self.pool = pool
        self._known: dict[int, float] = {}

    def of(self, entry: Entry) -> float:
        """The bandwidth of an entry in Hz: the widest of its rows."""
        return max(self._row(row) for row in entry.rows)

    def _row(self, row: int) -> float:
        if row not in self._known:
            store = self.pool.store
            self._known[row] = bandwidth_of(store.pcm_of(row), store.sample_rate)
        return self._known[row]


def draw_guards(
    draws: Draws,
    odds: float,
    used: Sequence[Mapping[str, Entry]],
    speed: Floats,
    scope: Sequence[str],
    bandwidths: Bandwidths,
) -> Floats:
    """The lowest bandwidth among the sources of each scene in Hz, infinite where no guard is drawn.

    Shape: `[scene]`; `speed [scene, stem]` is how much faster each source is played.
    """
    edges = np.full(len(draws), np.inf)
    for scene in np.flatnonzero(draws.chance("guard", odds)[:, 0]).tolist():
        for stem, entry in used[scene].items():
            edge = bandwidths.of(entry)
            if edge < bandwidths.pool.sample_rate / 2:
                edges[scene] = min(edges[scene], edge * speed[scene, scope.index(stem)])
    return edges
