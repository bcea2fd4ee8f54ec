"""Pauses of talkers, and prompts as events: silence, chime, voice, silence."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.data.draws import Draws, Floats
from soundsieve.data.effects.chimes import CHIMES, chime

PAUSE = (0.3, 1.2)
"""Seconds that a talker pauses."""
WAIT = (0.0, 1.2)
"""Seconds of silence before an event."""
GAP = (0.05, 0.3)
"""Seconds between chime and voice."""
CHIME = 0.6
"""Odds that a chime comes before the voice."""
END = 0.5
"""Odds that an event ends inside the scene, at a breath of its voice."""
CHIME_LEVEL = (-10.0, 3.0)
"""Decibels of a chime's peak over the voice's."""
SEARCH = 0.25
"""Seconds on either side in which a quiet moment is looked for, to cut there."""
FADE = 0.004
"""Seconds of fade on either side of a cut."""


def draw_pauses(draws: Draws, stems: int, odds: float) -> tuple[Floats, Floats]:
    """Where each pause begins, as a part of the scene, and its seconds (0 for none).

    Shape: `[scene, stem], [scene, stem]`.
    """
    seconds = draws.uniform("pause/length", stems, *PAUSE)
    at = draws.uniform("pause/at", stems, 0.1, 0.9)
    return at, np.where(draws.chance("pause/on", odds, stems), seconds, 0.0)


def pause(audio: Tensor, at: Floats, seconds: Floats, sample_rate: int) -> Tensor:
    """Rows with a gap in each, opened at a quiet moment; what follows comes later.

    Shape: `[row, channel, time], [row], [row] -> [row, channel, time]`.
    """
    result = audio.clone()
    for row in np.flatnonzero(seconds):
        begin = quiet_moment(audio[row], int(at[row] * audio.shape[-1]), sample_rate)
        result[row] = _opened(audio[row], begin, round(seconds[row] * sample_rate), sample_rate)
    return result


@dataclass(frozen=True)
class Events:
    """How prompts are placed in their scenes.

    Shape: `[scene]` each, `sound [scene, CHIMES]`.
    """

    on: NDArray[np.bool_]
    wait: Floats
    chime: NDArray[np.bool_]
    gap: Floats
    level: Floats
    end: Floats
    """Part of the scene after which the voice stops at its next breath; 1 for never."""
    sound: Floats

    def __getitem__(self, scenes: NDArray) -> "Events":
        return Events(*(getattr(self, name)[scenes] for name in self.__dataclass_fields__))


def draw_events(draws: Draws, odds: float) -> Events:
    """Whether and how the prompts of each scene are an event."""
    ends = draws.chance("event/ends", END)[:, 0]
    return Events(
        draws.chance("event/on", odds)[:, 0],
        draws.uniform("event/wait", 1, *WAIT)[:, 0],
        draws.chance("event/chime", CHIME)[:, 0],
        draws.uniform("event/gap", 1, *GAP)[:, 0],
        draws.uniform("event/level", 1, *CHIME_LEVEL)[:, 0],
        np.where(ends, draws.uniform("event/end", 1, 0.4, 0.9)[:, 0], 1.0),
        draws.uniform("event/sound", CHIMES),
    )


def place(audio: Tensor, events: Events, sample_rate: int) -> Tensor:
    """Rows of prompts as events.

    Shape: `[row, channel, time] -> [row, channel, time]`.
    """
    result = audio.clone()
    for row in np.flatnonzero(events.on):
        result[row] = _event(audio[row], events, int(row), sample_rate)
    return result


def _event(voice: Tensor, events: Events, row: int, sample_rate: int) -> Tensor:
    time, wait = voice.shape[-1], round(events.wait[row] * sample_rate)
    sound = chime(events.sound[row], sample_rate) if events.chime[row] else np.zeros(0, np.float32)
    sound = torch.from_numpy(sound).to(voice.device)[: max(time - wait, 0)]
    gap = round(events.gap[row] * sample_rate) if len(sound) else 0
    placed = _opened(voice, 0, wait + len(sound) + gap, sample_rate)
    if events.end[row] < 1:
        end = quiet_moment(placed, int(events.end[row] * time), sample_rate)
        placed = torch.cat([_faded(placed[:, :end], sample_rate, False), 0 * placed[:, end:]], -1)
    peak = voice.abs().amax() * 10 ** (events.level[row] / 20)
    placed[:, wait : wait + len(sound)] += peak * sound
    return placed


def quiet_moment(audio: Tensor, near: int, sample_rate: int) -> int:
    """The middle of the quietest 20 ms within a quarter of a second. Shape: `[channel, time]`."""
    size, reach = round(0.02 * sample_rate), round(SEARCH * sample_rate)
    first = min(max(near - reach, 0), max(audio.shape[-1] - size, 0))
    window = audio[:, first : near + reach]
    count = window.shape[-1] // size
    if not count:
        return near
    power = window[:, : count * size].unflatten(-1, (count, size)).square().sum((0, 2))
    return first + int(power.argmin()) * size + size // 2


def _opened(audio: Tensor, at: int, length: int, sample_rate: int) -> Tensor:
    """A gap of silence opened at a sample. Shape: `[channel, time] -> [channel, time]`."""
    time = audio.shape[-1]
    length = min(length, time - at)
    before = _faded(audio[:, :at], sample_rate, False)
    after = _faded(audio[:, at : time - length], sample_rate, True)
    return torch.cat([before, audio.new_zeros(len(audio), length), after], -1)


def _faded(audio: Tensor, sample_rate: int, rising: bool) -> Tensor:
    """A copy with a short ramp at its beginning, or at its end. Shape: `[channel, time]`."""
    audio, size = audio.clone(), min(round(FADE * sample_rate), audio.shape[-1])
    ramp = (torch.arange(size, device=audio.device) + 0.5) / max(size, 1)
    if rising:
        audio[:, :size] *= ramp
    else:
        audio[:, audio.shape[-1] - size :] *= ramp.flip(0)
    return audio
