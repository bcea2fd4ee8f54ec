"""Segments of sound from recordings of any length: long ones cut, short ones one after another."""

import math

import numpy as np
import torch
from numpy.typing import NDArray

from soundsieve.data.draws import Draws
from soundsieve.data.effects import speed
from soundsieve.data.matching import Partners
from soundsieve.data.pool import Entry, Pool

CLIPS_A_SECOND = 8
"""Short clips that may follow one another in a second: enough to fill it with the shortest."""
LONGEST_GAP = 0.4
"""Seconds between two short clips, at most."""
PAUSE = 0.01
"""Share of a recording's peak, -40 dB, under which a cut is a pause: it would be turned up to full
level, and a room's tone be taught as a voice."""
FADE = 0.005
"""Seconds of fade at the ends of a clip, so that a cut is no click."""
TRIES = 8
"""Songs that are looked at, at most, for one whose parts find partners."""


class Cropper:
    """Draws segments of `frames` for a batch of scenes, in the channels of the pool.

    The parts of a song come from one song and one place with the odds `coherence`; else with the
    odds `matched` from songs of like tempo and key, where there are some; else each from any song.
    """

    def __init__(self, pool: Pool, split: str, frames: int, coherence: float, matched: float = 0.0):
        self.pool, self.split, self.frames = pool, split, frames
        self.coherence, self.matched = coherence, matched
        self.clips = math.ceil(CLIPS_A_SECOND * frames / pool.sample_rate)
        self.parts = tuple(
            stem for stem in pool.scope if any(e.song for e in pool.entries[stem, split])
        )
        self.songs = list(pool.songs(split, self.parts).values()) if len(self.parts) > 1 else []
        self.partners = Partners(pool, self.songs)

    def crop(
        self, draws: Draws, present: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float32], list[dict[str, Entry]], NDArray[np.bool_], NDArray[np.bool_]]:
        """Audio, the first entry of each stem, and which scenes have coherent and matched songs.

        Shape: `present [scene, stem] -> [scene, stem, channel, time]`, a dict a scene, and twice
        `[scene]`.
        """
        scope = self.pool.scope
        shape = len(draws), len(scope), self.pool.channels, self.frames
        audio = np.zeros(shape, np.float32)
        coherent = draws.chance("coherent", self.coherence if self.songs else 0.0)[:, 0]
        matches = self._matches(draws, present & ~coherent[:, None])
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
                if stem in matches[scene]:
                    entry, faster = matches[scene][stem]
                    clip = self._played(entry, luck[scene, 1], faster)
                else:
                    entry = self.pool.draw(stem, self.split, luck[scene, 0])
                    clip = self._filled(entry, stem, luck[scene, 1:])
                if np.abs(clip).max() > PAUSE * self.pool.peak(entry):
                    audio[scene, place] = clip
                used[scene][stem] = entry
        return audio, used, coherent, np.array([bool(found) for found in matches])

    def _matches(
        self, draws: Draws, present: NDArray[np.bool_]
    ) -> list[dict[str, tuple[Entry, float]]]:
        """Of each scene the parts that go together, and how much faster each is played."""
        matched = draws.chance("matched", self.matched if len(self.songs) > 1 else 0.0)[:, 0]
        luck = draws.uniform("matched/song", TRIES)
        which = draws.uniform("matched/which", len(self.parts))
        # What drums do not have, a key, is the first part's.
        order = sorted(range(len(self.parts)), key=lambda part: self.parts[part] == "drums")
        found: list[dict[str, tuple[Entry, float]]] = [{} for _ in range(len(draws))]
        for scene in np.flatnonzero(matched):
            here = [p for p in order if present[scene, self.pool.scope.index(self.parts[p])]]
            if len(here) > 1:
                found[scene] = self._match(here, luck[scene], which[scene])
        return found

    def _match(
        self, parts: list[int], luck: NDArray[np.float64], which: NDArray[np.float64]
    ) -> dict[str, tuple[Entry, float]]:
        """A song for the first of some parts and partners for the others; none if none is found."""
        first, *others = parts
        for attempt in luck:
            lead = self.pool.draw(self.parts[first], self.split, attempt)
            found = {self.parts[first]: (lead, 1.0)}
            for part in others:
                entries, faster = self.partners.of(lead.song, self.parts[part])
                if entries:
                    place = int(which[part] * len(entries))
                    found[self.parts[part]] = entries[place], float(faster[place])
            if len(found) == len(parts):
                return found
        return {}

    def _played(self, entry: Entry, place: float, faster: float) -> NDArray[np.float32]:
        """One cut that is played faster or slower. Shape: `[channel, time]`."""
        length = speed.longest(self.frames, faster - 1) if faster != 1 else self.frames
        clip = self._cut(entry, place, entry.frames, max(length, self.frames))
        sound = torch.from_numpy(clip)[None]
        return speed.play(sound, np.array([length]), self.frames)[0].numpy()

    def _cut(
        self, entry: Entry, place: float, length: int, frames: int | None = None
    ) -> NDArray[np.float32]:
        """One cut, at a place between 0 and 1 of so many frames of the recording.

        Shape: `[channel, time]`.
        """
        frames = frames or self.frames
        start = int(place * max(length - frames, 0))
        clip = self.pool.crop(entry, start, frames)
        missing = frames - clip.shape[1]
        return np.pad(clip, ((0, 0), (0, missing))) if missing else clip

    def _filled(self, entry: Entry, stem: str, luck: NDArray[np.float64]) -> NDArray[np.float32]:
        """A cut of a long recording, or clips of its group until the segment is full.

        Shape: `[channel, time]`.
        """
        if entry.frames >= self.frames:
            return self._cut(entry, luck[0], entry.frames)
        segment = np.zeros((self.pool.channels, self.frames), np.float32)
        rate, siblings = self.pool.sample_rate, self.pool.siblings(entry, stem, self.split)
        # A first clip may have begun before the segment or begin inside it.
        at = int((luck[0] - 0.5) * entry.frames)
        for clip_luck, gap_luck in zip(luck[1::2], luck[2::2], strict=False):
            skip = max(-at, 0)
            clip = _faded(self.pool.crop(entry, skip, self.frames - max(at, 0)), rate)
            first, last = max(at, 0), max(at, 0) + clip.shape[1]
            segment[:, first:last] += clip
            at = last + int(gap_luck * LONGEST_GAP * rate)
            if at >= self.frames:
                break
            entry = siblings[int(clip_luck * len(siblings))]
        return segment


def _faded(clip: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    size = min(int(FADE * rate), clip.shape[1] // 2)
    if size:
        ramp = np.linspace(0, 1, size, dtype=np.float32)
        clip[:, :size] *= ramp
        clip[:, -size:] *= ramp[::-1]
    return clip
