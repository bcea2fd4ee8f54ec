"""What befalls a whole scene: gain over time on all stems, then clipping, codec, lost packets."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from soundsieve.audio.codec import Kind, codec_round_trip
from soundsieve.data.draws import Draws, Floats
from soundsieve.data.effects import clipping, dynamics, packets
from soundsieve.recipe import Effects

CODECS: tuple[Kind, ...] = ("opus", "mp3")


class Channel:
    """The channel of a scene.

    Its gain is the same for all stems; what else it adds to the mixture joins the stem `sink`.
    """

    def __init__(self, effects: Effects, sample_rate: int, sink: int | None):
        self.effects, self.sample_rate, self.sink = effects, sample_rate, sink

    def apply(self, stems: Tensor, draws: Draws) -> dict[str, NDArray]:
        """Put scenes through the channel, in place; what was drawn.

        Shape: `[batch, stem, channel, time]`.
        """
        drawn: dict[str, NDArray] = {}
        self._step(stems, draws, drawn)
        self._limit(stems, draws, drawn)
        if self.sink is not None:
            self._degrade(stems, draws, drawn, self.sink)
        return drawn

    def _step(self, stems: Tensor, draws: Draws, drawn: dict[str, NDArray]) -> None:
        if not self.effects.gain_step:
            return
        at, size = dynamics.draw_steps(draws, self.effects.gain_step, self.effects.gain_range)
        drawn["gain_step"] = size
        own = np.flatnonzero(size.any(1))
        if len(own):
            curve = dynamics.stepped(at[own], size[own], stems.shape[-1], self.sample_rate)
            _multiply(stems, own, curve)

    def _limit(self, stems: Tensor, draws: Draws, drawn: dict[str, NDArray]) -> None:
        if not self.effects.limiter:
            return
        threshold, release = dynamics.draw_limiters(draws, self.effects.limiter)
        drawn["limiter"] = threshold
        own = np.flatnonzero(threshold)
        if len(own):
            curve = dynamics.limited(
                stems[own].sum(1), threshold[own], release[own], self.sample_rate
            )
            _multiply(stems, own, curve)

    def _degrade(self, stems: Tensor, draws: Draws, drawn: dict[str, NDArray], sink: int) -> None:
        """What is not linear acts on the mixture; what it adds joins the noise."""
        effects, time = self.effects, stems.shape[-1]
        if not (effects.clip or effects.codec or effects.packet_loss):
            return
        threshold, soft = clipping.draw_clipping(draws, effects.clip)
        codec, quality = draw_codecs(draws, effects.codec)
        seconds = time / self.sample_rate
        lost, repeats = packets.draw_losses(draws, effects.packet_loss, seconds)
        for name, odds, values in (
            ("clip", effects.clip, threshold),
            ("codec", effects.codec, np.array(["", *CODECS])[codec + 1]),
            ("packet_loss", effects.packet_loss, lost.mean(1)),
        ):
            if odds:
                drawn[name] = values
        own = np.flatnonzero((threshold != 0) | (codec >= 0) | lost.any(1))
        if not len(own):
            return
        mixture = stems[own].sum(1)
        heard = clipping.clip(mixture, threshold[own], soft[own])
        for row in np.flatnonzero(codec[own] >= 0):
            kind = CODECS[codec[own[row]]]
            heard[row] = codec_round_trip(
                heard[row], self.sample_rate, kind, float(quality[own[row]])
            )
        if lost[own].any():
            heard = packets.lose(heard, lost[own], repeats[own], self.sample_rate)
        stems[own, sink] += heard - mixture


def draw_codecs(draws: Draws, odds: float) -> tuple[NDArray[np.intp], Floats]:
    """The number of each scene's codec, -1 for none, and its quality. Shape: `[scene], [scene]`."""
    which = (draws.uniform("codec")[:, 0] * len(CODECS)).astype(np.intp)
    return (
        np.where(draws.chance("codec/on", odds)[:, 0], which, -1),
        draws.uniform("codec/quality")[:, 0],
    )


def _multiply(stems: Tensor, scenes: NDArray[np.intp], curves: Tensor) -> None:
    """Some scenes by a gain over time. Shape: `curves [scene, time]`."""
    for scene, curve in zip(scenes, curves.to(stems.device), strict=True):
        stems[scene] *= curve
