"""Notes as a MIDI file, played by FluidSynth through the General MIDI soundfont."""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import soundfile

from .dsp import Array

SOUNDFONT = "/usr/share/sounds/sf2/FluidR3_GM.sf2"
DRUMS = 9
"""The MIDI channel that plays drum kits."""
TICKS = 960
"""Ticks a second."""


@dataclass(frozen=True)
class Event:
    """One note of an instrument: start and length in seconds, MIDI pitch, velocity 1 to 127."""

    start: float
    length: float
    pitch: int
    velocity: int


def play(parts: list[tuple[int, int, list[Event]]], seconds: float, rate: int) -> Array:
    """Play (channel, program, notes) parts together, mono, `seconds` long, without effects."""
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder) / "score.mid", Path(folder) / "sound.wav"
        score.write_bytes(midi_file(parts, seconds))
        subprocess.run(
            ["fluidsynth", "-ni", "-q", "-R", "0", "-C", "0", "-g", "0.35", "-r", str(rate),
             "-O", "float", "-T", "wav", "-F", str(sound), SOUNDFONT, str(score)],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        audio, _ = soundfile.read(sound, always_2d=True)
    return audio.mean(axis=1)[: int(seconds * rate)]


def midi_file(parts: list[tuple[int, int, list[Event]]], seconds: float) -> bytes:
    """A type 0 file at 120 beats a minute, 480 ticks a beat."""
    end = int((seconds + 0.5) * TICKS)
    timed = [(end, b"\xff\x2f\x00")]
    for channel, program, notes in parts:
        timed.append((0, bytes([0xC0 | channel, program])))
        for note in notes:
            start = max(1, round(note.start * TICKS))
            # A note still held at the end of the track would keep FluidSynth rendering for ever.
            stop = min(start + max(20, round(note.length * TICKS)), end - 1)
            timed.append((start, bytes([0x90 | channel, note.pitch, note.velocity])))
            timed.append((stop, bytes([0x80 | channel, note.pitch, 0])))
    track, now = b"", 0
    # At one tick, a note ends before the next begins, and the end of the track comes last.
    for tick, message in sorted(
        timed, key=lambda pair: (pair[0], pair[1][0] & 0xF0 != 0x80, pair[1])
    ):
        track += delta(tick - now) + message
        now = tick
    header = b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x01\xe0"
    return header + b"MTrk" + len(track).to_bytes(4, "big") + track


def delta(ticks: int) -> bytes:
    """A variable-length quantity: seven bits a byte, high bit set on all but the last."""
    out = bytes([ticks & 0x7F])
    while ticks := ticks >> 7:
        out = bytes([0x80 | (ticks & 0x7F)]) + out
    return out
