"""Small models with known behaviour: what a stream does to sound can then be said in advance."""

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from soundsieve.audio.stft import Stft
from soundsieve.models.separator import Separator, State


class FakeModel(Separator):
    """Fixed masks, one row of bins an output; `moving` ones also follow the level so far."""

    family = "fake"

    def __init__(
        self,
        masks: Tensor,
        names: Sequence[str],
        scope: Sequence[str],
        outputs: Sequence[Sequence[float]],
        channels: int | None = None,
        moving: bool = False,
    ):
        super().__init__(scope, outputs, names, 16000, 256, 256)
        self.stft, self.mask, self.channels, self.moving = Stft(512, 256), masks, channels, moving

    def initial_state(self, batch: int, channels: int) -> State:
        zeros = torch.zeros
        return {
            "input": zeros(batch, channels, self.delay),
            "output": zeros(batch, channels, len(self.outputs), self.delay),
            "level": zeros(batch, 1),
        }

    def step(self, block: Tensor, state: State) -> tuple[Tensor, State]:
        batch, channels, _ = block.shape
        assert self.channels in (None, channels)
        real, imag, past = self.stft.analyse(block.flatten(0, 1), state["input"].flatten(0, 1))
        masks, level = self.masks_over_time(real, imag, batch, state["level"])
        real, imag = (
            (masks[:, :, None] * part.unflatten(1, (batch, channels))[:, :, :, None]).flatten(1, 3)
            for part in (real, imag)
        )
        sound, rest = self.stft.synthesise(real, imag, state["output"].flatten(0, 2))
        shape = (batch, channels, len(self.outputs))
        after = {
            "input": past.unflatten(0, (batch, channels)),
            "output": rest.unflatten(0, shape),
            "level": level,
        }
        return sound.unflatten(0, shape).transpose(1, 2), after

    def masks_over_time(
        self, real: Tensor, imag: Tensor, batch: int, level: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Shape: `2 x [time, row, bin] -> [time, batch, output, bin]`."""
        power = (real.square() + imag.square()).unflatten(1, (batch, -1)).mean((2, 3))
        factors = []
        for frame in power:
            level = 0.9 * level + 0.1 * frame[:, None]
            share = frame[:, None] / (frame[:, None] + level + 1e-9)
            factors.append(0.5 + 0.5 * share if self.moving else torch.ones_like(share))
        masks = torch.stack(factors)[:, :, None] * self.mask
        masks[:, :, -1] = 1 - masks[:, :, :-1].sum(2) if len(self.mask) > 1 else masks[:, :, -1]
        return masks, level


@pytest.fixture
def keep_all() -> FakeModel:
    """One output that lets everything pass."""
    return FakeModel(
        torch.ones(1, 257), ["speech+music"], ["speech", "music", "noise"], [[1, 1, 0]]
    )


@pytest.fixture
def make_halves() -> Callable[..., FakeModel]:
    """Makes models of two outputs, below and above 2 kHz, that sum to the mixture."""

    def make(channels: int | None = None, moving: bool = False) -> FakeModel:
        low = (torch.arange(257) < 64).float()
        masks = torch.stack([low, 1 - low])
        scope = ["speech", "noise"]
        return FakeModel(masks, scope, scope, [[1, 0], [0, 1]], channels, moving)

    return make


@pytest.fixture
def halves(make_halves: Callable[..., FakeModel]) -> FakeModel:
    """Two outputs, below and above 2 kHz, that sum to the mixture."""
    return make_halves()
