"""A wider and deeper model that computes what a smaller one does, to be trained on from there.

What is new is silent at first: it hears, and what it says is multiplied by zero, so that nothing
that was learned is lost, and it learns from the first step on. After Chen, Goodfellow & Shlens,
"Net2Net: accelerating learning via knowledge transfer", 2016, with zeros for copies.
"""

import torch
from torch import Tensor

from soundsieve.models.separator import Separator
from soundsieve.models.spectral import SpectralModel
from soundsieve.models.trunk import N_BANDS

BLOCKS = "trunk.blocks."
SAYING = "trunk.blocks.0.band.inward.weight"
GATES = 3
"""Parts of the memory's inward matrix: forget gate, candidate, output gate."""


def can_grow(small: Separator, large: Separator) -> bool:
    """Whether one model fits into the other: of one family, and nowhere wider or deeper."""
    if not (isinstance(small, SpectralModel) and isinstance(large, SpectralModel)):
        return False
    same = ("family", "scope", "outputs", "sample_rate", "hop", "activation")
    alike = all(getattr(small, name) == getattr(large, name) for name in same)
    return alike and small.width <= large.width and small.depth <= large.depth


@torch.no_grad()
def grow(small: Separator, large: Separator) -> None:
    """Gives the large model weights with which it computes what the small one does, to rounding.

    Its own weights stay where they hear what is new. The small model's blocks are spread evenly
    over the large one's; a block in between adds nothing yet.

    Raises ValueError where `can_grow` is False.
    """
    if not can_grow(small, large):
        raise ValueError("the small model does not fit into the large one")
    assert isinstance(small, SpectralModel) and isinstance(large, SpectralModel)
    old, new = small.state_dict(), large.state_dict()
    places = {place * large.depth // small.depth: place for place in range(small.depth)}
    said = len(old[SAYING]), len(new[SAYING])
    for name, weight in new.items():
        source = name
        if name.startswith(BLOCKS):
            number, rest = name.removeprefix(BLOCKS).split(".", 1)
            if int(number) not in places:
                new[name] = torch.zeros_like(weight) if ".outward." in name else weight
                continue
            source = f"{BLOCKS}{places[int(number)]}.{rest}"
        new[name] = _grown(name, old[source], weight, said)
    large.load_state_dict(new)


def _grown(name: str, old: Tensor, new: Tensor, said: tuple[int, int]) -> Tensor:
    """The weights of one layer; `said` are the numbers a band says to others, before and now."""
    if name.endswith("norm.weight"):
        # Channels of zero lower the mean power that the norm divides by.
        return _within(old * (len(old) / len(new)) ** 0.5, torch.ones_like(new))
    if ".encoder." in name or ".outward." in name:
        return _within(old, torch.zeros_like(new))
    if ".time.inward." in name:
        parts = zip(old.chunk(GATES), new.chunk(GATES), strict=True)
        return torch.cat([_within(*part) for part in parts])
    if ".band.mix." in name:
        shape = [(N_BANDS, numbers) for numbers in said]
        old, new = (_unflattened(w, part) for w, part in zip((old, new), shape, strict=True))
        if new.dim() == 4:  # bands that spoke before do not listen to new words yet
            new = new.clone()
            new[:, : said[0], :, said[0] :] = 0
        return _within(old, new).reshape((N_BANDS * said[1],) * (new.dim() // 2))
    return _within(old, new)


def _unflattened(weight: Tensor, shape: tuple[int, int]) -> Tensor:
    """A row or matrix over bands and words with an axis for each."""
    return weight.reshape(shape * weight.dim())


def _within(old: Tensor, new: Tensor) -> Tensor:
    """The old tensor in the first places of the new one."""
    grown = new.clone()
    grown[tuple(map(slice, old.shape))] = old
    return grown
