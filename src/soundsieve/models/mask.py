"""The worked example: one mask for one target."""

import torch
from torch import Tensor

from soundsieve.models.spectral import SpectralModel
from soundsieve.models.trunk import BandDecoder

KINDS = ("magnitude", "phase-sensitive", "complex")


class MaskModel(SpectralModel):
    """One mask an output. `kind` says how much of a bin it may change.

    `magnitude`: a gain between 0 and 2, learned on magnitudes alone. `phase-sensitive`: a real
    factor, learned on the waveform's spectrum, so that it may shrink or flip a bin of wrong phase.
    `complex`: gain and phase.
    """

    family = "mask"

    def __init__(self, *args, kind: str = "complex", **keywords):
        super().__init__(*args, **keywords)
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {KINDS}, got {kind!r}")
        self.kind = kind
        self.planes = 2 if kind == "complex" else 1
        self.decoder = BandDecoder(
            self.width, self.planes * len(self.outputs), self.activation == "linear"
        )

    @property
    def config(self) -> dict[str, object]:
        """The keywords that build this model again, without its weights."""
        return {**super().config, "kind": self.kind}

    def masks(self, frames: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Masks of the kind; the activity is 0, since this family has none."""
        planes = self.decoder(frames).unflatten(0, (len(self.outputs), self.planes))
        activity = planes.new_zeros(*planes.shape[2:4], len(self.outputs))
        if self.kind == "magnitude":
            gain = 2 * planes[:, 0].sigmoid()
            return gain, torch.zeros_like(gain), activity
        real = planes[:, 0] + 0.5
        return real, planes[:, 1] if self.kind == "complex" else torch.zeros_like(real), activity
