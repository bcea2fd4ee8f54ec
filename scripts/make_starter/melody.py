"""The sung melody: phrases of two bars with room for breath, and the words or syllables on them."""

import numpy as np

from .composing import MODES, Song
from .singing import Note

Rng = np.random.Generator

LYRICS = {
    "harbour": (
        "light on the sea and we sail to the end of the day hold me now till the wind "
        "blows the rain a way"
    ),
    "street": (
        "walk down the line with the sun in my hand I can hear you call my name so come "
        "on over and dance"
    ),
    "winter": (
        "snow on the hill and the fire is low sing me a song that I still don't know wait "
        "for the night to go"
    ),
    "dream": (
        "fly high my love we are stars in the blue time will not stop but I think of you "
        "oh stay with me"
    ),
    "machine": (
        "turn it up feel the wire run the power comes on one more time we move like light "
        "in the wave"
    ),
    "mond": (
        "schau wie der mond auf dem see so hell und still die nacht ist lang und ich geh "
        "wo ich will"
    ),
    "soleil": (
        "viens avec moi sous le ciel si bleu dans le vent chaud je te suis nous deux la "
        "vie est belle"
    ),
    "mar": ("ven a la mar que la luna se va dame tu voz y la noche será siempre tu luz en mi sol"),
    "la": "la la na la li la na no",
    "oo": "u u wu ju u lu u o",
    "ah": "a a ha a o a ja a",
    "scat": "du ba da bi du wa ba do xu ba da du li ba",
    "hey": "je je ha no je ja ho sa",
    "mi": "mi na so la ri ma no lu",
}


def melody(rng: Rng, song: Song, seconds: float, first_bar: int) -> list[Note]:
    """Sung phrases of two bars with a breath after each: motif A, A, B, A."""
    middle, lyrics = song.voice
    words, word = LYRICS[lyrics].split(), 0
    motifs = [rhythm(rng, song), rhythm(rng, song)]
    beat, degree, notes = 60 / song.bpm, 0, []
    octave = round((middle - song.key) / 12)
    for phrase, bar in enumerate(range(first_bar, int(seconds / song.bar) + 1, 2)):
        for start, length in motifs[(0, 0, 1, 0)[phrase % 4]]:
            chord = song.chord(bar + int(start // song.beats))
            degree = int(np.clip(degree + rng.choice([-2, -1, -1, 0, 1, 1, 2, 3]), -4, 6))
            if start % 1 == 0 and (
                start % 2 == 0 or length >= 1
            ):  # strong beats take the nearest chord tone
                tones = [d + 7 * k for d in chord[:3] for k in (-2, -1, 0, 1)]
                degree = min(tones, key=lambda d: (abs(d - degree), d))
            at = bar * song.bar + start * beat + rng.normal(0.01, 0.012)
            if at + 0.15 < seconds:
                pitch = song.pitch(degree, octave)
                notes.append(
                    Note(max(at, 0.0), length * beat * 0.96, pitch, words[word % len(words)])
                )
                word += 1
    return notes


def rhythm(rng: Rng, song: Song) -> list[tuple[float, float]]:
    """Starts and lengths in beats over two bars, the last beat or so free for breath."""
    cells = [(1.0,), (0.5, 0.5), (1.5, 0.5), (2.0,), (0.5, 1.0, 0.5), (1.0, 1.0)]
    if song.bpm > 130:
        cells = [(2.0,), (1.0, 1.0), (1.5, 0.5), (3.0,), (1.0,)]
    out, at, end = (
        [],
        float(rng.choice([0, 0, 0.5, 1])),
        song.beats * 2 - float(rng.choice([1.0, 1.5])),
    )
    while at < end - 0.4:
        for length in cells[int(rng.integers(len(cells)))]:
            if at < end - 0.4:
                length = min(length, end - at)
                out.append((at, length))
                at += length
    return [*out[:-1], (out[-1][0], end + 0.3 - out[-1][0])] if out else [(0.0, 2.0)]


def second_voice(song: Song, notes: list[Note]) -> list[Note]:
    """The second half of the melody again, a third below within the scale."""
    scale = [12 * o + song.key + s for o in range(1, 9) for s in MODES[song.mode]]
    half = notes[len(notes) // 2 :]
    return [
        Note(n.start + 0.012, n.length, scale[scale.index(int(n.pitch)) - 2], n.syllable)
        for n in half
    ]
