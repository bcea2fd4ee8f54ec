"""A light classifier of cuts, fitted to a pool's own labels and asked only about groups it lacks.

Ridge regression on random features: fitted in one go, so that the answer for every fifth of the
groups comes from the other four at little cost. Labels may be wrong; that a recording's own label
is never among those it is judged by is what makes wrong ones stand out. After Northcutt, Jiang and
Chuang, "Confident learning", JAIR 2021, and Rahimi and Recht, "Random features for large-scale
kernel machines", NeurIPS 2007.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

FOLDS = 5
FEATURES = 600
_PENALTY = 0.01
_FARTHEST = 4.0  # spreads from the middle; a strange cut is not to decide alone
_SHARP = 1.0  # of the kernel, in spreads
_LINEAR, _CONSTANT = 0.06, 0.2  # sizes of the cues themselves, and of 1, beside the random features


def judge(
    cues: Tensor, labels: Sequence[int], groups: Sequence[str], seed: int = 0
) -> NDArray[np.float32]:
    """How much each cut is like each class, about 0 to 1, by the cuts of other groups.

    Shape: `[cut, cue] -> [cut, class]`.
    """
    label = torch.tensor(labels)
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    fold = torch.from_numpy(np.random.default_rng(seed).permutation(len(names)) % FOLDS)[group]
    features = _features(cues.double(), seed)
    truth = torch.nn.functional.one_hot(label).double()
    weight = _weights(label, torch.from_numpy(group))
    weighted = features * weight[:, None]
    parts = [fold == number for number in range(FOLDS)]
    squares = torch.stack([weighted[part].T @ features[part] for part in parts])
    products = torch.stack([weighted[part].T @ truth[part] for part in parts])
    scores = torch.zeros_like(truth)
    for number, part in enumerate(parts):
        square, product = squares.sum(0) - squares[number], products.sum(0) - products[number]
        ridge = _PENALTY * square.diagonal().mean() * torch.eye(len(square), dtype=torch.float64)
        scores[part] = features[part] @ torch.linalg.solve(square + ridge, product)
    return scores.float().numpy()


def _features(cues: Tensor, seed: int) -> Tensor:
    """Cosines of random sums of the cues, the cues, and a constant. Shape: `[cut, feature]`."""
    middle = cues.median(0).values
    typical = 1.48 * (cues - middle).abs().median(0).values  # of a normal law, its spread
    spread = torch.maximum(typical, 0.3 * cues.std(0)).clamp_min(1e-6)
    cues = ((cues - middle) / spread).clamp(-_FARTHEST, _FARTHEST)
    generator = torch.Generator().manual_seed(seed)
    count = cues.shape[1]
    mix = torch.randn(count, FEATURES, generator=generator).double() * _SHARP / count**0.5
    phase = 2 * torch.pi * torch.rand(FEATURES, generator=generator).double()
    waves = torch.cos(cues @ mix + phase) * (2 / FEATURES) ** 0.5
    return torch.cat([waves, _LINEAR * cues, torch.full_like(cues[:, :1], _CONSTANT)], 1)


def _weights(label: Tensor, group: Tensor) -> Tensor:
    """All classes count the same, and in a class a group as the root of its cuts."""
    weight = torch.bincount(group).double()[group].rsqrt()
    total = torch.zeros(int(label.max()) + 1).double().index_add(0, label, weight)
    return weight / total[label]
