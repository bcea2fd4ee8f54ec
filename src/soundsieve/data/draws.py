"""Random draws that are a function of (seed, scene, name) and of nothing else.

A counter-based generator (SplitMix64: Steele, Lea & Flood, "Fast splittable pseudorandom number
generators", OOPSLA 2014) needs no state, so a scene is the same in any batch, worker or order, and
each kind of draw has its own stream: switching one effect off changes no other.
"""

import zlib
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from soundsieve.law import Law

Floats = NDArray[np.float64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Draws:
    """The draws of a batch of scenes. Every method gives `[scene, count]`."""

    def __init__(self, seed: int, scenes: Sequence[int]):
        self.scenes = np.asarray(scenes, np.uint64)
        # Arrays throughout: their arithmetic is modulo 2**64, where that of scalars warns.
        self._keys = _mix(
            self.scenes + _mix(np.array([seed % 2**64], np.uint64) * _GOLDEN + _GOLDEN)
        )

    def __len__(self) -> int:
        return len(self.scenes)

    def uniform(self, name: str, count: int = 1, low: float = 0.0, high: float = 1.0) -> Floats:
        """Uniform between low and high.

        >>> bool(Draws(0, [7, 8]).uniform("snr")[1, 0] == Draws(0, [8]).uniform("snr")[0, 0])
        True
        """
        stream = _mix(self._keys ^ _key(name))
        bits = _mix(stream[:, None] + np.arange(1, count + 1, dtype=np.uint64) * _GOLDEN)
        return low + (high - low) * ((bits >> np.uint64(11)).astype(np.float64) / 2**53)

    def normal(self, name: str, count: int = 1, mean: float = 0.0, std: float = 1.0) -> Floats:
        """Normal (Box-Muller)."""
        radius = np.sqrt(-2 * np.log1p(-self.uniform(name, count)))
        return mean + std * radius * np.cos(2 * np.pi * self.uniform(name + "/angle", count))

    def chance(self, name: str, odds: float, count: int = 1) -> NDArray[np.bool_]:
        """True with the odds given."""
        return self.uniform(name, count) < odds

    def law(self, name: str, law: Law, count: int = 1) -> Floats:
        """What a law of the recipe says."""
        if law.kind == "fixed":
            return np.full((len(self), count), law.values[0])
        if law.kind == "uniform":
            return self.uniform(name, count, *law.values)
        if law.kind == "normal":
            return self.normal(name, count, *law.values)
        picked = (self.uniform(name, count) * len(law.values)).astype(int)
        return np.asarray(law.values)[picked]


@cache
def _key(name: str) -> NDArray[np.uint64]:
    return _mix(np.array([zlib.crc32(name.encode())], np.uint64) * _GOLDEN)


def _mix(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
