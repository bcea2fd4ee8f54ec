"""The same recording known again, at another level, from another codec, or with silence before it.

A fingerprint is how the level goes up and down in some bands, from the first sound on: copies go
together even in what sounds steady, and two recordings of one thing do not.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SECONDS = 9
"""How much of a recording is compared, at most."""
ALIKE = 0.8
"""Correlation from which two recordings are one."""
Floats = NDArray[np.float32]
_EDGES = (200, 400, 600, 900, 1300, 1900, 2700, 3600)  # Hz, what every codec keeps
_ONSET = 1e-3  # -30 dB under the loudest frame
_RANGE = 1e-5  # -50 dB
_SHORTEST, _LONGEST = 32, 256  # frames, from a second on; shorter sounds are too alike
_SLICE = 4  # frames of one coarse step
_ROUGHLY = 0.55  # coarse correlation from which two recordings are compared in full
_SHIFT = 8  # frames by which two copies may be apart
_LONGER = 16  # frames by which a copy may be longer
_ROWS = 1024


def fingerprint_of(power: Tensor, sample_rate: int) -> Floats:
    """The fingerprint of a recording, no frames where it is too short or silent.

    Shape: `[frame, bin] -> [band, frame]`.
    """
    width = sample_rate / (2 * (power.shape[1] - 1))
    edges = [round(edge / width) for edge in _EDGES]
    parts = [power[:, low:high].sum(1) for low, high in pairwise(edges)]
    bands = torch.stack(parts)
    total = bands.sum(0)
    if len(total) < _SHORTEST or not total.any():
        return np.zeros((len(parts), 0), np.float32)
    onset = int((total > _ONSET * total.max()).nonzero()[0])
    bands = bands[:, onset : onset + _LONGEST]
    if bands.shape[1] < _SHORTEST:
        return np.zeros((len(parts), 0), np.float32)
    return (bands + _RANGE * total.max()).log().numpy()


def same_recordings(prints: Sequence[Floats], stems: Sequence[int]) -> list[tuple[int, int, float]]:
    """Pairs of recordings of different stems that are one, with how alike they are."""
    length, stem = np.array([some.shape[1] for some in prints]), np.asarray(stems)
    coarse = np.stack([_coarse(some) for some in prints])
    found = []
    for start in range(0, len(prints), _ROWS):
        rows = slice(start, start + _ROWS)
        roughly = coarse[rows] @ coarse.T > _ROUGHLY
        fits = np.abs(length[rows, None] - length) <= _LONGER
        for one, other in np.argwhere(roughly & fits & (stem[rows, None] < stem)).tolist():
            alike = _alike(prints[start + one], prints[other])
            if alike >= ALIKE:
                found.append((start + one, other, alike))
    return sorted(found, key=lambda pair: -pair[2])


def _coarse(levels: Floats) -> Floats:
    """Steps of an eighth of a second, of length 1 all together."""
    count = levels.shape[1] // _SLICE
    steps = levels[:, : count * _SLICE].reshape(len(levels), count, _SLICE).mean(2)
    vector = np.pad(_changes(steps), ((0, 0), (0, _LONGEST // _SLICE - count))).ravel()
    return vector / max(float(np.linalg.norm(vector)), 1e-6)


def _alike(one: Floats, other: Floats) -> float:
    """The correlation of two fingerprints at the best of some shifts."""
    best = -1.0
    for shift in range(-_SHIFT, _SHIFT + 1):
        first, second = one[:, max(shift, 0) :], other[:, max(-shift, 0) :]
        size = min(first.shape[1], second.shape[1])
        first, second = _changes(first[:, :size]), _changes(second[:, :size])
        norm = float(np.linalg.norm(first) * np.linalg.norm(second))
        best = max(best, float((first * second).sum()) / max(norm, 1e-6))
    return best


def _changes(levels: Floats) -> Floats:
    """What is left without the colour of the whole and the rise and fall of all bands together."""
    if not levels.size:
        return levels
    levels = levels - levels.mean(0)
    return levels - levels.mean(1, keepdims=True)
