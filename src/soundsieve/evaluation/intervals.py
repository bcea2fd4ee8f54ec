"""Means with bootstrap intervals: how far a score would move on other scenes of the same kind."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean over `n` values and the 95 % interval around it; nan where there is too little."""

    mean: float
    low: float
    high: float
    n: int

    def plain(self) -> dict[str, float | int | None]:
        """As JSON has it, without nan."""
        values = {"mean": self.mean, "low": self.low, "high": self.high}
        return {k: round(v, 4) if math.isfinite(v) else None for k, v in values.items()} | {
            "n": self.n
        }


class Bootstrap:
    """Percentile bootstrap of means, by whole clusters, from one seed.

    The same recordings are heard at every SNR, so what is drawn again is not a score but a scene
    with all its scores. Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """

    def __init__(self, seed: int):
        self.seed = seed
        self._weights: dict[int, NDArray[np.float64]] = {}

    def interval(self, values: NDArray[np.float64], clusters: NDArray[np.int64]) -> Interval:
        """The mean of the values that are no nan, and its interval.

        Shape: `[value], [value]`.
        """
        there = np.isfinite(values)
        values, clusters = values[there], clusters[there]
        if not len(values):
            return Interval(math.nan, math.nan, math.nan, 0)
        names, places = np.unique(clusters, return_inverse=True)
        mean = float(values.mean())
        if len(names) < 2:
            return Interval(mean, math.nan, math.nan, len(values))
        sums, counts = np.bincount(places, values), np.bincount(places)
        weights = self._drawn(len(names))
        means = (weights @ sums) / (weights @ counts)
        low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
        return Interval(mean, float(low), float(high), len(values))

    def _drawn(self, count: int) -> NDArray[np.float64]:
        """How often each cluster is drawn. Shape: `[resample, cluster]`."""
        if count not in self._weights:
            generator = np.random.default_rng([self.seed, count])
            odds = np.full(count, 1 / count)
            self._weights[count] = generator.multinomial(count, odds, RESAMPLES).astype(float)
        return self._weights[count]
