"""A singer: harmonics and breath under the moving envelope of spoken words or of sung vowels."""

from dataclasses import dataclass

import numpy as np
from scipy import signal

from .dsp import Array, resample, wander
from .syllables import Frames, spoken_word, vowel_syllable

FRAME = 200
"""Control frames a second."""


@dataclass(frozen=True)
class Note:
    """One sung syllable: start and length in seconds, pitch in MIDI numbers."""

    start: float
    length: float
    pitch: float
    syllable: str


@dataclass(frozen=True)
class Singer:
    """How a voice sounds; `size` scales the formants (below 1 a longer throat)."""

    model: str  # espeak voice and variant whose words are sung, or "" for sung vowels
    size: float = 1.0
    vibrato: float = 5.5  # Hz
    depth: float = 0.35  # semitones
    breath: float = 0.1  # of the voice
    glide: float = 0.06  # seconds from pitch to pitch
    brightness: float = 0.0  # dB an octave added to the voice above 500 Hz


def sing(
    rng: np.random.Generator, notes: list[Note], singer: Singer, seconds: float, rate: int
) -> Array:
    """The whole melody, one voice, mono."""
    total = int(seconds * FRAME)
    bins = np.linspace(0, 11025, 257)
    voiced, noisy = np.zeros((total, 257)), np.zeros((total, 257))
    for note, after in zip(notes, [*notes[1:], None], strict=True):
        length = note.length if after is None else min(note.length, after.start - note.start)
        frames = syllable(singer, note.syllable, max(length, 0.12))
        start = int(note.start * FRAME)
        stop = min(total, start + len(frames.voiced))
        accent = 10 ** (rng.normal(0, 1.2) / 20)
        voiced[start:stop] += accent * frames.voiced[: stop - start]
        noisy[start:stop] += accent * frames.noisy[: stop - start]
    voiced = warp(voiced, singer) * 10 ** (
        singer.brightness * np.log2(np.maximum(bins, 500) / 500) / 20
    )
    noisy = warp(noisy, singer)
    noisy = noisy + singer.breath * voiced * (0.3 + 0.7 * (bins / 4000) ** 0.5)
    f0 = pitch_curve(rng, notes, singer, total)
    return harmonics(rng, voiced, f0, bins, rate) + breath(rng, noisy, bins, total, rate)


def syllable(singer: Singer, text: str, length: float) -> Frames:
    """Envelope frames of one syllable, stretched in its vowel to the length of the note."""
    source = spoken_word(singer.model, text) if singer.model else vowel_syllable(text, FRAME)
    return source.stretched(max(int(length * FRAME), 12))


def warp(envelope: Array, singer: Singer) -> Array:
    """Scale the formants by the singer's size."""
    bins = envelope.shape[1]
    moved = np.clip(np.arange(bins) / singer.size, 0, bins - 1)
    low = moved.astype(int)
    high, part = np.minimum(low + 1, bins - 1), moved - low
    return (1 - part) * envelope[:, low] + part * envelope[:, high]


def pitch_curve(rng: np.random.Generator, notes: list[Note], singer: Singer, total: int) -> Array:
    """Hz per frame: glides between notes, a vibrato that sets in late, slow drift and jitter."""
    pitch, depth = np.full(total, notes[0].pitch, dtype=float), np.zeros(total)
    for note in notes:
        start, stop = int(note.start * FRAME), min(total, int((note.start + note.length) * FRAME))
        pitch[start:] = note.pitch
        pitch[start : start + 8] -= rng.uniform(0, 0.8)
        held = np.clip((np.arange(max(stop - start, 0)) / FRAME - 0.22) / 0.25, 0, 1)
        depth[start:stop] = singer.depth * held
    width = max(3, int(singer.glide * FRAME) | 1)
    padded = np.pad(pitch, width, mode="edge")
    pitch = np.convolve(padded, np.hanning(width + 2)[1:-1] / np.hanning(width + 2).sum(), "same")[
        width:-width
    ]
    swing = singer.vibrato * (1 + 0.06 * wander(rng, total, 1, FRAME))
    pitch += depth * np.sin(2 * np.pi * np.cumsum(swing) / FRAME)
    pitch += 0.08 * wander(rng, total, 1.5, FRAME) + 0.03 * rng.standard_normal(total)
    return 440 * 2 ** ((pitch - 69) / 12)


def harmonics(
    rng: np.random.Generator, envelope: Array, f0: Array, bins: Array, rate: int
) -> Array:
    """Add sines at every multiple of f0 below 10.5 kHz with the amplitudes of the envelope."""
    n = len(f0) * rate // FRAME
    at, frames = np.arange(n) / (rate / FRAME), np.arange(len(f0))
    phase = 2 * np.pi * np.cumsum(np.interp(at, frames, f0)) / rate
    out, step = np.zeros(n), bins[1]
    for k in range(1, int(10500 / f0.min()) + 1):
        place = np.minimum(k * f0 / step, len(bins) - 1.001)
        low = place.astype(int)
        level = envelope[frames, low] + (place - low) * (
            envelope[frames, low + 1] - envelope[frames, low]
        )
        level = np.where(k * f0 < 10500, level, 0)
        if level.max() > 0:
            out += np.interp(at, frames, level) * np.cos(k * phase + rng.uniform(0, 0.6))
    return out


def breath(rng: np.random.Generator, envelope: Array, bins: Array, total: int, rate: int) -> Array:
    """White noise under the envelope, frame by frame."""
    inner, hop = 22050, 22050 // FRAME
    n = total * hop
    _, _, spectrum = signal.stft(rng.standard_normal(n), inner, nperseg=512, noverlap=512 - hop)
    spectrum[:, : len(envelope)] *= envelope[: spectrum.shape[1]].T
    spectrum[:, len(envelope) :] = 0
    _, noise = signal.istft(spectrum, inner, nperseg=512, noverlap=512 - hop)
    target = total * rate // FRAME
    noise = resample(noise, hop * FRAME, rate)[:target]
    return np.pad(noise, (0, target - len(noise)))
