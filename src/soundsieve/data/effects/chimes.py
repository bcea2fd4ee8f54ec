"""Chimes of navigation and announcements, synthesised: one to three notes in several designs."""

import numpy as np
from numpy.typing import NDArray

CHIMES = 8
"""Numbers between 0 and 1 that make a chime."""
PITCH = (400.0, 1500.0)
"""Hz of the first note."""
NOTE = (0.09, 0.4)
"""Seconds from note to note."""
STEPS = (0.5, 0.667, 0.75, 0.8, 1.25, 1.333, 1.5, 2.0)
"""Pitch of a later note over the first."""
PARTIALS: dict[str, tuple[tuple[float, float, float], ...]] = {
    "sine": ((1, 1, 1),),
    "piano": ((1, 1, 1), (2, 0.5, 1.3), (3, 0.25, 1.7), (4, 0.12, 2.2)),
    "marimba": ((1, 1, 1.5), (3.93, 0.4, 4), (9.2, 0.15, 9)),
    "bell": ((0.5, 0.3, 0.6), (1, 1, 0.8), (1.19, 0.5, 1.2), (2, 0.5, 1.3), (2.74, 0.3, 2)),
    "beep": ((1, 1, 0), (3, 0.33, 0), (5, 0.2, 0), (7, 0.14, 0)),
    "soft beep": ((1, 1, 0), (2, 0.1, 0)),
    "glass": ((1, 1, 0.7), (2.32, 0.4, 1), (4.25, 0.25, 1.6)),
}
"""Designs: pitch over the note's, strength, and speed of decay of each partial."""


def chime(luck: NDArray[np.float64], sample_rate: int) -> NDArray[np.float32]:
    """A chime that these numbers choose, at peak 1; at most 1.7 seconds.

    Shape: `[CHIMES] -> [time]`.

    >>> chime(np.full(CHIMES, 0.5), 16000).dtype
    dtype('float32')
    """
    design = PARTIALS[list(PARTIALS)[int(luck[0] * len(PARTIALS))]]
    notes = 1 + int(luck[1] * 3)
    pitch = PITCH[0] * (PITCH[1] / PITCH[0]) ** luck[2]
    step = NOTE[0] + luck[3] * (NOTE[1] - NOTE[0])
    ring = 0.5 * (0.2 + luck[4])
    ratios = [1.0] + [STEPS[int(luck[5 + k] * len(STEPS))] for k in range(notes - 1)]
    glide = (luck[7] - 0.5) * 0.6 if luck[7] > 0.85 else 0.0
    sound = np.zeros(round((step * (notes - 1) + max(ring, step)) * sample_rate) + 1)
    for number, ratio in enumerate(ratios):
        note = _note(design, pitch * ratio, max(ring, step), step, glide, sample_rate)
        start = round(number * step * sample_rate)
        sound[start : start + len(note)] += note[: len(sound) - start]
    return (sound / max(np.abs(sound).max(), 1e-9)).astype(np.float32)


def _note(
    design: tuple[tuple[float, float, float], ...],
    pitch: float,
    length: float,
    step: float,
    glide: float,
    sample_rate: int,
) -> NDArray[np.float64]:
    """One note; partials past half the sample rate are left out. Shape: `[time]`."""
    time = np.arange(round(length * sample_rate)) / sample_rate
    phase = 2 * np.pi * pitch * (time + glide * time**2 / (2 * length))
    note = np.zeros(len(time))
    for ratio, strength, decay in design:
        if ratio * pitch * (1 + abs(glide)) < sample_rate / 2:
            note += strength * np.sin(ratio * phase) * np.exp(-4 * decay * time / length)
    # A tone that does not decay is held for most of its step.
    off = length if design[0][2] else 0.85 * step
    return note * np.clip(time / 0.004, 0, 1) * np.clip((off - time) / 0.01, 0, 1)
