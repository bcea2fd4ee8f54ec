"""What a fine-tune pays for beside its loss: leaving the new sound, and changing anything else."""

import torch
from torch import Tensor

from soundsieve.audio.levels import SILENCE
from soundsieve.training.module import Spectra

LEAK = {"noise": 0.5, "prompts": 0.3}
"""Weight of what of the new sound is left in what matters most, in bels. More than is borne in the
end: a part of a strong change removes more than all of a weak one, for the same harm."""
GONE = 1e-3
"""Share of the new sound's power that is as good as none: 30 dB under it."""
CHANGE = 0.15
"""Weight of what a scene without the new sound loses against the teacher, in bels."""
UNCHANGED = 1e-4
"""Power of a difference, of the mixture's, that is as good as none: 40 dB under it. The spectral
loss stops at its `SNR_CAP`, where a model that learns has other cares; one that knows has to go on
knowing."""


def leak(masks: Spectra, keep: Tensor, sound: Spectra) -> Tensor:
    """Power of the new sound through the masks of what matters most, over its own, in bels.

    A mask is linear, so what it leaves of one sound of a mixture is known apart; after Xia et al.,
    "Weighted speech distortion losses for neural-network-based real-time speech enhancement",
    ICASSP 2020.

    Shape: `2 x [output, time, row, bin], [output + 1], 2 x [time, row, bin] -> []`.

    Args:
        keep: weights of the outputs, and last of the mixture, in what matters most.
    """
    real = torch.einsum("otrb,o->trb", masks[0], keep[:-1]) + keep[-1]
    imag = torch.einsum("otrb,o->trb", masks[1], keep[:-1])
    power = sound[0].square() + sound[1].square()
    left, whole = (part.mean((0, 2)) for part in (power * (real.square() + imag.square()), power))
    there = whole > SILENCE
    share = left / whole.clamp_min(SILENCE)
    return ((share + GONE).log10() * there).sum() / there.sum().clamp_min(1)


def change(estimate: Spectra, reference: Spectra, mixture: Spectra, rows: Tensor) -> Tensor:
    """Power of the difference to what was said before, over the mixture's, in bels, in some rows.

    Shape: `2 x [output, time, row, bin]` twice, `2 x [time, row, bin], [row] -> []`.
    """
    power = (mixture[0].square() + mixture[1].square()).mean((0, 2)).clamp_min(1e-10)
    parts = zip(estimate, reference, strict=True)
    error = sum((one - other).square().mean((1, 3)) for one, other in parts)
    return (((error / power + UNCHANGED).log10() * rows).sum(1) / rows.sum().clamp_min(1)).mean()
