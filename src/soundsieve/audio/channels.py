"""Recordings of any number of channels brought to another number."""

import torch
from torch import Tensor

_SIDE = 0.5**0.5  # -3 dB, for what is folded into the front from the middle or from behind
FOLDS = {
    6: ((1, 0, _SIDE, 0, _SIDE, 0), (0, 1, _SIDE, 0, 0, _SIDE)),
    8: ((1, 0, _SIDE, 0, _SIDE, 0, _SIDE, 0), (0, 1, _SIDE, 0, 0, _SIDE, 0, _SIDE)),
}
"""From 5.1 and 7.1, in the order of wav files, to two channels, as in ITU-R BS.775."""


def with_channels(audio: Tensor, channels: int) -> Tensor:
    """The same sound in so many channels.

    One channel takes the mean of all, and mono fills every channel. Surround is folded into two; of
    other numbers, the first, third and so on go to the left, the others to the right.

    Shape: `[any, time] -> [channels, time]`.

    >>> with_channels(torch.tensor([[1.0], [3.0]]), 1).tolist()
    [[2.0]]
    >>> with_channels(torch.ones(1, 1), 2).tolist()
    [[1.0], [1.0]]
    """
    count = len(audio)
    if count == channels:
        return audio
    if count == 1:
        return audio.expand(channels, -1)
    if channels == 1:
        return audio.mean(0, keepdim=True)
    if channels == 2:
        return _fold(count).to(audio) @ audio
    raise ValueError(f"expected sound for 1, 2 or its own {count} channels, got {channels}")


def _fold(count: int) -> Tensor:
    """The matrix from more than two channels to two. Shape: `[2, count]`."""
    if count in FOLDS:
        return torch.tensor(FOLDS[count])
    matrix = torch.zeros(2, count)
    matrix[0, ::2], matrix[1, 1::2] = 1 / len(range(0, count, 2)), 1 / len(range(1, count, 2))
    return matrix
