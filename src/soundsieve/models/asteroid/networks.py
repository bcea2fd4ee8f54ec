"""asteroid's networks by family, in sizes, and mended for the PyTorch of today."""

from dataclasses import dataclass
from typing import Any, cast

from torch import Tensor, nn

from soundsieve.errors import UserError

EXTRA = "pip install 'soundsieve[asteroid]'"
"""What brings asteroid."""


@dataclass(frozen=True)
class Network:
    """A class of asteroid, and how its arguments follow from a size.

    Args:
        name: of the class.
        widths: arguments that grow with `channels`, and how many times as large they are.
        depth: the argument that `blocks` sets.
        sizes: channels and blocks by size; `base` is as published.
        odd: whether its filters have an odd length.
    """

    name: str
    widths: dict[str, float]
    depth: str
    sizes: dict[str, tuple[int, int]]
    odd: bool = False

    def arguments(
        self, size: str, channels: int | None, blocks: int | None, sample_rate: int
    ) -> dict[str, Any]:
        """The keywords of the class, but for the number of sources.

        Filters span as much time as the published ones, which were made for 8 kHz.
        """
        width, depth = channels or self.sizes[size][0], blocks or self.sizes[size][1]
        widths = {name: max(4, round(times * width / 4) * 4) for name, times in self.widths.items()}
        stride = round(sample_rate / (800 if self.odd else 1000))
        filters = {"kernel_size": 2 * stride + self.odd, "stride": stride}
        return {**widths, self.depth: depth, **filters, "sample_rate": sample_rate}


NETWORKS: dict[str, Network] = {
    "asteroid/convtasnet": Network(
        "ConvTasNet",
        {"bn_chan": 1, "skip_chan": 1, "hid_chan": 4, "n_filters": 4},
        "n_repeats",
        {"tiny": (32, 1), "small": (64, 2), "base": (128, 3)},
    ),
    "asteroid/dprnn": Network(
        "DPRNNTasNet",
        {"bn_chan": 1, "hid_size": 1, "n_filters": 0.5},
        "n_repeats",
        {"tiny": (32, 1), "small": (64, 3), "base": (128, 6)},
    ),
    "asteroid/dptnet": Network(
        "DPTNet",
        {"n_filters": 1, "ff_hid": 4},
        "n_repeats",
        {"tiny": (16, 1), "small": (32, 3), "base": (64, 6)},
    ),
    "asteroid/sudormrf": Network(
        "SuDORMRFImprovedNet",
        {"bn_chan": 1, "n_filters": 4},
        "num_blocks",
        {"tiny": (32, 2), "small": (64, 8), "base": (128, 16)},
        odd=True,
    ),
}
"""What can be trained, by family."""
FAMILIES = {
    **{network.name: family for family, network in NETWORKS.items()},
    "SuDORMRFNet": "asteroid/sudormrf",
}
"""The family of each class of asteroid that can be run."""


def made(name: str, n_sources: int, arguments: dict[str, Any]) -> Any:
    """A network of asteroid, mended.

    Raises UserError where asteroid, or what it imports, is not installed; TypeError or ValueError
    where the arguments do not fit the class.
    """
    network = getattr(library(), name)(n_src=n_sources, **arguments)
    _mend(network)
    return network


def library() -> Any:
    """The module of asteroid that has its networks; a UserError where it is not installed."""
    try:
        import asteroid.models
    except ImportError as error:
        raise UserError(
            f"asteroid's models need {error.name}, which is not installed: {EXTRA}."
        ) from error
    return asteroid.models


def _mend(network: nn.Module) -> None:
    from asteroid.masknn.convolutional import TDConvNet
    from asteroid.masknn.norms import GlobLN

    for module in network.modules():
        if type(module) is GlobLN:
            cast(Any, module).forward = _GlobalNorm(module)
        if type(module) is TDConvNet and module.skip_chan:
            module.TCN[-1].get_submodule("res_conv").requires_grad_(False)


class _GlobalNorm:
    """asteroid's global norm over channels and time, with its own gain and bias.

    Shape: `[batch, channel, ...] -> [batch, channel, ...]`.
    """

    def __init__(self, norm: Any):
        self.norm = norm

    def __call__(self, frames: Tensor, EPS: float = 1e-8) -> Tensor:
        return nn.functional.group_norm(frames, 1, self.norm.gamma, self.norm.beta, EPS)
