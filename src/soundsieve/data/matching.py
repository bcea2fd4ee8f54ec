"""Songs whose parts can stand for each other's: of like tempo and key, by a small change of speed.

Tempo is the strongest period of the onsets; key is the best of the 24 profiles of Krumhansl &
Kessler ("Tracing the dynamic changes in perceived tonal organization", Psychological Review 1982).
A minor key counts as its relative major, which has the same notes.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.data.draws import Floats
from soundsieve.data.pool import Entry, Pool

SECONDS = 40
"""Of each song that are listened to, from its middle."""
STEP = 0.01
"""Seconds between two points of the onset curve."""
TEMPI = (50.0, 210.0)
"""Beats a minute that are looked for."""
USUAL = (120.0, 1.0)
"""Beats a minute that most songs are near, and how near, in octaves: two tempi an octave apart
fit the same onsets."""
BEATS = 4
"""Beats over which a period has to repeat itself: the longer, the finer the tempo."""
NOTES = (110.0, 880.0)
"""Hz between which notes are counted: higher ones are mostly overtones, of other names."""
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
FASTER = 0.06
"""Largest change of speed that brings a song to the tempo of another, as a part of it."""
DETUNED = 0.35
"""Semitones by which keys may differ after it."""


class Song(NamedTuple):
    """What makes songs alike: beats a minute, and the pitch class of the major key, C being 0."""

    tempo: float
    key: float


class Partners:
    """For a part of one song, the songs that have another part to go with it.

    The songs are listened to when the first partner is asked for.
    """

    def __init__(self, pool: Pool, songs: Sequence[Mapping[str, Entry]]):
        self.pool, self.songs = pool, list(songs)
        self.place = {entry.song: i for i, song in enumerate(songs) for entry in song.values()}
        self._known: list[Song] | None = None
        self._partners: dict[tuple[str, str], tuple[list[Entry], Floats]] = {}

    def of(self, song: str, stem: str) -> tuple[list[Entry], Floats]:
        """Entries of a stem from other songs, and how much faster each has to be played."""
        if song not in self.place:
            return [], np.zeros(0)
        if self._known is None:
            self._known = [self._heard(parts) for parts in self.songs]
        if (song, stem) not in self._partners:
            self._partners[song, stem] = self._found(self._known, self.place[song], stem)
        return self._partners[song, stem]

    def _found(self, known: Sequence[Song], lead: int, stem: str) -> tuple[list[Entry], Floats]:
        tempo, key = np.array(known).T
        speed, detuned = distance(tempo, key, known[lead])
        fits = (np.abs(speed - 1) <= FASTER) & ((detuned <= DETUNED) | (stem == "drums"))
        fits[lead] = False
        found = [i for i in np.flatnonzero(fits).tolist() if stem in self.songs[i]]
        return [self.songs[i][stem] for i in found], speed[found]

    def _heard(self, parts: Mapping[str, Entry]) -> Song:
        """Tempo and key of a song; drums have no notes."""
        sound = {stem: self._middle(entry) for stem, entry in parts.items()}
        tuned = [audio for stem, audio in sound.items() if stem != "drums"] or [*sound.values()]
        rate = self.pool.sample_rate
        return Song(tempo_of(_sum([*sound.values()]), rate), key_of(_sum(tuned), rate))

    def _middle(self, entry: Entry) -> Tensor:
        frames = min(SECONDS * self.pool.sample_rate, entry.frames)
        return torch.from_numpy(self.pool.mono(entry, (entry.frames - frames) // 2, frames))


def distance(tempo: Floats, key: Floats, lead: Song) -> tuple[Floats, Floats]:
    """The speed that brings songs to the lead's beat, and the semitones left between the keys.

    A song at half or twice the tempo has the same beat.

    Shape: `[song], [song] -> [song], [song]`.
    """
    octaves = np.log2(lead.tempo / tempo)
    speed = np.exp2(octaves - np.round(octaves))
    apart = (key + 12 * np.log2(speed) - lead.key) % 12
    return speed, np.minimum(apart, 12 - apart)


def tempo_of(audio: Tensor, sample_rate: int) -> float:
    """Beats a minute: the period at whose first multiples the onsets agree best with themselves.

    Shape: `[time]`.
    """
    hop, n_fft = round(STEP * sample_rate), 2 ** round(math.log2(0.05 * sample_rate))
    level = torch.log1p(1000 * _magnitudes(audio, n_fft, hop) / n_fft)
    onsets = level.diff(dim=1).clamp_min(0).sum(0)
    onsets = (onsets - onsets.mean()).numpy()
    power = np.abs(np.fft.rfft(onsets, 2 * len(onsets))) ** 2
    likeness = np.fft.irfft(power)[: len(onsets)]
    # Longer lags have fewer onsets to compare.
    likeness /= np.arange(len(onsets), 0, -1)
    tempi = np.geomspace(*TEMPI, 1200)
    lags = 60 / tempi * sample_rate / hop
    lags = lags[:, None] * np.arange(1, BEATS + 1)
    score = np.interp(lags, np.arange(len(onsets)), likeness, right=0).mean(1)
    usual = np.exp(-0.5 * (np.log2(tempi / USUAL[0]) / USUAL[1]) ** 2)
    return float(tempi[np.argmax(score * usual)])


def key_of(audio: Tensor, sample_rate: int) -> float:
    """The pitch class of the major key, C being 0; of a minor key, its relative major's.

    Shape: `[time]`.
    """
    n_fft = 2 ** round(math.log2(0.5 * sample_rate))
    strength = _magnitudes(audio, n_fft, n_fft // 2).mean(1).numpy()
    frequency = np.arange(len(strength)) * sample_rate / n_fft
    heard = (frequency >= NOTES[0]) & (frequency <= NOTES[1])
    note = 12 * np.log2(frequency[heard] / 440) + 9
    nearest = np.round(note)
    # A bin between two notes is of neither.
    clear = np.cos(np.pi * (note - nearest)) ** 2
    name = nearest.astype(int) % 12
    chroma = np.bincount(name, strength[heard] * clear, 12) / np.bincount(name, clear, 12)
    # The relative minor of a major key begins nine semitones above it.
    profiles = [np.roll(MAJOR, k) for k in range(12)] + [np.roll(MINOR, k + 9) for k in range(12)]
    return float(np.argmax([chroma @ _centred(profile) for profile in profiles]) % 12)


def _centred(profile: NDArray) -> NDArray:
    """Without its mean and of unit length, so that products with it compare as correlations do."""
    centred = profile - profile.mean()
    return centred / np.linalg.norm(centred)


def _magnitudes(audio: Tensor, n_fft: int, hop: int) -> Tensor:
    """Shape: `[time] -> [bin, frame]`."""
    audio = torch.nn.functional.pad(audio, (0, max(n_fft + 2 * hop - len(audio), 0)))
    window = torch.hann_window(n_fft)
    spectra = torch.stft(audio, n_fft, hop, window=window, center=False, return_complex=True)
    return torch.view_as_real(spectra).square().sum(-1).sqrt()  # faster than abs


def _sum(parts: Sequence[Tensor]) -> Tensor:
    """Parts may differ in length by some samples."""
    sound = torch.zeros(max(map(len, parts)))
    for part in parts:
        sound[: len(part)] += part
    return sound
