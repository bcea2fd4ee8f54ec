"""Which recordings may be used, by the licence that each one carries."""

import re
from collections.abc import Sequence

from soundsieve.data.source import Source
from soundsieve.errors import UserError


def under_licences(sources: Sequence[Source], licences: Sequence[str], path: str) -> list[Source]:
    """The sources under one of these licences; UserError where there are none."""
    kept = [s for s in sources if any(is_under(s.licence, name) for name in licences)]
    if not kept:
        had = ", ".join(sorted({source.licence or "none" for source in sources}))
        wanted = " or ".join(licences)
        raise UserError(f"{path} has no recording under {wanted}; its licences are {had}.")
    return kept


def is_under(licence: str, name: str) -> bool:
    """Whether a licence is the one named, in any version unless the name says one.

    >>> is_under("CC BY 4.0", "CC-BY"), is_under("CC-BY-NC-4.0", "CC-BY")
    (True, False)
    >>> is_under("CC0-1.0 (Freesound)", "cc0")
    True
    """
    has, wanted = (re.sub(r"[\s_-]+", "-", text.strip().casefold()) for text in (licence, name))
    version = r"(?:$|-?v?\d|[^\w.-]|-\()"  # CC-BY is CC-BY-4.0, and not CC-BY-NC
    return bool(wanted) and re.match(re.escape(wanted) + version, has) is not None
