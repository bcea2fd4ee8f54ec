"""Where a process stands among those that train one model together, and what they tell each other.

The processes do the same at every step, so whatever they agree on is a sum over all of them: no
one is asked, so no one can be waited for in vain.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from pytorch_lightning.strategies import DDPStrategy, Strategy


@dataclass(frozen=True)
class Place:
    """The number of a process among `ranks`; `local` is the one on its machine, number `node`."""

    rank: int = 0
    ranks: int = 1
    local: int = 0
    node: int = 0

    @property
    def first(self) -> bool:
        """Whether this is the process that writes and speaks."""
        return self.rank == 0

    def mine(self, indices: Sequence[int]) -> list[int]:
        """The part of this process: every n-th, so that n processes have all of them once.

        >>> Place(1, 2).mine(range(5))
        [1, 3]
        """
        return list(indices[self.rank :: self.ranks])

    def total(self, values: Sequence[float], device: torch.device) -> list[float]:
        """The sums over all processes; every process has to ask, and gets the same."""
        if self.ranks == 1:
            return [float(value) for value in values]
        sums = torch.tensor(values, dtype=torch.float64, device=device)
        dist.all_reduce(sums)
        return sums.tolist()

    def device(self, device: torch.device) -> torch.device:
        """The one of several devices of a kind that is this process' own."""
        many = device.type == "cuda" and self.ranks > 1
        return torch.device("cuda", self.local) if many else device

    def strategy(self) -> Strategy | str:
        """How Lightning is to train: averaging gradients where there are several processes."""
        if self.ranks == 1:
            return "auto"
        return DDPStrategy(cluster_environment=_Placed(self))


ALONE = Place()


@contextmanager
def joined(place: Place, device: torch.device, port: int | None = None) -> Iterator[None]:
    """The processes hear each other for as long as the block lasts.

    They meet at a port of this machine, or without one where the environment says (torchrun's).
    """
    meeting = "env://" if port is None else f"tcp://127.0.0.1:{port}"
    backend = "nccl" if device.type == "cuda" else "gloo"
    if device.type == "cuda":
        torch.cuda.set_device(place.device(device))
    dist.init_process_group(backend, meeting, rank=place.rank, world_size=place.ranks)
    try:
        yield
    finally:
        dist.destroy_process_group()


class _Placed(LightningEnvironment):
    """Tells Lightning where its process stands: all of them have been started already."""

    def __init__(self, place: Place):
        super().__init__()
        self.place = place

    @property
    def creates_processes_externally(self) -> bool:
        return True

    def local_rank(self) -> int:
        return self.place.local

    def node_rank(self) -> int:
        return self.place.node
