"""What a recording is called, less the number of its take: files that share it are one group."""

import re
import unicodedata

_COPY = r"(?:copy|copie|kopie|copia|kopia)"
_BEFORE = re.compile(rf"^{_COPY}\s*\d*\s+(?:of|von|de|di)\s+")
_COPIES = re.compile(rf"[\s_.-]*\((?:{_COPY})?[\s_-]*\d*\)$|[\s_.-]+{_COPY}[\s_.-]*\d*$")
_WORDS = "take|tk|part|pt|ver|version|v|ch|channel|mic|seg|segment|chunk|clip|cut|track|nr|no"
_NUMBER = re.compile(rf"(?:[\s_.-]+(?:{_WORDS}))?[\s_.-]*\d+$|[\s_.-]+(?:final|edit|alt)$")
_LETTER = re.compile(r"[\s_.-]+[a-z]$")
_PLAIN = {"audio", "sound", "recording", "record", "sample", "voice", "session", "speaker", "file"}


def base_name(name: str) -> str:
    """A file's name without the marks of copies, takes, parts and microphones.

    >>> {base_name(name) for name in ("Talk take1", "talk_01", "Copy of Talk", "talk (copy) 2")}
    {'talk'}
    >>> base_name("0042"), base_name("p225_001")
    ('0042', 'p225')
    """
    name = unicodedata.normalize("NFC", name).casefold().strip()
    for mark in (_BEFORE, _COPIES, _NUMBER, _COPIES, _LETTER):
        name = mark.sub("", name).strip() or name
    return name


def is_telling(base: str, stems: tuple[str, ...]) -> bool:
    """Whether a name says which recording it is: `interview` does, `ch01` and `vocals` do not."""
    words = set(re.findall(r"[^\W\d_]+", base))
    letters = words - _PLAIN - set(stems) - set(_WORDS.split("|"))
    return sum(map(len, letters)) >= 4
