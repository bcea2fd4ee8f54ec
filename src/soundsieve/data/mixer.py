"""Batches of scenes: stems at drawn levels whose sum is the mixture, exactly."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.audio.levels import SILENCE, active_power, to_gain, to_level
from soundsieve.data.crops import Cropper
from soundsieve.data.draws import Draws
from soundsieve.data.effects.chain import Chain
from soundsieve.data.pool import Entry, Pool
from soundsieve.errors import UserError
from soundsieve.forms import LIVE
from soundsieve.law import Law
from soundsieve.recipe import Effects
from soundsieve.stems import STEMS, Stems

PEAK = 0.99
"""Largest sample of a mixture: a scene that would clip is turned down."""
PRESENCE = 0.5
"""Odds of a kind of sound that `presence` does not name."""
PARTS = {"noise": 0.4, "music": 0.85}
"""Odds of each part of a kind that sounds: of noise one or a few, of a song most."""
TRIES = 64
"""Scenes that are looked at, at most, in place of one whose target or interference is silent."""
REDRAWN = 2**40
"""Added to a scene's index for each of them."""


@dataclass
class Scenes:
    """A batch of scenes. `draws` has what was drawn, one value or row a scene."""

    scope: tuple[str, ...]
    stems: Tensor
    """Shape: `[batch, stem, channel, time]`."""
    wanted: Tensor
    """The gains whose target the SNR speaks of. Shape: `[batch, stem]`."""
    draws: dict[str, NDArray] = field(default_factory=dict)
    kinds: list[dict[str, str]] = field(default_factory=list)
    """Of each scene: stem -> kind of its first source."""
    textures: list[dict[str, str]] = field(default_factory=list)
    files: list[dict[str, str]] = field(default_factory=list)
    sample_rate: int = LIVE.sample_rate

    @property
    def mixture(self) -> Tensor:
        """Shape: `[batch, channel, time]`."""
        return self.stems.sum(1)

    def target(self, gains: Sequence[float] | Tensor) -> Tensor:
        """The weighted sum of the stems. Shape: `[batch, channel, time]`."""
        weights = torch.as_tensor(gains, dtype=self.stems.dtype, device=self.stems.device)
        return torch.einsum("bsct,bs->bct", self.stems, weights.expand(len(self.stems), -1))

    def put(self, places: NDArray[np.intp], others: "Scenes") -> None:
        """Other scenes in the place of some of these."""
        rows = torch.from_numpy(places).to(self.stems.device)
        self.stems[rows], self.wanted[rows] = others.stems, others.wanted
        for name, values in others.draws.items():
            self.draws[name][places] = values
        for name in ("kinds", "textures", "files"):
            for place, words in zip(places, getattr(others, name), strict=True):
                getattr(self, name)[place] = words


class Mixer:
    """Draws scenes from one split of a pool: a scene is fixed by (settings, seed, index).

    With one target, the SNR is of that target against the stems that it removes; with several, of a
    random part of the stems against the others, a new one each scene. Stems that no target tells
    apart stay on one side.

    Raises UserError where the split lacks a kind of sound that a target keeps, or all that it
    removes.
    """

    def __init__(
        self,
        pool: Pool,
        targets: Sequence[Sequence[float]],
        *,
        split: str = "train",
        seed: int = 0,
        segment: float = 3.0,
        snr: Law,
        level: Law,
        stem_level: Law,
        presence: Mapping[str, float],
        both: float = 0.0,
        coherence: float = 0.5,
        matched: float = 0.0,
        eq: float = 0.5,
        eq_range: float = 6.0,
        effects: Effects | None = None,
        stems: Stems = STEMS,
        device: torch.device | str = "cpu",
    ):
        self.pool, self.scope, self.split, self.seed = pool, pool.scope, split, seed
        self.targets = np.asarray(targets, np.float64)
        self.segment, self.snr, self.level, self.stem_level = segment, snr, level, stem_level
        self.device = device
        self.tops = tuple(stems.path(stem)[1] for stem in self.scope)
        here = np.array([bool(pool.entries[stem, split]) for stem in self.scope])
        self.odds = here * np.array([presence.get(top, PRESENCE) for top in self.tops])
        self.both = both if len(self.targets) == 1 else 0.0
        self._check(here)
        self.sample_rate = pool.sample_rate
        self.frames = round(segment * pool.sample_rate)
        self.chain = Chain(
            effects or Effects(), pool, split, self.tops, self.frames, eq=eq, eq_range=eq_range
        )
        self.cropper = Cropper(pool, split, self.chain.crop, coherence, matched)

    def scenes(
        self,
        indices: Sequence[int],
        *,
        snr: float | None = None,
        level: float | None = None,
        absent: Sequence[str] = (),
        both: bool = False,
    ) -> Scenes:
        """The scenes of these indices.

        Args:
            snr, level: in place of the laws, in dB and dBFS.
            absent: stems of the scope that are to be silent.
            both: target and interference are to be there in every scene, so that it has an SNR.
        """
        scenes = self._drawn(indices, snr, level, absent, both)
        attempt = 0
        # A stem that is to sound may still be cut where its recording pauses.
        while both and len(silent := np.flatnonzero(np.isnan(scenes.draws["snr"]))):
            attempt += 1
            if attempt > TRIES:
                raise UserError(
                    f"{TRIES} scenes of the {self.split} split in a row lack target or "
                    f"interference; expected both in its recordings of {', '.join(self.scope)}."
                )
            others = [indices[int(i)] + attempt * REDRAWN for i in silent]
            scenes.put(silent, self._drawn(others, snr, level, absent, both))
        return scenes

    def _drawn(
        self,
        indices: Sequence[int],
        snr: float | None,
        level: float | None,
        absent: Sequence[str],
        both: bool,
    ) -> Scenes:
        draws = Draws(self.seed, indices)
        wanted = self._wanted(draws)
        present = self._present(draws, _removed(wanted), absent, both)
        audio, used, coherent, matched = self.cropper.crop(draws, present)
        present &= audio.any((-2, -1))  # a song may lack the part, a recording may pause
        stems = torch.from_numpy(audio).to(self.device)
        stems, late, drawn = self.chain.sources(stems, draws, present, used, coherent | matched)
        gains = self._balance(stems, draws, coherent)
        weights = torch.from_numpy(wanted).float().to(self.device)
        gains, ratio = self._at_snr(stems, gains, weights, draws, snr)
        stems *= gains[..., None, None]
        if late is not None:  # no source, so it has no SNR of its own
            late.join(stems, gains)
        loudness = self._to_level(stems, draws, level)
        degraded = self.chain.channel(stems, draws)
        facts = {"snr": ratio, "level": loudness, "present": present}
        facts |= {"coherent": coherent, "matched": matched}
        facts |= {**drawn, **degraded}
        labels, rate = _labels(used), self.sample_rate
        return Scenes(self.scope, stems, weights, facts, *labels, sample_rate=rate)

    def _check(self, here: NDArray[np.bool_]) -> None:
        """Whether each target can be heard, and something beside it."""
        split = f"the {self.split} split of the data"
        for target in self.targets:
            removed = _removed(target)
            kept = dict.fromkeys(t for t, r in zip(self.tops, removed, strict=True) if not r)
            for top in kept:
                if not here[[name == top for name in self.tops]].any():
                    raise UserError(
                        f"{split} has no {top!r}, which is to be kept; add recordings of it, or "
                        "set the column 'split' of its manifest.csv."
                    )
            sides = {"kept": ~removed, "removed": removed}
            for verb, side in sides.items():
                names = ", ".join(np.array(self.scope)[side])
                if not here[side].any():
                    # A song may lack a part: held-out scenes do without it, others have it.
                    if len(self.targets) > 1 and self.split != "train":
                        continue
                    raise UserError(
                        f"{split} has nothing that is to be {verb} ({names}); add recordings, or "
                        "set the column 'split' of a manifest.csv."
                    )
                if not self.odds[side].any():
                    raise UserError(
                        f"mix.presence gives no odds to what is {verb} ({names}); raise one."
                    )

    def _wanted(self, draws: Draws) -> NDArray[np.float64]:
        """The gains of each scene's target. Shape: `[scene, stem]`."""
        if len(self.targets) == 1:
            return np.repeat(self.targets, len(draws), 0)
        columns = [tuple(column) for column in self.targets.T]
        first = [columns.index(column) for column in columns]
        split = draws.uniform("wanted", len(self.scope)) < 0.5
        return split[:, first].astype(np.float64)

    def _present(
        self, draws: Draws, removed: NDArray[np.bool_], absent: Sequence[str], both: bool
    ) -> NDArray[np.bool_]:
        """Which stems sound: a kind at the top of the tree by its odds, then the parts of it."""
        luck = np.concatenate([draws.uniform(f"present/{top}") for top in self.tops], 1)
        odds = np.where([stem in absent for stem in self.scope], 0.0, self.odds)
        parts = self._parts(draws, odds)
        present = (luck < odds) & parts
        asked = both | draws.chance("both", self.both)
        for side in (~removed, removed):
            present |= asked & _forced(luck, odds * parts, side, present)
            present |= asked & _forced(luck, odds, side, present)
        return present

    def _parts(self, draws: Draws, odds: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Of noise one part or a few; of a song most; never none of those that there are."""
        keep = np.ones((len(draws), len(self.scope)), bool)
        for top, share in PARTS.items():
            places = [i for i, name in enumerate(self.tops) if name == top]
            if len(places) < 2:
                continue
            luck = draws.uniform(f"parts/{top}", len(places))
            luck = np.where(odds[places] > 0, luck, np.inf)
            keep[:, places] = (luck < share) | (luck == luck.min(1, keepdims=True))
        return keep

    def _balance(self, stems: Tensor, draws: Draws, coherent: NDArray[np.bool_]) -> Tensor:
        """Gains to each stem's drawn level; the parts of a coherent song keep their balance."""
        levels = torch.from_numpy(draws.law("stem_level", self.stem_level, len(self.scope)))
        power = active_power(stems, self.sample_rate)
        parts = [stem in self.cropper.parts for stem in self.scope]
        if coherent.any():
            song = active_power(stems[:, parts].sum(1), self.sample_rate)[:, None]
            same = torch.from_numpy(coherent)[:, None] & torch.tensor(parts)[None]
            power = torch.where(same.to(power.device), song.expand_as(power), power)
            first = parts.index(True)
            levels = torch.where(same, levels[:, first : first + 1], levels)
        return to_gain(levels.float().to(power.device)) * power.clamp_min(SILENCE).rsqrt()

    def _at_snr(
        self, stems: Tensor, gains: Tensor, wanted: Tensor, draws: Draws, snr: float | None
    ) -> tuple[Tensor, NDArray]:
        """Gains with the interference at the SNR; nan where target or interference is absent."""
        law = Law.fixed(snr) if snr is not None else self.snr
        asked = draws.law("snr", law)[:, 0]
        removed = torch.from_numpy(_removed(wanted.cpu().numpy())).to(wanted)
        target, rest = (
            active_power(torch.einsum("bsct,bs->bct", stems, gains * side), self.sample_rate)
            for side in (wanted * (1 - removed), removed)
        )
        both = (target > SILENCE) & (rest > SILENCE)
        ratio = torch.from_numpy(asked).float().to(stems.device)
        gain = (target / rest.clamp_min(SILENCE)).sqrt() / to_gain(ratio)
        gain = torch.where(both, gain, torch.ones_like(gain))[:, None]
        gains = gains * torch.where(removed > 0, gain, torch.ones_like(gain))
        return gains, np.where(both.cpu().numpy(), asked, np.nan)

    def _to_level(self, stems: Tensor, draws: Draws, level: float | None) -> NDArray:
        """Turn scenes to their level, under full scale, in place; what it got, nan for silence."""
        law = Law.fixed(level) if level is not None else self.level
        asked = draws.law("level", law)[:, 0]
        mixture = stems.sum(1)
        power = active_power(mixture, self.sample_rate).clamp_min(SILENCE)
        gain = to_gain(torch.from_numpy(asked).float().to(stems.device)) * power.rsqrt()
        peak = mixture.abs().amax((1, 2)).clamp_min(SILENCE)
        gain = torch.minimum(gain, PEAK / peak)
        stems *= gain[:, None, None, None]
        reached = torch.where(power > SILENCE, to_level(power * gain**2), torch.nan)
        return reached.cpu().numpy()


def _removed(wanted: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which stems are the interference: those removed, or where none is, those kept less.

    Shape: `[..., stem] -> [..., stem]`.
    """
    zero = wanted == 0
    less = wanted < wanted.max(-1, keepdims=True)
    return np.where(zero.any(-1, keepdims=True), zero, less)


def _forced(luck: NDArray, odds: NDArray, side: NDArray, present: NDArray) -> NDArray[np.bool_]:
    """Where a side has no stem yet, the stems of that side that came nearest to sounding."""
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.where(side & (odds > 0), luck / odds, np.inf)
    nearest = (distance == distance.min(1, keepdims=True)) & np.isfinite(distance)
    missing = ~(present & side).any(1, keepdims=True)
    return nearest & missing


def _labels(used: Sequence[Mapping[str, Entry]]) -> Iterator[list[dict[str, str]]]:
    for fact in ("kind", "texture", "path"):
        yield [{stem: str(getattr(e.source, fact)) for stem, e in scene.items()} for scene in used]
