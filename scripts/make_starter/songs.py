"""Songs: each composed from a seed and rendered as four aligned stems whose sum is the song."""

from collections.abc import Iterator

import numpy as np

from . import composing, melody
from .clip import Clip
from .composing import Song
from .dsp import Array, at_level, generator, place, room
from .midi import DRUMS, Event, play
from .singing import sing
from .songbook import SONGS
from .synths import SYNTHS, drum

RATE = 48000
SECONDS = 20.0
COMPRESSION = {"vocals": 0.928, "drums": 0.91, "bass": 0.966, "other": 0.91}


def clips(seed: int) -> Iterator[Clip]:
    """The four stems of every song."""
    for split, songs in SONGS.items():
        for song in songs:
            for stem, audio in stems(seed, song).items():
                yield Clip(f"songs/{song.name}/{stem}.ogg", stem, split, song.name, audio, RATE,
                           COMPRESSION[stem], song=song.name, kind=song.style)  # fmt: skip


def stems(seed: int, song: Song) -> dict[str, Array]:
    """Render one song; one factor scales all stems, so that their sum stays below full scale."""
    makers = {"vocals": vocals, "drums": drums, "bass": bass, "other": other}
    levels = {"vocals": -19.0, "drums": -20.0, "bass": -22.0, "other": -21.0}
    out = {}
    for stem, make in makers.items():
        rng = generator(seed, song.name, stem)
        audio = make(rng, song)
        audio[-2400:] *= np.linspace(1, 0, 2400)
        out[stem] = at_level(audio, levels[stem] + rng.uniform(-1.5, 1.5), RATE, peak=-4.0)
    peak = np.abs(sum(out.values())).max()
    return {stem: audio * min(1.0, 0.7 / peak) for stem, audio in out.items()}


def vocals(rng: np.random.Generator, song: Song) -> Array:
    """The lead voice, a second one below it in some songs, and a hall."""
    notes = melody.melody(rng, song, SECONDS, first_bar=int(rng.integers(0, 2)))
    lead = sing(rng, notes, song.singer, SECONDS, RATE)
    if song.harmony:
        lead = lead + 0.55 * sing(rng, melody.second_voice(song, notes), song.singer, SECONDS, RATE)
    return room(rng, lead, rng.uniform(0.8, 1.8), rng.uniform(0.12, 0.3), RATE)


def drums(rng: np.random.Generator, song: Song) -> Array:
    """A sampled kit or the drum machine, in a small room."""
    strokes = composing.drum_track(rng, song, SECONDS)
    if isinstance(song.kit, int):
        audio = play([(DRUMS, song.kit, [event for _, event in strokes])], SECONDS, RATE)
    else:
        audio = np.zeros(int(SECONDS * RATE))
        for name, event in strokes:
            place(
                audio, drum(rng, name, RATE), int(event.start * RATE), (event.velocity / 100) ** 1.5
            )
    return room(rng, audio, rng.uniform(0.3, 0.7), rng.uniform(0.08, 0.25), RATE)


def bass(rng: np.random.Generator, song: Song) -> Array:
    """The bass line on its instrument, dry."""
    return instrument(rng, song.bass[0], composing.bass_track(rng, song, SECONDS), 0)


def other(rng: np.random.Generator, song: Song) -> Array:
    """All accompanying parts, the later ones softer, in one hall."""
    audio = np.zeros(int(SECONDS * RATE))
    for number, (program, role) in enumerate(song.parts):
        part = instrument(rng, program, composing.part_track(rng, song, role, SECONDS), number + 1)
        audio += at_level(part, -20 - 2.5 * number, RATE)
    return room(rng, audio, rng.uniform(0.7, 1.6), rng.uniform(0.1, 0.3), RATE)


def instrument(
    rng: np.random.Generator, program: int | str, notes: list[Event], channel: int
) -> Array:
    """Play notes on a General MIDI program or a signal-code synth."""
    if isinstance(program, int):
        return play([(channel, program, notes)], SECONDS, RATE)
    audio = np.zeros(int(SECONDS * RATE))
    for note in notes:
        hz = 440 * 2 ** ((note.pitch - 69) / 12)
        sound = SYNTHS[program](rng, hz, note.length, RATE)
        place(audio, sound, int(note.start * RATE), (note.velocity / 100) ** 1.5)
    return audio
