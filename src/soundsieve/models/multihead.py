"""One trunk, a complex mask for every stem, and their sum is the mixture by construction."""

from torch import Tensor, nn

from soundsieve.models.spectral import SpectralModel
from soundsieve.models.trunk import BandDecoder


class MultiHead(SpectralModel):
    """Heads that sum to the mixture, each behind a gate that says whether its stem is there at all.

    What the gated masks leave over is shared among the open gates, so that the sum holds after the
    gates too, and a stem that is absent goes to silence while the others take its part.
    """

    family = "multihead"

    def __init__(self, *args, **keywords):
        super().__init__(*args, **keywords)
        self.decoder = BandDecoder(self.width, 2 * len(self.outputs), self.activation == "linear")
        self.activity = nn.Linear(self.width, len(self.outputs))

    def masks(self, frames: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Masks that sum to one in every bin."""
        heads = self.decoder(frames).unflatten(0, (-1, 2))
        activity = self.activity(frames.mean(2)).float() + 2.0  # open at the start of training
        gate = activity.sigmoid()
        # gate / gate.sum(), which would be 0 / 0 where all gates have closed to nothing
        share = nn.functional.logsigmoid(activity).softmax(-1)
        gate, share = (part.permute(2, 0, 1)[..., None] for part in (gate, share))
        real, imag = gate * heads[:, 0], gate * heads[:, 1]
        return (
            real + share * (1 - real.sum(0, keepdim=True)),
            imag - share * imag.sum(0, keepdim=True),
            activity,
        )
