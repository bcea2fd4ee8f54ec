"""Speech clips: every voice reads lines of its language, with pauses and a colour of its own."""

from collections.abc import Iterator

import numpy as np
from scipy import signal

from . import sentences
from .clip import Clip
from .dsp import Array, active_level, at_level, generator
from .voices import RATE, Voice, say

CLIPS = 4
"""Clips a voice."""


def clips(seed: int) -> Iterator[Clip]:
    """All speech clips, voice by voice."""
    for split, voices in VOICES.items():
        for voice in voices:
            rng = generator(seed, "speech", voice.name)
            colour = microphone(rng)
            lines = sentences.lines(voice.language, rng) * 2
            for number in range(CLIPS):
                audio = signal.lfilter(*colour, passage(rng, voice, lines))
                path = f"speech/{voice.name}/{number + 1:02}.ogg"
                audio = at_level(audio, rng.uniform(-23, -19), RATE)
                yield Clip(path, "speech", split, voice.name, audio, RATE, 0.94,
                           language=voice.language, voice=voice.name)  # fmt: skip


def passage(rng: np.random.Generator, voice: Voice, lines: list[str]) -> Array:
    """One to four lines, taken off the list, until the drawn length is reached; 4 to 12 s."""
    goal = rng.uniform(4.2, 7.2)
    parts = [np.zeros(int(rng.uniform(0.05, 0.3) * RATE))]
    while sum(map(len, parts)) < goal * RATE:
        spoken = say(voice, lines.pop(0), rng.normal(0, 5), rng.uniform(0.92, 1.08))
        spoken = spoken * 10 ** ((rng.normal(0, 1) - active_level(spoken, RATE)) / 20)
        parts += [spoken, np.zeros(int(rng.uniform(0.2, 0.75) * RATE))]
    return np.concatenate(parts)[: 12 * RATE]


def microphone(rng: np.random.Generator) -> tuple[Array, Array]:
    """A gentle random tilt, as microphones have: a first-order shelf of up to 5 dB."""
    gain, corner = 10 ** (rng.uniform(-5, 5) / 20), rng.uniform(800, 2500)
    k = np.tan(np.pi * corner / RATE)
    return np.array([gain + k, k - gain]) / (1 + k), np.array([1.0, (k - 1) / (k + 1)])


def espeak(
    name: str, language: str, model: str, pitch: int, speed: int, shift: float = 1.0
) -> Voice:
    """A voice of espeak-ng."""
    return Voice(name, language, "espeak", model, pitch, speed, shift)


VOICES = {
    "train": [
        Voice("en-rms", "en", "flite", "rms", speed=150),
        Voice("en-kal", "en", "flite", "kal16", speed=160),
        espeak("en-freya", "en", "en-gb+f2", 52, 155),
        espeak("en-henry", "en", "en-us+m3", 40, 165, 0.96),
        espeak("en-isla", "en", "en-gb-scotland+Annie", 50, 150),
        espeak("de-bernd", "de", "de+m1", 38, 150),
        espeak("de-lotte", "de", "de+f4", 48, 160, 1.04),
        espeak("fr-luc", "fr", "fr-fr+Michael", 45, 155),
        espeak("fr-manon", "fr", "fr-fr+f5", 50, 160),
        espeak("es-diego", "es", "es+m7", 46, 165),
        espeak("es-nieves", "es", "es-419+Andrea", 48, 160, 1.05),
        espeak("it-dario", "it", "it+Mario", 42, 160, 0.95),
        espeak("it-rosa", "it", "it+f1", 50, 150, 1.06),
        espeak("pt-nuno", "pt", "pt+Diogo", 44, 155),
        espeak("nl-wim", "nl", "nl+m5", 40, 155, 0.94),
        espeak("sv-elsa", "sv", "sv+f3", 50, 155),
        espeak("pl-adam", "pl", "pl+Lee", 45, 155),
        Voice("ru-nsh", "ru", "festival", "msu_ru_nsh_clunits"),
        espeak("tr-selin", "tr", "tr+grandma", 62, 165, 1.03),
        espeak("id-bayu", "id", "id+klatt2", 50, 150),
        espeak("cs-radek", "cs", "cs+m8", 50, 155),
        # A speaker was recorded for each of these. Larger and smaller heads make other people of
        # them: were all but a few talkers made by rule, what tells a voice from talkers would be
        # that it is natural.
        Voice("en-rms-tall", "en", "flite", "rms", speed=150, shift=0.88),
        Voice("en-rms-small", "en", "flite", "rms", speed=150, shift=1.14),
        Voice("en-ked", "en", "festival", "ked_diphone"),
        Voice("en-ked-small", "en", "festival", "ked_diphone", shift=1.12),
        Voice("ca-ona", "ca", "festival", "upc_ca_ona_hts"),
        Voice("ru-nsh-tall", "ru", "festival", "msu_ru_nsh_clunits", shift=0.9),
        Voice("ru-nsh-small", "ru", "festival", "msu_ru_nsh_clunits", shift=1.15),
    ],
    "valid": [
        espeak("en-nora", "en", "en-us+aunty", 55, 160, 1.04),
        espeak("fr-remi", "fr", "fr-be+david", 50, 155, 0.97),
        espeak("fi-tuuli", "fi", "fi+Alicia", 45, 155),
        espeak("hi-arun", "hi", "hi+klatt4", 55, 145, 1.05),
    ],
    "test": [
        Voice("en-awb", "en", "flite", "awb", speed=150),
        espeak("en-dora", "en", "en-gb-x-rp+linda", 48, 160),
        espeak("de-ruth", "de", "de+belinda", 50, 155, 1.07),
        espeak("es-pablo", "es", "es+pablo", 45, 160, 0.95),
        espeak("sw-asha", "sw", "sw+shelby", 48, 150),
    ],
}
