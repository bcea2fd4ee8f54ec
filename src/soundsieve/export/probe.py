"""Sound to try a model with, of known parts: voices, chords, hiss and chimes at many levels."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from soundsieve.stems import STEMS

LEVELS = (-12.0, -40.0, -6.0, -26.0, 3.0)
"""dB of the stretches, in turn: loud, faint, clipped."""
SILENCE = 0.1
"""Share of each stretch, at its end, that is digital silence."""


def probe(scope: Sequence[str], seconds: float, sample_rate: int, seed: int = 0) -> Tensor:
    """A part for each stem of a scope; their sum is the mixture. Shape: `-> [stem, time]`."""
    generator = torch.Generator().manual_seed(seed)
    time = torch.arange(int(seconds * sample_rate)) / sample_rate
    parts = torch.stack([_part(stem, time, generator) for stem in scope])
    stretches = parts.split(-(-parts.shape[1] // len(LEVELS)), 1)
    return torch.cat(
        [_at_level(part, level) for part, level in zip(stretches, LEVELS, strict=False)], 1
    )


def _part(stem: str, time: Tensor, generator: torch.Generator) -> Tensor:
    """Sound of the kind of a stem, at about -15 dBFS; a stem of the user's own becomes a hiss."""
    top = STEMS.path(stem)[1] if stem in STEMS else "noise"
    offset = 10 * torch.rand((), generator=generator)
    if top == "speech":
        pitch = 140 + 40 * torch.sin(2 * math.pi * 0.4 * time + offset)
        syllables = torch.sin(math.pi * 4 * time + offset).clamp_min(0)
        return syllables * _harmonics(pitch, time, 20)
    if top == "music":
        notes = (110.0, 138.6, 164.8, 220.0)
        chord = torch.stack([_harmonics(torch.full_like(time, note), time, 8) for note in notes])
        return 0.4 * torch.exp(-3 * ((time + offset) % 0.75)) * chord.sum(0)
    if top == "prompts":
        chime = _harmonics(torch.full_like(time, 660.0), time, 3)
        return ((time + offset) % 4 < 0.6) * chime
    return 0.1 * torch.randn(len(time), generator=generator)


def _harmonics(pitch: Tensor, time: Tensor, count: int) -> Tensor:
    """A buzz of partials that fall off as 1/n. `pitch` is in Hz."""
    phase = 2 * math.pi * torch.cumsum(pitch.double(), 0) * (time[1] - time[0]).double()
    partials = [0.2 / n * torch.sin(n * phase) for n in range(1, count + 1)]
    return torch.stack(partials).sum(0).float()


def _at_level(parts: Tensor, level: float) -> Tensor:
    """The stretch at a level, its end silent, and clipped where its sum passes full scale."""
    parts = parts * 10 ** (level / 20)
    parts[:, int((1 - SILENCE) * parts.shape[1]) :] = 0
    mixture = parts.sum(0)
    return parts * (mixture.clamp(-1, 1) / torch.where(mixture == 0, 1.0, mixture))
