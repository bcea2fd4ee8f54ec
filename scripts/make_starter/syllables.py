"""Spectral envelopes of syllables: of words that espeak-ng speaks, or from formant tables."""

import subprocess
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

from .dsp import Array

BINS = np.linspace(0, 11025, 257)


@dataclass(frozen=True)
class Frames:
    """Amplitude envelopes of a syllable.

    Shape: `voiced`, `noisy` [frame, bin]; `head`, `tail`: frames before and after the vowel.
    """

    voiced: Array
    noisy: Array
    head: int
    tail: int

    def stretched(self, length: int) -> "Frames":
        """The same syllable in `length` frames: consonants keep their time, the vowel gives."""
        frames = len(self.voiced)
        head, tail = self.head, self.tail
        if head + tail + 4 > length:
            share = (length - 4) / (head + tail)
            head, tail = int(head * share), int(tail * share)
        inner = np.linspace(self.head, frames - self.tail - 1, length - head - tail)
        place = np.concatenate([np.linspace(0, self.head, head, endpoint=False), inner,
                                np.linspace(frames - self.tail, frames - 1, tail)])  # fmt: skip
        low = np.clip(place.astype(int), 0, frames - 2)
        part = (place - low)[:, None]
        fade = np.minimum(1, np.minimum(np.arange(length) + 1, np.arange(length)[::-1] + 1) / 4)[
            :, None
        ]
        voiced, noisy = (
            ((1 - part) * e[low] + part * e[low + 1]) * fade for e in (self.voiced, self.noisy)
        )
        return Frames(voiced, noisy, head, tail)


@lru_cache(maxsize=4096)
def spoken_word(model: str, text: str) -> Frames:
    """Analyse one word spoken on one pitch by espeak-ng; 200 frames a second."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "word.wav"
        flat = f"<speak><prosody range='0%'>{text}</prosody></speak>"
        subprocess.run(
            ["espeak-ng", "-m", "-v", model, "-s", "135", "-w", str(path), flat], check=True
        )
        audio, rate = soundfile.read(path)
    loud = np.flatnonzero(np.abs(audio) > 0.01 * np.abs(audio).max())
    audio = audio[loud[0] : loud[-1]] / np.abs(audio).max()
    hop, size = rate // 200, 882
    audio = np.pad(audio, (size // 2, size))
    cuts = np.arange(0, len(audio) - size, hop)
    frames = np.stack([audio[cut : cut + size] for cut in cuts])
    period, voicing = pitch_of(frames, rate)
    shape = envelope_of(frames, period, rate)
    rms = np.sqrt(
        np.mean((frames * np.hanning(size)) ** 2, axis=1) / np.mean(np.hanning(size) ** 2)
    )
    mix = np.clip((voicing - 0.35) / 0.3, 0, 1)
    hz = rate / period
    comb = np.sqrt(np.sum(shape**2, axis=1) * BINS[1] / hz / 2)
    voiced = shape * (rms / (comb + 1e-9) * mix)[:, None]
    noisy = (
        shape * (rms / (np.sqrt(np.mean(shape**2, axis=1)) + 1e-9) * np.sqrt(1 - mix**2))[:, None]
    )
    energy = np.convolve(rms * mix, np.ones(5) / 5, "same")
    vowel = np.flatnonzero(energy > 0.7 * energy.max())
    head, tail = int(vowel[0]), len(frames) - 1 - int(vowel[-1])
    return Frames(voiced, noisy, head, max(tail, 1))


def pitch_of(frames: Array, rate: int) -> tuple[float, Array]:
    """The period in samples of the whole word, and how periodic each frame is (0 to 1)."""
    spectrum = np.fft.rfft(frames * np.hanning(frames.shape[1]), 2048)
    lags = np.fft.irfft(np.abs(spectrum) ** 2)[:, : rate // 60]
    window = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(frames.shape[1]), 2048)) ** 2)[: rate // 60]
    lags = lags / (lags[:, :1] + 1e-9) / (window / window[0])
    energy = np.mean(frames**2, axis=1)
    low = rate // 400
    period = low + int(np.argmax(np.average(lags, axis=0, weights=energy)[low : rate // 65]))
    near = lags[:, int(period * 0.93) : int(period * 1.07) + 2]
    return float(period), np.clip(near.max(axis=1), 0, 1) * (energy > 1e-5)


def envelope_of(frames: Array, period: float, rate: int) -> Array:
    """Smooth amplitude spectra by cutting the cepstrum below the pitch period.

    Shape: frames [frame, time] -> [frame, bin] on the grid BINS.
    """
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(frames.shape[1]), 2048)) + 1e-4
    width = max(3, round(2048 / period) | 1)
    smooth = signal.fftconvolve(spectrum, np.ones((1, width)) / width, mode="same", axes=1)
    cepstrum = np.fft.irfft(np.log(np.maximum(smooth, 1e-5)))
    keep = int(0.55 * period)
    cepstrum[:, keep:-keep] = 0
    hz = np.fft.rfftfreq(2048, 1 / rate)
    shape = np.exp(np.fft.rfft(cepstrum).real)
    return np.stack([np.interp(BINS, hz, row) for row in shape])


VOWELS = {
    "a": (800, 1200, 2700, 3500, 4700), "e": (480, 1900, 2600, 3500, 4600),
    "i": (300, 2250, 3000, 3600, 4700), "o": (460, 850, 2600, 3400, 4600),
    "u": (330, 750, 2400, 3300, 4500), "y": (310, 1700, 2200, 3300, 4500),
}  # fmt: skip
SONORANTS = {
    "m": (250, 1000, 2200, 3200, 4400), "n": (270, 1500, 2500, 3300, 4400),
    "l": (360, 1100, 2700, 3400, 4500), "r": (400, 1150, 1600, 3200, 4400),
    "w": (300, 650, 2300, 3300, 4500), "j": (280, 2200, 2900, 3500, 4700),
}  # fmt: skip
FRICATIVES = {"s": (7000, 2000), "x": (3200, 1300), "f": (6000, 4500), "h": (1500, 1800)}
STOPS = {"d": (4000, 1500), "t": (4500, 1800), "k": (2000, 700), "b": (900, 600), "p": (1000, 700)}


def vowel_syllable(text: str, rate: int) -> Frames:
    """A consonant and a vowel, such as `la`, `du` or `xa` (x is sh); `rate` is frames a second."""
    consonant, vowel = (text[0], text[1]) if len(text) > 1 else ("", text[0])
    onset = {"": 4}.get(consonant, int(0.09 * rate))
    total = onset + rate // 2
    start = np.array(SONORANTS.get(consonant, VOWELS[vowel]), dtype=float)
    move = np.clip((np.arange(total) - onset + 4) / 10, 0, 1)[:, None]
    formants = (1 - move) * start + move * np.array(VOWELS[vowel], dtype=float)
    voice = np.ones(total)
    noisy = np.zeros((total, len(BINS)))
    if consonant in SONORANTS:
        voice[:onset] = 0.35
    if consonant in FRICATIVES:
        voice[:onset] = 0
        centre, width = FRICATIVES[consonant]
        hiss = np.exp(-(((BINS - centre) / width) ** 2) / 2)
        noisy[:onset] = 0.12 * hiss * np.sin(np.linspace(0.2, np.pi, onset))[:, None]
    if consonant in STOPS:
        voice[:onset] = 0.1 if consonant in "db" else 0
        centre, width = STOPS[consonant]
        noisy[onset - 4 : onset + 3] = 0.25 * np.exp(-(((BINS - centre) / width) ** 2) / 2)
    voice = np.convolve(np.pad(voice, 3, mode="edge"), np.ones(7) / 7, "valid")
    return Frames(voice[:, None] * resonances(formants), noisy, onset + 6, 10)


def resonances(formants: Array) -> Array:
    """Amplitudes of a glottal source (-12 dB an octave, +6 at the lips) through a throat.

    Four fixed resonators above the given five keep the treble from falling off where they end.

    Shape: [frame, 5] -> [frame, bin]
    """
    widths = np.array([70, 90, 130, 180, 250, 350, 450, 550, 650])
    upper = np.broadcast_to([5700.0, 6800.0, 7900.0, 9000.0], (len(formants), 4))
    formants = np.concatenate([formants, upper], axis=1)
    hz = BINS[None, :, None]
    f, w = formants[:, None, :], widths[None, None, :]
    gain = f**2 / np.sqrt((f**2 - hz**2) ** 2 + (w * hz) ** 2)
    return np.prod(gain, axis=2) * 0.12 / (1 + (BINS / 220) ** 1.1)
