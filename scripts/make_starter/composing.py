"""The composer: drums, bass lines, chords and riffs as notes, drawn from patterns and a seed."""

from dataclasses import dataclass

import numpy as np

from .midi import Event
from .singing import Singer

Rng = np.random.Generator

MODES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "harmonic": (0, 2, 3, 5, 7, 8, 11),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
}


@dataclass(frozen=True)
class Song:
    """A song to compose; instruments are General MIDI programs or names of signal-code synths."""

    name: str
    style: str
    key: int  # 0 is C
    mode: str
    bpm: float
    beats: int  # beats a bar
    steps: int  # grid steps a beat: 4, or 3 for triplet feels
    chords: tuple[int, ...]  # scale degree a bar, 1 to 7
    drums: str
    kit: int | str
    bass: tuple[int | str, str]
    parts: tuple[tuple[int | str, str], ...]
    singer: Singer
    voice: tuple[int, str]  # the middle of the singer's range (MIDI) and the lyrics' name
    swing: float = 0.0
    harmony: bool = False

    @property
    def step(self) -> float:
        """Seconds a grid step."""
        return 60 / self.bpm / self.steps

    @property
    def bar(self) -> float:
        """Seconds a bar."""
        return 60 / self.bpm * self.beats

    def pitch(self, degree: int, octave: int) -> int:
        """The MIDI pitch of a scale degree counted from 0, over any octave."""
        return 12 * octave + self.key + MODES[self.mode][degree % 7] + 12 * (degree // 7)

    def chord(self, bar: int) -> list[int]:
        """The scale degrees of the chord of a bar, from its root."""
        root = self.chords[bar % len(self.chords)] - 1
        return [root, root + 2, root + 4, root + 6]

    def at(self, bar: int, step: float) -> float:
        """Seconds of a grid step; odd steps come late in swing."""
        late = self.swing * self.step if step % 2 == 1 else 0.0
        return bar * self.bar + step * self.step + late


def hit(rng: Rng, start: float, length: float, pitch: int, velocity: float) -> Event:
    """A note as a player plays it: a little early or late, a little louder or softer."""
    loud = int(np.clip(velocity + rng.normal(0, 6), 12, 126))
    return Event(max(0.0, start + rng.normal(0, 0.005)), length, int(np.clip(pitch, 12, 108)), loud)


KIT = {
    "kick": 36,
    "snare": 38,
    "rim": 37,
    "clap": 39,
    "hat": 42,
    "open": 46,
    "ride": 51,
    "crash": 49,
    "tom": 47,
    "low": 43,
    "shaker": 70,
    "tambourine": 54,
    "conga": 63,
    "bongo": 61,
    "bell": 56,
    "brush": 40,
}
PATTERNS = {  # one bar each: X loud, x plain, o soft, ? sometimes
    "rock": {"kick": "X.....x.X.?.....", "snare": "....X.......X..?", "hat": "x.o.x.o.x.o.x.o."},
    "four": {
        "kick": "X...X...X...X...",
        "clap": "....X.......X...",
        "hat": "..x...x...x...x.",
        "open": "......?.......x.",
    },
    "funk": {
        "kick": "X..x..x...x..?..",
        "snare": "....X..o.o..X..o",
        "hat": "xoxoxoxoxoxoxoxo",
        "open": "..............?.",
    },
    "bossa": {"kick": "X..xX..xX..xX..x", "rim": "x..x..x...x..x..", "shaker": "xoxoxoxoxoxoxoxo"},
    "ballad": {"kick": "X.........x.....", "rim": "........x.......", "ride": "x...x...x...x..."},
    "trap": {"kick": "X......x..x.....", "clap": "........X.......", "hat": "xxxoxoxxx?x?xxox"},
    "reggae": {
        "kick": "........X.......",
        "rim": "........X.......",
        "hat": "x.xox.x.x.xox.x.",
        "conga": "..?...x...?...xx",
    },
    "waltz": {"kick": "X...........", "brush": "....x...x...", "ride": "x...x...x.?."},
    "jig": {"kick": "X.....X.....", "tambourine": "x.xx.xx.xx.x", "snare": "...o.....X.o"},
    "shuffle": {"kick": "X..?..X..?..", "snare": "...X.....X..", "ride": "x.xx.xx.xx.x"},
    "latin": {
        "kick": "X..x...xX..x...x",
        "bell": "x.xx.x.xx.xx.x.x",
        "conga": "..X...xx..X...xx",
        "bongo": "?...?..?...?..?.",
    },
    "punk": {"kick": "X.x.X.x.X.x.X.x.", "snare": "..X...X...X...X.", "hat": "x.x.x.x.x.x.x.x."},
    "breaks": {"kick": "X.X.......XX....", "snare": "....X..o.o..X..o", "ride": "x.x.x.x.x.x.x.x."},
    "five": {
        "kick": "X.....x.....X.......",
        "snare": "........X.......X...",
        "hat": "x.x.x.x.x.x.x.x.x.x.",
    },
}


def drum_track(rng: Rng, song: Song, seconds: float) -> list[tuple[str, Event]]:
    """Strokes by name: the pattern bar by bar, fills before every fourth bar line, then a crash."""
    strokes = []
    loudness = {"X": 112, "x": 88, "o": 52, "?": 70}
    for bar in range(int(seconds / song.bar) + 1):
        fill_from = song.beats * song.steps - song.steps if bar % 4 == 3 else 10**6
        for name, row in PATTERNS[song.drums].items():
            for step, mark in enumerate(row):
                if mark == "." or step >= fill_from or (mark == "?" and rng.random() > 0.45):
                    continue
                strokes.append((name, hit(rng, song.at(bar, step), 0.2, KIT[name], loudness[mark])))
        if fill_from < 10**6:
            for step in range(song.steps):
                name = str(rng.choice(["snare", "tom", "low"]))
                if rng.random() < 0.75:
                    strokes.append(
                        (
                            name,
                            hit(rng, song.at(bar, fill_from + step), 0.2, KIT[name], 80 + 8 * step),
                        )
                    )
        if bar % 4 == 0 and (bar or rng.random() < 0.5):
            strokes.append(("crash", hit(rng, bar * song.bar, 1.0, KIT["crash"], 84)))
    return [stroke for stroke in strokes if stroke[1].start < seconds]


def bass_track(rng: Rng, song: Song, seconds: float) -> list[Event]:
    """The bass line in the song's pattern, always on chord tones, with approach notes."""
    notes, beat = [], 60 / song.bpm
    for bar in range(int(seconds / song.bar) + 1):
        root, third, fifth, _ = (song.pitch(d, 3) for d in song.chord(bar))
        low = 12 if root > 45 else 0
        root, third, fifth = root - low, third - low, fifth - low
        after = song.pitch(song.chord(bar + 1)[0], 3)
        line: list[tuple[float, float, int]] = {
            "long": [(0, song.beats, root)],
            "half": [(0, 1.8, root), (song.beats / 2, 1.6, fifth if rng.random() < 0.7 else root)],
            "beats": [(b, 0.9, root if b % 2 == 0 else fifth) for b in range(song.beats)],
            "eighths": [
                (b / 2, 0.42, root + (12 if b % 8 == 7 else 0)) for b in range(song.beats * 2)
            ],
            "octaves": [(b / 2, 0.4, root + 12 * (b % 2)) for b in range(song.beats * 2)],
            "walk": [
                (b, 0.95, p)
                for b, p in enumerate([root, third, fifth, after + (-1 if after > root else 1)] * 2)
                if b < song.beats
            ],
            "push": [(0, 1.4, root), (1.5, 0.9, root), (2.5, 0.4, fifth), (3, 0.9, root + 12)],
            "funk": [
                (s / 4, 0.22, int(rng.choice([root, root, root + 12, fifth])))
                for s in range(song.beats * 4)
                if s == 0 or rng.random() < (0.5 if s % 2 == 0 else 0.22)
            ],
            "roots": [(0, 0.8, root), (song.beats - 1, 0.8, fifth)],
        }[song.bass[1]]
        notes += [
            hit(rng, bar * song.bar + b * beat, d * beat, p, 96)
            for b, d, p in line
            if b < song.beats
        ]
    return [note for note in notes if note.start < seconds]


def part_track(rng: Rng, song: Song, role: str, seconds: float) -> list[Event]:
    """One accompanying part in one role."""
    riff = [
        (s, int(rng.integers(0, 5)), int(rng.integers(1, 4)))
        for s in range(0, 16, 2)
        if rng.random() < 0.6
    ]
    notes = []
    for bar in range(int(seconds / song.bar) + 1):
        degrees = song.chord(bar)
        chord = [
            song.pitch(d, 4) for d in degrees[: 4 if song.style in ("jazz", "bossa", "soul") else 3]
        ]
        chord = [p - 12 if p > 70 else p for p in chord]
        notes += bar_of_role(rng, song, role, bar, chord, degrees, riff)
    return [note for note in notes if note.start < seconds]


def bar_of_role(
    rng, song: Song, role: str, bar: int, chord: list[int], degrees: list[int], riff
) -> list[Event]:
    """The notes of one bar."""
    whole, grid = song.beats * song.steps, song.step
    if role == "pad":
        return [hit(rng, song.at(bar, 0), song.bar * 0.98, p, 66) for p in chord]
    if role == "arp":
        stride = 2 if song.steps == 4 else 1
        order = [*chord, chord[0] + 12, *chord[:0:-1]]
        return [
            hit(rng, song.at(bar, s), stride * grid * 1.6, order[i % len(order)] + 12, 74)
            for i, s in enumerate(range(0, whole, stride))
        ]
    if role in ("riff", "counter"):
        lift = 5 if role == "riff" else 6
        sparse = role == "counter"
        return [
            hit(
                rng,
                song.at(bar, s),
                length * grid * (3 if sparse else 1.2),
                song.pitch(degrees[0] + d, lift),
                78,
            )
            for s, d, length in riff
            if s < whole and not (sparse and (s % 4 or bar % 2 == 0))
        ]
    starts = {
        "block": (0, whole // 2),
        "pulse": range(0, whole, song.steps),
        "off": range(song.steps // 2, whole, song.steps),
        "strum": [s for s in range(0, whole, 2) if s % 8 in (0, 4, 6) or rng.random() < 0.4],
        "bossa": (0, 3, 6, 10, 13),
        "stab": [s for s in (0, 3, 6, 11, 14) if rng.random() < 0.6],
        "waltz": [s for s in range(song.steps, whole, song.steps)],
    }[role]
    length = {
        "block": whole / 2,
        "pulse": song.steps * 0.85,
        "off": song.steps * 0.35,
        "strum": 2.2,
        "bossa": 2.0,
        "stab": 0.9,
        "waltz": song.steps * 0.6,
    }[role] * grid
    spread = 0.014 if role == "strum" else 0.002
    return [
        hit(rng, song.at(bar, s) + i * spread, length, p, 82 if s % 4 == 0 else 70)
        for s in starts
        if s < whole
        for i, p in enumerate(chord)
    ]
