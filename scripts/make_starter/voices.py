"""The talkers: espeak-ng's variants and the free voices of flite and festival."""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from .dsp import Array, band, resample

RATE = 24000
"""Sample rate of speech and prompts, Hz."""
ENCODINGS = {"ca": "iso-8859-1"}
"""In what festival's voices of a language read text, if not in UTF-8."""


@dataclass(frozen=True)
class Voice:
    """One talker; `shift` raises pitch and formants together, as in a smaller head."""

    name: str
    language: str
    engine: str  # espeak, flite or festival
    model: str  # espeak voice and variant, or the flite or festival voice
    pitch: int = 50  # espeak only, 0 to 99
    speed: int = 150  # words a minute
    shift: float = 1.0


def say(voice: Voice, text: str, pitch: float = 0.0, speed: float = 1.0) -> Array:
    """Speak one sentence, mono at RATE, without silence at its ends."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.wav"
        command = COMMANDS[voice.engine](voice, text, pitch, speed / voice.shift, path)
        given = text.encode(ENCODINGS.get(voice.language, "utf-8"))
        subprocess.run(command, check=True, input=given, stdout=subprocess.DEVNULL)
        audio, rate = soundfile.read(path)
    audio = resample(audio, round(rate * voice.shift / 50) * 50, RATE)
    return trim(band(audio, 60, None, RATE))


def trim(audio: Array, floor: float = 0.004) -> Array:
    """Cut what is softer than `floor` of the peak off both ends."""
    loud = np.flatnonzero(np.abs(audio) > floor * np.abs(audio).max())
    return audio[max(loud[0] - 240, 0) : loud[-1] + 480]


def espeak(voice: Voice, text: str, pitch: float, speed: float, path: Path) -> list[str]:
    """The command that speaks with espeak-ng."""
    height = int(np.clip(voice.pitch + pitch, 0, 99))
    words = str(round(voice.speed * speed))
    return ["espeak-ng", "-v", voice.model, "-p", str(height), "-s", words, "-w", str(path), text]


def flite(voice: Voice, text: str, pitch: float, speed: float, path: Path) -> list[str]:
    """The command that speaks with flite; unit voices keep their own pitch."""
    stretch = f"duration_stretch={150 / voice.speed / speed:.3f}"
    return ["flite", "-voice", voice.model, "--setf", stretch, "-t", text, "-o", str(path)]


def festival(voice: Voice, text: str, pitch: float, speed: float, path: Path) -> list[str]:
    """The command that speaks with festival, text on standard input."""
    return ["text2wave", "-eval", f"(voice_{voice.model})", "-o", str(path)]


COMMANDS = {"espeak": espeak, "flite": flite, "festival": festival}
