"""Packets lost on the way: silence in their place, or the last packet again, weaker each time."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.data.draws import Draws

PACKET = 0.02
"""Seconds."""
BURST = 4
"""Packets lost in a row, at most."""
STARTS = (0.01, 0.08)
"""Odds of a packet to be the first of those lost."""
REPEAT = 0.6
"""Gain of a packet that is played again."""


def draw_losses(
    draws: Draws, odds: float, seconds: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which packets are lost, and whether each scene's receiver repeats the last one instead.

    Shape: `[scene, packet], [scene]`.
    """
    count = int(np.ceil(seconds / PACKET))
    starts = draws.uniform("packets", count) < draws.uniform("packets/rate", 1, *STARTS)
    lengths = draws.uniform("packets/burst", count, 1, BURST + 1).astype(int)
    lost = starts.copy()
    for later in range(1, BURST):
        lost[:, later:] |= starts[:, :-later] & (lengths[:, :-later] > later)
    on = draws.chance("packets/on", odds)
    return lost & on, draws.chance("packets/repeat", 0.5)[:, 0]


def lose(mixture: Tensor, lost: NDArray, repeats: NDArray, sample_rate: int) -> Tensor:
    """The mixture without its lost packets.

    Shape: `[scene, channel, time], [scene, packet], [scene] -> [scene, channel, time]`.
    """
    size, time = round(PACKET * sample_rate), mixture.shape[-1]
    count = min(-(-time // size), lost.shape[1])
    packets = torch.nn.functional.pad(mixture, (0, max(count * size - time, 0)))
    packets = packets[..., : count * size].unflatten(-1, (count, size))
    index = np.arange(count)
    last = np.maximum.accumulate(np.where(lost[:, :count], -1, index), 1)
    gain = np.where(repeats[:, None] & (last >= 0), REPEAT ** (index - last), 0.0)
    gain = torch.from_numpy(np.where(lost[:, :count], gain, 1.0)).to(mixture)
    place = torch.from_numpy(np.maximum(last, 0)).to(mixture.device)
    place = place[:, None, :, None].expand_as(packets)
    received = (packets.gather(2, place) * gain[:, None, :, None]).flatten(2)
    return torch.cat([received, mixture[..., count * size :]], -1)[..., :time]
