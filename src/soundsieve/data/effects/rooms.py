"""Rooms: a scene in one, each stem at its place in it, and speech split into early and late."""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.data.draws import Draws, Floats
from soundsieve.data.effects.bank import Bank
from soundsieve.law import Law

EARLY = 0.05
"""Seconds after the direct sound whose reflections help speech and stay with it."""
SPLIT = 0.004
"""Seconds over which the early part goes over into the late one."""
AS_RECORDED = {"noise": 0.5, "music": 0.3}
"""Odds that a stem stays out of the room: its recording has one of its own."""
TABLE = 2**24
"""Samples of all transfer functions of a bank that are kept in memory; longer ones are not."""


def draw_rooms(
    draws: Draws, bank: Bank, stems: Sequence[str], tops: Sequence[str], odds: float, t60: Law
) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """The room of each scene, the place of each stem in it (-1 for none), its T60 (nan for none).

    The parts of a song share a place. Shape: `[scene], [scene, stem], [scene]`.
    """
    asked = draws.law("room/t60", t60)[:, 0]
    distance = np.abs(np.log(bank.t60 / np.maximum(asked, 0.05)[:, None]))
    # Whichever comes among the rooms of about this T60.
    room = np.argmin(distance + draws.uniform("room/which", len(bank.t60), 0, 0.1), 1)
    inside = draws.chance("room/on", odds)
    places = np.full((len(draws), len(stems)), -1)
    for column, (stem, top) in enumerate(zip(stems, tops, strict=True)):
        name = "music" if top == "music" else stem
        luck = draws.uniform(f"room/place/{name}", 2)
        place = (luck[:, 0] * bank.responses.shape[1]).astype(np.intp)
        there = inside[:, 0] & (luck[:, 1] >= AS_RECORDED.get(top, 0.0))
        places[:, column] = np.where(there, place, -1)
    return room, places, np.where(inside[:, 0], bank.t60[room], np.nan)


def responses(bank: Bank, room: NDArray, place: NDArray, frames: int) -> Tensor:
    """Transfer functions from these places of these rooms, over `frames` samples.

    Shape: `[row], [row] -> [row, bin]`.
    """
    if bank.responses[..., 0].size * frames <= TABLE:
        return _table(bank, frames, False)[room, place]
    return torch.fft.rfft(_folded(torch.from_numpy(bank.responses[room, place]), frames))


def early_responses(bank: Bank, room: NDArray, place: NDArray, frames: int) -> Tensor:
    """The same without what comes later than `EARLY`. Shape: `[row], [row] -> [row, bin]`."""
    if bank.responses[..., 0].size * frames <= TABLE:
        return _table(bank, frames, True)[room, place]
    window = early_window(bank.sample_rate)
    early = torch.from_numpy(bank.responses[room, place, : len(window)]) * window
    return torch.fft.rfft(_folded(early, frames))


def early_window(sample_rate: int) -> Tensor:
    """One up to the end of the early part, then a short way down to nothing. Shape: `[time]`."""
    flat, slope = round(EARLY * sample_rate), round(SPLIT * sample_rate)
    window = torch.ones(flat + slope)
    window[flat:] = 0.5 + 0.5 * torch.cos(math.pi * (torch.arange(slope) + 0.5) / slope)
    return window


@lru_cache(maxsize=4)
def _table(bank: Bank, frames: int, early: bool) -> Tensor:
    """All transfer functions of a bank, made once. Shape: `[room, place, bin]`."""
    window = early_window(bank.sample_rate) if early else torch.ones(bank.responses.shape[-1])
    heard = torch.from_numpy(bank.responses[..., : len(window)]) * window
    return torch.fft.rfft(_folded(heard, frames))


def _folded(response: Tensor, frames: int) -> Tensor:
    """A response no longer than a segment: its end comes round to the beginning.

    Convolution by a product of spectra is circular: a segment begins in the tail of its own end, as
    a cut from a longer recording begins in the tail of what was before.
    """
    time = response.shape[-1]
    if time <= frames:
        return torch.nn.functional.pad(response, (0, frames - time))
    padded = torch.nn.functional.pad(response, (0, -time % frames))
    return padded.unflatten(-1, (-1, frames)).sum(-2)
