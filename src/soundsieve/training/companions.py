"""Masks for every stem beside a single target: they teach the trunk, and no one else needs them."""

from torch import Tensor, nn

from soundsieve.models.separator import Separator
from soundsieve.models.spectral import SpectralModel
from soundsieve.models.trunk import BandDecoder


class Companions(nn.Module):
    """A complex mask for every stem in scope, from the same trunk as the target's.

    A target such as speech+music does not say which is which. A trunk that also has to tell them
    apart finds the target in fewer steps, and after training the model is as small as before.

    Shape: `[time, batch, band, channel] -> 2 x [stem, time, batch, bin]`.
    """

    def __init__(self, model: SpectralModel):
        super().__init__()
        stems = len(model.scope)
        self.decoder = BandDecoder(model.width, 2 * stems, model.activation == "linear")

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Real and imaginary masks; at first each stem gets its share of the mixture."""
        planes = self.decoder(frames).unflatten(0, (-1, 2))
        return planes[:, 0] + 1 / len(planes), planes[:, 1]


def companions_of(model: Separator) -> Companions | None:
    """Those that a masking model learns with; None where its outputs tell all stems apart."""
    if not isinstance(model, SpectralModel):
        return None
    return Companions(model) if len(model.outputs) == 1 and len(model.scope) > 2 else None
