"""What can be scored: models, classical methods, ideal masks and the mixture itself."""

import math
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from soundsieve.audio.resample import resample
from soundsieve.data.mixer import Scenes
from soundsieve.errors import UserError, suggest
from soundsieve.models.oracle import MASKS, oracle
from soundsieve.models.separator import Separator
from soundsieve.remix import weights
from soundsieve.stems import STEMS, Stems

Gains = Sequence[Sequence[float]]
ORACLE = "oracle/"
"""What the names of ideal masks begin with."""
ORACLE_SECONDS = 0.04
"""About how long the windows of ideal masks are: 512 samples at 16 kHz, 2048 at 44.1 kHz."""


class Estimator(Protocol):
    """Anything that answers requests for a batch of scenes."""

    name: str

    def estimate(self, scenes: Scenes, gains: Gains) -> Tensor:
        """One estimate for each gain vector over the scenes' scope.

        Shape: `-> [batch, request, channel, time]`.
        """
        ...


class MixtureEstimator:
    """The mixture, untouched."""

    name = "mixture"

    def estimate(self, scenes: Scenes, gains: Gains) -> Tensor:
        """Shape: `-> [batch, request, channel, time]`."""
        return scenes.mixture.unsqueeze(1).repeat(1, len(gains), 1, 1)


def mask_of(name: str) -> str:
    """The ideal mask that a name asks for: `oracle/MASK`.

    Raises UserError where there is no such mask.
    """
    mask = name.removeprefix(ORACLE)
    if mask not in MASKS:
        hint = suggest(mask, MASKS) or f"The oracles are {', '.join(MASKS)}."
        raise UserError(f"no oracle is called {name!r}. {hint}")
    return mask


class OracleEstimator:
    """An ideal mask, which knows the target."""

    def __init__(self, mask: str):
        self.mask, self.name = mask, f"{ORACLE}{mask}"

    def estimate(self, scenes: Scenes, gains: Gains) -> Tensor:
        """Shape: `-> [batch, request, channel, time]`."""
        mixture = scenes.mixture
        n_fft = 2 ** round(math.log2(ORACLE_SECONDS * scenes.sample_rate))
        masked = [oracle(self.mask, mixture, scenes.target(request), n_fft) for request in gains]
        return torch.stack(masked, 1)


class ModelEstimator:
    """A model, whose outputs are weighted to form the requests.

    Args:
        nearest: take the nearest output or the residual where a request cannot be formed, as for a
            suppressor of noise that is asked for speech alone; else that is a `UserError`.
    """

    def __init__(
        self,
        model: Separator,
        name: str,
        *,
        stems: Stems = STEMS,
        nearest: bool = False,
    ):
        self.model, self.name, self.stems, self.nearest = model.eval(), name, stems, nearest

    @torch.inference_mode()
    def estimate(self, scenes: Scenes, gains: Gains) -> Tensor:
        """Shape: `-> [batch, request, channel, time]`."""
        mixture = scenes.mixture
        remix = torch.tensor([self.remix(request, scenes.scope) for request in gains])
        outputs = self._outputs(mixture, scenes.sample_rate)  # [batch, output, channel, time]
        parts = torch.cat([outputs, mixture.unsqueeze(1)], 1)
        return torch.einsum("boct,ro->brct", parts, remix.to(parts))

    def remix(self, request: Sequence[float], scope: Sequence[str]) -> tuple[float, ...]:
        """The weights of the outputs, and last of the mixture, that form a request over a scope.

        Stems that only the model knows do not count; of stems that are parts of one of the model's,
        all must have one gain.
        """
        found = None
        asked = translate(request, scope, self.model.scope, self.stems, partly=self.nearest)
        if asked is not None:
            places = [place for place, gain in enumerate(asked) if gain is not None]
            wanted = [gain for gain in asked if gain is not None]
            outputs = [[gains[place] for place in places] for gains in self.model.outputs]
            found = weights(wanted, outputs)
            if found is None and self.nearest:
                found = _nearest(wanted, outputs)
        if found is None:
            has = ", ".join(f"'{name}'" for name in self.model.names)
            raise UserError(
                f"{self.name} cannot form what is to be scored: it has {has} and the residual; "
                "score it with keep= one of these or a sum of them."
            )
        return found

    def _outputs(self, mixture: Tensor, sample_rate: int) -> Tensor:
        """The model's outputs at the rate of the scenes, where the scenes are."""
        tensors = [*self.model.parameters(), *self.model.buffers()]
        heard = mixture.to(tensors[0].device) if tensors else mixture
        if sample_rate == self.model.sample_rate:
            return self.model(heard).to(mixture.device)
        outputs = self.model(at_rate(heard, sample_rate, self.model.sample_rate))
        outputs = at_rate(outputs, self.model.sample_rate, sample_rate)
        missing = max(mixture.shape[-1] - outputs.shape[-1], 0)
        outputs = torch.nn.functional.pad(outputs, (0, missing))[..., : mixture.shape[-1]]
        return outputs.to(mixture.device)


def translate(
    request: Sequence[float],
    scope: Sequence[str],
    other: Sequence[str],
    stems: Stems = STEMS,
    partly: bool = False,
) -> tuple[float | None, ...] | None:
    """A request over one scope as gains over another: None for a stem that the first lacks.

    None as a whole where a stem of the other scope would need two gains at once; `partly` gives it
    the larger one.

    >>> translate([1, 1, 0], ["vocals", "drums", "noise"], ["speech", "music", "noise"])
    (None, 1, 0)
    >>> translate([1, 0, 0], ["vocals", "drums", "noise"], ["speech", "music", "noise"]) is None
    True
    """
    gains = dict(zip(scope, request, strict=True))
    found: list[float | None] = []
    for stem in other:
        if stem in gains:
            found.append(gains[stem])
            continue
        above = set(stems.path(stem))
        here = {gain for name, gain in gains.items() if name in above or stem in stems.path(name)}
        if len(here) > 1 and not partly:
            return None
        found.append(max(here, default=None))
    return tuple(found)


def at_rate(audio: Tensor, from_rate: int, to_rate: int) -> Tensor:
    """Audio at another rate, aligned.

    Shape: `[..., time] -> [..., ceil(time * to_rate / from_rate)]`.
    """
    rows = resample(audio.reshape(-1, audio.shape[-1]), from_rate, to_rate)
    return rows.view(*audio.shape[:-1], -1)


def _nearest(wanted: Sequence[float], outputs: Gains) -> tuple[float, ...]:
    """One output, or what all outputs leave: whichever points most in the direction asked for."""
    request = torch.tensor(wanted, dtype=torch.float64)
    gains = torch.tensor(outputs, dtype=torch.float64)
    choices = torch.cat([gains, 1 - gains.sum(0, keepdim=True)])
    alike = choices @ request / choices.norm(dim=1).clamp_min(1e-9)
    best = int(alike.argmax())
    if best == len(outputs):
        return (*[-1.0] * len(outputs), 1.0)
    return tuple(float(place == best) for place in range(len(outputs) + 1))
