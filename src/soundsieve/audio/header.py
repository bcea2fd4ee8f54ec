"""How long a file is by its own header, where libsndfile counts what it finds."""

import re
from typing import Any

ENDLESS = 1 << 60
"""Frames that libsndfile says of a flac from a pipe, which it cannot read."""
CARELESS = 4096
"""Bytes by which headers of whole files are wrong."""
_UNKNOWN = 0x7000_0000  # bytes; whoever writes a wav into a pipe promises as many as fit, or so
_32_BITS = ("WAV", "WAVEX", "AIFF", "AU")  # kinds that count bytes in so many
_PROMISED = {
    name: re.compile(pattern, re.MULTILINE)
    for name, pattern in {
        "WAV": r"^data : (\d+) \(should be (\d+)\)$",
        "WAVEX": r"^data : (\d+) \(should be (\d+)\)$",
        "RF64": r"^  Riff size : (\d+) \(should be (\d+)\)$",
        "W64": r"^riff : (\d+) \(should be (\d+)\)$",
        "AIFF": r"^ SSND : (\d+) \(should be (\d+)\)$",
        "AU": r"^  Data Size   : (\d+) \(should be (\d+)\)$",
    }.items()
}
"""What libsndfile logs of a header that counts other bytes than there are: both numbers."""


def promised_frames(found: Any) -> int:
    """Frames of a file as its header counts them, from what soundfile found of it."""
    log = _PROMISED.get(found.format)
    sizes = log.search(found.extra_info) if log else None
    promised, there = map(int, sizes.groups()) if sizes else (0, 0)
    unknown = _UNKNOWN if found.format in _32_BITS else ENDLESS
    whole = not there + CARELESS < promised < unknown
    return found.frames if whole else found.frames * promised // there
