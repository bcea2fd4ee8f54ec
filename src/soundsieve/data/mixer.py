"""Batches of scenes: stems at drawn levels whose sum is the mixture, exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.audio.levels import SILENCE, active_power, to_gain, to_level
from soundsieve.data.crops import Cropper
from soundsieve.data.draws import Draws
from soundsieve.data.equaliser import draw_curves, draw_loudspeakers, equalise
from soundsieve.data.pool import Entry, Pool
from soundsieve.law import Law
from soundsieve.stems import STEMS, Stems

PEAK = 0.99
"""Largest sample of a mixture: a scene that would clip is turned down."""

LOUDSPEAKER = {"prompts": 0.85, "speech": 0.03}
"""Odds that a stem comes through a small loudspeaker: prompts do, and so that it is no proof, some talkers."""


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
    textures: list[dict[str, str]] = field(default_factory=list)

    @property
    def mixture(self) -> Tensor:
        """Shape: `[batch, channel, time]`."""
        return self.stems.sum(1)

    def target(self, gains: Sequence[float] | Tensor) -> Tensor:
        """The weighted sum of the stems. Shape: `[batch, channel, time]`."""
        weights = torch.as_tensor(gains, dtype=self.stems.dtype, device=self.stems.device)
        return torch.einsum("bsct,...s->bct" if weights.ndim == 1 else "bsct,bs->bct", self.stems, weights)


class Mixer:
    """Draws scenes from one split of a pool: a scene is fixed by (settings, seed, index).

    With one target, the SNR is of that target against the rest; with several, of a random part of the
    stems against the others, a new one each scene.
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
        coherence: float = 0.5,
        eq: float = 0.5,
        eq_range: float = 6.0,
        stems: Stems = STEMS,
        device: torch.device | str = "cpu",
    ):
        self.pool, self.scope, self.split, self.seed = pool, pool.scope, split, seed
        self.targets = np.asarray(targets, np.float64)
        self.segment, self.snr, self.level, self.stem_level = segment, snr, level, stem_level
        self.eq, self.eq_range, self.device = eq, eq_range, device
        self.tops = tuple(stems.path(stem)[1] for stem in self.scope)
        here = [bool(pool.entries[stem, split]) for stem in self.scope]
        self.odds = np.array([presence.get(t, 0.0) * h for t, h in zip(self.tops, here, strict=True)])
        self.loudspeakers = np.array([LOUDSPEAKER.get(top, 0.0) for top in self.tops])
        self.sample_rate = pool.sample_rate
        self.frames = round(segment * pool.sample_rate)
        self.cropper = Cropper(pool, split, self.frames, coherence)

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
        draws = Draws(self.seed, indices)
        wanted = self._wanted(draws)
        present = self._present(draws, wanted, absent, both)
        audio, used, coherent = self.cropper.crop(draws, present)
        stems = torch.from_numpy(audio).to(self.device)
        stems = self._equalised(stems, draws)
        stems = self._balanced(stems, draws, coherent)
        weights = torch.from_numpy(wanted).float().to(self.device)
        stems, ratio = self._at_snr(stems, weights, draws, snr)
        stems, loudness = self._at_level(stems, draws, level)
        return Scenes(
            self.scope,
            stems[:, :, None],
            weights,
            {"snr": ratio, "level": loudness, "present": present, "coherent": coherent},
            *_labels(used),
        )

    def _wanted(self, draws: Draws) -> NDArray[np.float64]:
        """The gains of each scene's target. Shape: `[scene, stem]`."""
        if len(self.targets) == 1:
            return np.repeat(self.targets, len(draws), 0)
        split = draws.uniform("wanted", len(self.scope)) < 0.5
        return split.astype(np.float64)

    def _present(
        self, draws: Draws, wanted: NDArray, absent: Sequence[str], both: bool
    ) -> NDArray[np.bool_]:
        """Which stems sound: a kind at the top of the tree by its odds, then the parts of it."""
        luck = np.concatenate([draws.uniform(f"present/{top}") for top in self.tops], 1)
        odds = np.where([stem in absent for stem in self.scope], 0.0, self.odds)
        present = luck < odds
        if both:
            present |= _forced(luck, odds, wanted > 0, present)
            present |= _forced(luck, odds, wanted == 0, present)
        return present & self._parts(draws)

    def _parts(self, draws: Draws) -> NDArray[np.bool_]:
        """Of noise one part or a few; of a song most."""
        keep = np.ones((len(draws), len(self.scope)), bool)
        for top, odds in (("noise", 0.4), ("music", 0.85)):
            places = [i for i, name in enumerate(self.tops) if name == top]
            if len(places) < 2:
                continue
            luck = draws.uniform(f"parts/{top}", len(places))
            keep[:, places] = (luck < odds) | (luck == luck.min(1, keepdims=True))
        return keep

    def _equalised(self, stems: Tensor, draws: Draws) -> Tensor:
        curves = draw_curves(draws, len(self.scope), self.eq, self.eq_range)
        bands = draw_loudspeakers(draws, self.loudspeakers)
        return equalise(stems, curves, bands, self.sample_rate)

    def _balanced(self, stems: Tensor, draws: Draws, coherent: NDArray[np.bool_]) -> Tensor:
        """Each stem at its drawn level; the parts of a coherent song keep their balance."""
        levels = torch.from_numpy(draws.law("stem_level", self.stem_level, len(self.scope)))
        power = active_power(stems[:, :, None], self.sample_rate)
        parts = [stem in self.cropper.parts for stem in self.scope]
        if coherent.any():
            song = active_power(stems[:, parts].sum(1, keepdim=True), self.sample_rate)
            same = torch.from_numpy(coherent)[:, None] & torch.tensor(parts)[None]
            power = torch.where(same.to(power.device), song[:, None].expand_as(power), power)
            first = parts.index(True)
            levels = torch.where(same, levels[:, first : first + 1], levels)
        gain = to_gain(levels.float().to(power.device)) * power.clamp_min(SILENCE).rsqrt()
        return stems * gain[..., None]

    def _at_snr(
        self, stems: Tensor, wanted: Tensor, draws: Draws, snr: float | None
    ) -> tuple[Tensor, NDArray]:
        """The interference turned to the SNR; nan where target or interference is absent."""
        asked = draws.law("snr", self.snr)[:, 0] if snr is None else np.full(len(draws), float(snr))
        removed = (wanted == 0).float()
        target = active_power(torch.einsum("bst,bs->bt", stems, wanted)[:, None], self.sample_rate)
        rest = active_power(torch.einsum("bst,bs->bt", stems, removed)[:, None], self.sample_rate)
        both = (target > SILENCE) & (rest > SILENCE)
        ratio = torch.from_numpy(asked).float().to(stems.device)
        gain = (target / rest.clamp_min(SILENCE)).sqrt() / to_gain(ratio)
        gain = torch.where(both, gain, torch.ones_like(gain))[:, None]
        stems = stems * torch.where(removed > 0, gain, torch.ones_like(gain))[..., None]
        return stems, np.where(both.cpu().numpy(), asked, np.nan)

    def _at_level(self, stems: Tensor, draws: Draws, level: float | None) -> tuple[Tensor, NDArray]:
        """The whole scene at its level, and under full scale."""
        asked = draws.law("level", self.level)[:, 0] if level is None else np.full(len(draws), level)
        mixture = stems.sum(1, keepdim=True)
        power = active_power(mixture, self.sample_rate).clamp_min(SILENCE)
        gain = to_gain(torch.from_numpy(asked).float().to(stems.device)) * power.rsqrt()
        peak = mixture.abs().amax((1, 2)).clamp_min(SILENCE)
        gain = torch.minimum(gain, PEAK / peak)
        return stems * gain[:, None, None], to_level(power * gain**2).cpu().numpy()


def _forced(luck: NDArray, odds: NDArray, side: NDArray, present: NDArray) -> NDArray[np.bool_]:
    """Where a side has no stem yet, the stems of that side that came nearest to sounding."""
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.where(side & (odds > 0), luck / odds, np.inf)
    nearest = (distance == distance.min(1, keepdims=True)) & np.isfinite(distance)
    missing = ~(present & side).any(1, keepdims=True)
    return nearest & missing


def _labels(used: Sequence[Mapping[str, Entry]]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    kinds = [{stem: e.source.kind for stem, e in scene.items()} for scene in used]
    textures = [{stem: e.source.texture for stem, e in scene.items()} for scene in used]
    return kinds, textures
