"""A new model for a recipe's targets: which outputs it has, and which family forms them."""

from collections.abc import Sequence

from soundsieve.errors import UserError, suggest
from soundsieve.models.asteroid.model import build_asteroid
from soundsieve.models.asteroid.networks import NETWORKS, library
from soundsieve.models.files import MODELS
from soundsieve.models.mask import MaskModel
from soundsieve.models.multihead import MultiHead
from soundsieve.models.separator import Separator
from soundsieve.models.stereo import Stereo
from soundsieve.stems import STEMS, Stems
from soundsieve.target import Target


def build(
    family: str,
    scope: Sequence[str],
    targets: Sequence[Target],
    *,
    stems: Stems = STEMS,
    size: str = "small",
    channels: int | None = None,
    blocks: int | None = None,
    kind: str = "complex",
    activation: str = "gelu",
    sample_rate: int = 16000,
) -> Separator:
    """An untrained model of a family whose outputs can form the targets.

    `mask` has one output a target. `multihead` has one head for each kind of sound that some target
    treats apart, so that it can form any other `keep` of whole kinds as well, and so has a network
    of asteroid.
    """
    shape = {"size": size, "channels": channels, "blocks": blocks, "activation": activation}
    if family == "mask":
        gains = [target.gains(scope, stems) for target in targets]
        names = [str(target) for target in targets]
        return MaskModel(scope, gains, names, kind=kind, sample_rate=sample_rate, **shape)
    if family == "multihead":
        heads = head_gains(scope, targets, stems)
        return MultiHead(scope, list(heads.values()), list(heads), sample_rate=sample_rate, **shape)
    if family in MODELS and issubclass(model := MODELS[family], Stereo):
        heads = head_gains(scope, targets, stems)
        sizes = {"size": size, "channels": channels, "blocks": blocks}
        return model(scope, list(heads.values()), list(heads), sample_rate=sample_rate, **sizes)
    if family in NETWORKS:
        heads = head_gains(scope, targets, stems)
        return build_asteroid(family, scope, heads, size, channels, blocks, sample_rate)
    raise _unknown(family)


def check_family(family: str) -> None:
    """Raises UserError for a family that is not there, or whose library is not installed.

    To be called before hours go into the reading of data.
    """
    if family not in MODELS:
        raise _unknown(family)
    if family.startswith("asteroid/"):
        library()


def _unknown(family: str) -> UserError:
    hint = suggest(family, MODELS) or f"The families are {', '.join(MODELS)}."
    return UserError(f"no model family is called {family!r}. {hint}")


def head_gains(
    scope: Sequence[str], targets: Sequence[Target], stems: Stems = STEMS
) -> dict[str, tuple[float, ...]]:
    """One head a group of stems that share their top of the tree and their gains in every target.

    >>> from soundsieve.target import parse
    >>> list(head_gains(("speech", "vocals", "drums", "stationary", "transient"), parse("speech")))
    ['speech', 'music', 'noise']
    """
    wanted = [target.gains(scope, stems) for target in targets]
    groups: dict[tuple, list[int]] = {}
    for place, stem in enumerate(scope):
        key = stems.path(stem)[1], tuple(gains[place] for gains in wanted)
        groups.setdefault(key, []).append(place)
    tops = [key[0] for key in groups]
    heads = {}
    for (top, _), places in groups.items():
        name = top if tops.count(top) == 1 else "+".join(scope[place] for place in places)
        heads[name] = tuple(float(place in places) for place in range(len(scope)))
    return heads
