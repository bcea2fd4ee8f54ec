"""The contract of every model: gain vectors out, an explicit state, a stated latency."""

import hashlib
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from soundsieve.audio.stft import Stft
from soundsieve.stems import Stems

State = dict[str, Tensor]


class Separator(nn.Module):
    """Estimates weighted sums of stems from their mixture.

    `outputs` holds one gain vector over `scope` for each output, `names` its expression in the
    target language. `step` takes multiples of `hop` samples and lags its input by `delay`; a stream
    of blocks of any size therefore lags by `latency = delay + hop`, and no output sample depends on
    input after that. Several streams may run at once: all that changes meanwhile is the state, a
    flat dict of tensors, batch first.
    """

    family = "none"
    causal = True
    """Whether it may run live; one that may not is for files, in which delay does not matter."""
    channels: int | None = None

    def __init__(
        self,
        scope: Sequence[str],
        outputs: Sequence[Sequence[float]],
        names: Sequence[str],
        sample_rate: int,
        hop: int,
        delay: int,
    ):
        super().__init__()
        if any(len(gains) != len(scope) for gains in outputs) or len(outputs) != len(names):
            raise ValueError("each output needs a name and one gain for every stem of the scope")
        self.scope = tuple(scope)
        self.outputs = tuple(tuple(float(gain) for gain in gains) for gains in outputs)
        self.names = tuple(names)
        self.sample_rate, self.hop, self.delay = sample_rate, hop, delay
        self.about: dict[str, Any] = {}
        """What the file of the model says of its making."""
        self.stft: Stft | None = None
        """The spectra that it works on; None where it works on the sound."""

    @property
    def latency(self) -> int:
        """Samples, at the model's rate, by which a stream of any blocks lags its input."""
        return self.delay + self.hop

    @property
    def fused(self) -> list[tuple[Any, str]]:
        """Functions, by owner and name, that a long training compiles, each into one."""
        return []

    @property
    def tree(self) -> Stems:
        """The stems that its targets may name."""
        return Stems(self.about.get("stems") or {})

    @property
    def config(self) -> dict[str, Any]:
        """The keywords that build this model again, without its weights."""
        raise NotImplementedError

    def initial_state(self, batch: int, channels: int) -> State:
        """The state after endless silence."""
        raise NotImplementedError

    def step(self, block: Tensor, state: State) -> tuple[Tensor, State]:
        """Estimates for the block, `delay` samples late.

        Shape: `[batch, channel, k * hop] -> [batch, output, channel, k * hop]`.
        """
        raise NotImplementedError

    def forward(self, mixture: Tensor) -> Tensor:
        """Estimates of a whole signal, aligned with it.

        Shape: `[batch, channel, time] -> [batch, output, channel, time]`.
        """
        batch, channels, time = mixture.shape
        padding = self.delay + (-time - self.delay) % self.hop
        padded = nn.functional.pad(mixture, (0, padding))
        estimates, _ = self.step(padded, self.initial_state(batch, channels))
        return estimates[..., self.delay : self.delay + time]


def digest(model: nn.Module) -> str:
    """A mark of all that the model has learned: other weights under one name have another."""
    found = hashlib.sha256()
    for weight in model.state_dict().values():
        found.update(weight.contiguous().numpy().tobytes())
    return found.hexdigest()


def parameters(model: nn.Module) -> int:
    """How many numbers the model has learned.

    >>> parameters(nn.Linear(3, 2))
    8
    """
    return sum(p.numel() for p in model.parameters())
