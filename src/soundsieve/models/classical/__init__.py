"""Noise suppressors from the literature, with nothing learned: the floor of every table."""

from collections.abc import Callable

from soundsieve.models.classical.suppressor import Suppressor, mmse_lsa, spectral_subtraction

CLASSICAL: dict[str, Callable[[], Suppressor]] = {
    "classical": mmse_lsa,
    "classical/mmse-lsa": mmse_lsa,
    "classical/spectral-subtraction": spectral_subtraction,
}
