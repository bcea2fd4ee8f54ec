"""The tree of stems: which kinds of sound there are, and which are parts of which."""

from __future__ import annotations

import re
from collections.abc import Mapping

from soundsieve.errors import UserError, suggest

# Parents stand before their parts; this order is the tree order of every listing.
PARENTS = {
    "speech": "all",
    "music": "all",
    "vocals": "music",
    "drums": "music",
    "bass": "music",
    "other": "music",
    "noise": "all",
    "stationary": "noise",
    "nonstationary": "noise",
    "transient": "noise",
    "prompts": "all",
}
ABOUT = {
    "all": "everything",
    "speech": "people talking",
    "music": "songs and instruments, whole or as the sum of its parts",
    "vocals": "the singing of a song",
    "drums": "the drums and percussion of a song",
    "bass": "the bass of a song",
    "other": "the rest of a song",
    "noise": "what nobody wants to hear",
    "stationary": "noise that stays as it is: fans, hiss, hum",
    "nonstationary": "noise that changes: traffic, rain, kitchens",
    "transient": "noise in events: clicks, doors, dishes",
    "prompts": "navigation and announcement voices, with their chimes",
}
SYNONYMS = {
    "voice": "speech",
    "voices": "speech",
    "dialogue": "speech",
    "dialog": "speech",
    "talk": "speech",
    "song": "music",
    "songs": "music",
    "singing": "vocals",
    "singer": "vocals",
    "percussion": "drums",
    "guitar": "other",
    "piano": "other",
    "strings": "other",
    "trumpet": "other",
    "trumpets": "other",
    "background": "noise",
    "effects": "noise",
    "navigation": "prompts",
    "announcements": "prompts",
    "everything": "all",
}
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


class Stems:
    """The stems in tree order; `extra` adds leaves, as `{"engine": "noise"}`.

    >>> Stems({"engine": "noise"}).leaves("noise")
    ('stationary', 'nonstationary', 'transient', 'engine')
    """

    def __init__(self, extra: Mapping[str, str] | None = None) -> None:
        self._parents = dict(PARENTS)
        for name, parent in (extra or {}).items():
            self._add(name, parent)
        self.names: tuple[str, ...] = tuple(self._parents)

    def __contains__(self, name: object) -> bool:
        return name == "all" or name in self._parents

    def leaves(self, name: str) -> tuple[str, ...]:
        """The stems without parts at or under a stem, in tree order; `all` is the whole tree."""
        self.check(name)
        leaves = (stem for stem in self.names if not self.children(stem))
        return tuple(leaf for leaf in leaves if name in self.path(leaf))

    def children(self, name: str) -> tuple[str, ...]:
        """The parts that a stem is the sum of; `children("all")` are the stems at the top."""
        return tuple(stem for stem, parent in self._parents.items() if parent == name)

    def path(self, name: str) -> tuple[str, ...]:
        """The way from the root to a stem.

        >>> STEMS.path("vocals")
        ('all', 'music', 'vocals')
        """
        self.check(name)
        return ("all",) if name == "all" else (*self.path(self._parents[name]), name)

    def check(self, name: str) -> None:
        """Raise a `UserError` for a name that is no stem."""
        if name not in self:
            raise UserError(f"unknown stem {name!r}. {self.hint(name)}")

    def hint(self, word: str) -> str:
        """The nearest stem to a wrong word, or the list of them all."""
        known = SYNONYMS.get(word.lower())
        guess = f"Did you mean '{known}'?" if known else suggest(word, ("all", *self.names))
        return guess or f"The stems are all, {', '.join(self.names)}."

    def _add(self, name: str, parent: str) -> None:
        if not _NAME.match(name):
            raise UserError(
                f"{name!r} cannot name a stem; use small letters, digits and _, a letter first."
            )
        if name == "all" or name in self._parents:
            raise UserError(f"the stem {name!r} exists already; give the new one another name.")
        if parent != "all" and parent not in self._parents:
            choices = ("all", *self._parents)
            raise UserError(
                f"the new stem {name!r} is to be a part of {parent!r}, which is unknown. "
                f"{suggest(parent, choices) or 'The stems are ' + ', '.join(choices) + '.'}"
            )
        # Behind the last stem of its parent's branch, so that the tree order holds.
        names = list(self._parents)
        inside = [i for i, stem in enumerate(names) if parent in ("all", *self._branch(stem))]
        names.insert(max(inside) + 1, name)
        self._parents[name] = parent
        self._parents = {stem: self._parents[stem] for stem in names}

    def _branch(self, name: str) -> tuple[str, ...]:
        return () if name == "all" else (*self._branch(self._parents[name]), name)


STEMS = Stems()
