"""Segments of sound from recordings of any length: long ones cut, short ones one after another."""

import math

import numpy as np
from numpy.typing import NDArray

from soundsieve.data.draws import Draws
from soundsieve.data.pool import Entry, Pool

CLIPS_A_SECOND = 8
"""Short clips that may follow one another in a second: enough to fill it with the shortest."""
LONGEST_GAP = 0.4
"""Seconds between two short clips, at most."""
FADE = 0.005
"""Seconds of fade at the ends of a clip, so that a cut is no click."""


class Cropper:
    """Draws segments of `frames` for a batch of scenes, mono.

    The parts of a song come from one song and one place with the odds `coherence`, else each from a
    song of its own.
    """

    def __init__(self, pool: Pool, split: str, frames: int, coherence: float):
        self.pool, self.split, self.frames = pool, split, frames
        self.coherence = coherence
        self.clips = math.ceil(CLIPS_A_SECOND * frames / pool.sample_rate)
        self.parts = tuple(
            stem for stem in pool.scope if any(e.song for e in pool.entries[stem, split])
        )
        self.songs = list(pool.songs(split, self.parts).values()) if len(self.parts) > 1 else []

    def crop(
        self, draws: Draws, present: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float32], list[dict[str, Entry]], NDArray[np.bool_]]:
        """Audio, the first entry of each stem, and which scenes have coherent songs.

        Shape: `present [scene, stem] -> [scene, stem, time]`, a dict a scene, `[scene]`.
        """
        scope = self.pool.scope
        audio = np.zeros((len(draws), len(scope), self.frames), np.float32)
        coherent = draws.chance("coherent", self.coherence if self.songs else 0.0)[:, 0]
        songs = draws.uniform("song")[:, 0]
        places = draws.uniform("place/song")[:, 0]
        used: list[dict[str, Entry]] = [{} for _ in range(len(draws))]
        for place, stem in enumerate(scope):
            luck = draws.uniform(f"clip/{stem}", 2 * self.clips + 2)
            for scene in np.flatnonzero(present[:, place]):
                if coherent[scene] and stem in self.parts:
                    song = self.songs[int(songs[scene] * len(self.songs))]
                    if stem in song:
                        used[scene][stem] = song[stem]
                        # Parts may differ in length by some samples; they start together.
                        shortest = min(entry.frames for entry in song.values())
                        audio[scene, place] = self._cut(song[stem], places[scene], shortest)
                    continue
                entry = self.pool.draw(stem, self.split, luck[scene, 0])
                used[scene][stem] = entry
                audio[scene, place] = self._filled(entry, stem, luck[scene, 1:])
        return audio, used, coherent

    def _cut(self, entry: Entry, place: float, length: int) -> NDArray[np.float32]:
        """One cut, at a place between 0 and 1 of so many frames of the recording."""
        start = int(place * max(length - self.frames, 0))
        clip = self.pool.crop(entry, start, self.frames)
        return np.pad(clip, (0, self.frames - len(clip)))

    def _filled(self, entry: Entry, stem: str, luck: NDArray[np.float64]) -> NDArray[np.float32]:
        """A cut of a long recording, or clips of its group until the segment is full."""
        if entry.frames >= self.frames:
            return self._cut(entry, luck[0], entry.frames)
        segment = np.zeros(self.frames, np.float32)
        rate, siblings = self.pool.sample_rate, self.pool.siblings(entry, stem, self.split)
        # A first clip may have begun before the segment or begin inside it.
        at = int((luck[0] - 0.5) * entry.frames)
        for clip_luck, gap_luck in zip(luck[1::2], luck[2::2], strict=False):
            skip = max(-at, 0)
            clip = _faded(self.pool.crop(entry, skip, self.frames - max(at, 0)), rate)
            segment[max(at, 0) : max(at, 0) + len(clip)] += clip
            at = max(at, 0) + len(clip) + int(gap_luck * LONGEST_GAP * rate)
            if at >= self.frames:
                break
            entry = siblings[int(clip_luck * len(siblings))]
        return segment


def _faded(clip: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    size = min(int(FADE * rate), len(clip) // 2)
    if size:
        ramp = np.linspace(0, 1, size, dtype=np.float32)
        clip[:size] *= ramp
        clip[-size:] *= ramp[::-1]
    return clip
