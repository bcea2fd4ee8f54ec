"""A bank of room impulse responses, made from a seed in about a second, without a library.

The first reflections are image sources of a shoebox (Allen & Berkley, "Image method for
efficiently simulating small-room acoustics", JASA 1979); from there on a room is a diffuse field,
so its tail is noise that decays by 60 dB in T60 (Polack), faster at high frequencies.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

SPEED = 343.0
"""Of sound, in metres a second."""
MIXING = (0.03, 0.06)
"""Seconds after the direct sound between which reflections go over into the diffuse tail."""
T60 = (0.1, 1.2)
"""Seconds: the driest and the most reverberant room."""
BANDS = {0.0: 1.1, 400.0: 1.0, 3000.0: 0.8, 6000.0: 0.6, 12000.0: 0.4}
"""Decay time over T60, by the Hz from which it holds; T60 is that of the middle."""
ABSORPTION = 0.161
"""Of Sabine's formula, in seconds a metre."""


@dataclass(frozen=True, eq=False)
class Bank:
    """Responses of rooms, their direct sound 1 and at sample 0."""

    sample_rate: int
    t60: NDArray[np.float64]
    """Seconds. Shape: `[room]`."""
    responses: NDArray[np.float32]
    """Shape: `[room, place, time]`."""


@cache
def room_bank(sample_rate: int, rooms: int = 48, places: int = 4, seed: int = 0) -> Bank:
    """The bank of a seed: rooms whose T60 is spread evenly on a logarithmic axis."""
    rng = np.random.default_rng(seed)
    t60 = np.geomspace(*T60, rooms)
    time = round(T60[1] * sample_rate)
    found = np.stack([_room(rng, t, places, time, sample_rate) for t in t60])
    return Bank(sample_rate, t60, found)


def _room(
    rng: np.random.Generator, t60: float, places: int, time: int, sample_rate: int
) -> NDArray[np.float32]:
    """The responses of one room. Shape: `[place, time]`."""
    # A room that rings for long is a large one.
    size = rng.uniform((2.5, 2.2, 2.3), (5.0, 4.0, 3.0)) * (0.8 + t60)
    volume, walls = size.prod(), 2 * (size[[0, 1, 2]] * size[[1, 2, 0]]).sum()
    reflection = np.exp(-ABSORPTION * volume / (2 * walls * t60))  # Eyring, of pressure
    microphone = rng.uniform(0.25, 0.75, 3) * size
    reach = np.minimum(rng.uniform(0.3, 0.95, places) ** 2 * 3.5, 0.45 * size.min())
    way = rng.standard_normal((places, 3)) * (1, 1, 0.3)
    way *= (reach / np.linalg.norm(way, axis=1))[:, None]
    sources = np.clip(microphone + way, 0.1, size - 0.1)
    distance = np.linalg.norm(sources - microphone, axis=1)
    early = np.stack(
        [_images(rng, size, source, microphone, reflection, sample_rate) for source in sources]
    )
    # The energy of the diffuse field over that of the direct sound, at that distance.
    energy = distance**2 * 16 * np.pi * (1 - reflection**2) ** -1 * reflection**2 / walls
    tail = _tail(rng, places, t60, time, sample_rate)
    tail *= np.sqrt(energy * 13.8 / (t60 * sample_rate))[:, None]
    first, last = (round(edge * sample_rate) for edge in MIXING)
    fade = np.clip((np.arange(time) - first) / (last - first), 0, 1)
    response = tail * np.sin(fade * np.pi / 2)
    response[:, :last] += early * np.cos(fade[:last] * np.pi / 2)
    response[:, 0] = 1.0
    return response.astype(np.float32)


def _images(
    rng: np.random.Generator,
    size: NDArray,
    source: NDArray,
    microphone: NDArray,
    reflection: float,
    sample_rate: int,
) -> NDArray:
    """Reflections of a source in the walls, up to the end of mixing. Shape: `[time]`."""
    frames = round(MIXING[1] * sample_rate)
    direct = np.linalg.norm(source - microphone)
    far = MIXING[1] * SPEED + direct
    axes, bounces = [], []
    for length, here, there in zip(size, source, microphone, strict=True):
        n = np.arange(-int(far / (2 * length)) - 1, int(far / (2 * length)) + 2)
        axes.append(np.concatenate([2 * n * length + here, 2 * n * length - here]) - there)
        bounces.append(np.concatenate([2 * np.abs(n), np.abs(2 * n - 1)]))
    squares = [axis**2 for axis in axes]
    away = np.sqrt(squares[0][:, None, None] + squares[1][:, None] + squares[2]).ravel()
    count = (bounces[0][:, None, None] + bounces[1][:, None] + bounces[2]).ravel()
    at = np.round((away - direct) / SPEED * sample_rate).astype(int)
    heard = (at < frames) & (count > 0)
    away, count, at = away[heard], count[heard], at[heard]
    # Real walls turn the phase here and there; all of one sign would add up to a thump.
    sign = np.where(rng.random(len(at)) < 0.5, -1, 1)
    strength = direct / away * reflection**count * np.where(count > 1, sign, 1)
    return np.bincount(at, strength, frames)


def _tail(
    rng: np.random.Generator, places: int, t60: float, time: int, sample_rate: int
) -> NDArray:
    """Decaying noise, of unit power at its beginning. Shape: `[place, time]`."""
    spectrum = np.fft.rfft(rng.standard_normal((places, time)))
    frequency = np.fft.rfftfreq(time, 1 / sample_rate)
    edges = [edge for edge in BANDS if edge < sample_rate / 2]
    tail = np.zeros((places, time))
    for low, high in zip(edges, [*edges[1:], np.inf], strict=True):
        inside = (frequency >= low) & (frequency < high)
        decay = np.exp(-6.9078 * np.arange(time) / (BANDS[low] * t60 * sample_rate))
        tail += np.fft.irfft(spectrum * inside, time) * decay
    return tail
