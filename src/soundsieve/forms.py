"""The form of sound that each family of models works on: its sample rate and its channels."""

from typing import NamedTuple


class Form(NamedTuple):
    """Sample rate in Hz, and channels."""

    sample_rate: int
    channels: int


LIVE = Form(16000, 1)
"""Of live models, and of all that are not named below."""
SONGS = Form(44100, 2)
FORMS = {"songs": SONGS, "songs/roformer": SONGS, "asteroid/xumx": SONGS}


def form_of(family: str) -> Form:
    """The form in which a family is trained and scored.

    >>> form_of("songs"), form_of("multihead").channels
    (Form(sample_rate=44100, channels=2), 1)
    """
    return FORMS.get(family, LIVE)
