"""One finished recording and what is known of it."""

from dataclasses import dataclass

from .dsp import Array


@dataclass
class Clip:
    """Mono audio with its place in the corpus; `compression` is 0 (258 kbit/s) to 1 (5)."""

    path: str
    stem: str
    split: str
    group: str  # what a split may not cut: the voice, song, noise kind or sentence
    audio: Array
    sample_rate: int
    compression: float
    song: str = ""
    language: str = ""
    kind: str = ""
    voice: str = ""
