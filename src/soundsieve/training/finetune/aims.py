"""What a fine-tune aims at, in a model's own outputs: where the new sound goes, what is kept."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from soundsieve.errors import UserError
from soundsieve.models.separator import Separator
from soundsieve.models.spectral import SpectralModel
from soundsieve.remix import formable, weights
from soundsieve.stems import Stems
from soundsieve.target import Target, parse


@dataclass(frozen=True)
class Aims:
    """Of the sound that is taught: its stem, and its gain in each of the model's outputs.

    `kept` is what matters most, a target that lacks the sound, and `remix` the weights of the
    outputs, and last of the mixture, that form it.
    """

    stem: str
    taught: tuple[float, ...]
    kept: Target
    remix: tuple[float, ...]

    @property
    def others(self) -> list[int]:
        """Places of the outputs that the sound is not to be in."""
        return [place for place, gain in enumerate(self.taught) if not gain]


def aims_of(model: Separator, name: str, stem: str, keep: str | None) -> Aims:
    """The aims of teaching a model a sound of a stem.

    Raises UserError where the model cannot be taught that, or `keep` keeps the sound.
    """
    if not isinstance(model, SpectralModel):
        raise UserError(f"{name} has no weights to train; fine-tune a model of `recipe run`.")
    tree = model.tree
    columns = [place for place, s in enumerate(model.scope) if stem in tree.path(s)]
    gains = {tuple(output[place] for output in model.outputs) for place in columns}
    if len(gains) != 1:
        why = "has no" if not gains else "tells the parts apart of"
        raise UserError(
            f"{name} {why} {stem!r}: it knows {', '.join(model.scope)}; fine-tune a model that has "
            f"{stem!r} as a whole."
        )
    taught = gains.pop()
    kept, remix = _kept(model, name, stem, keep)
    if any(kept.gains(model.scope, tree)[place] for place in columns):
        raise UserError(f"keep={kept} keeps the {stem!r} that are to go; leave them out of keep=.")
    return Aims(stem, taught, kept, remix)


def truth_of(model: Separator, scope: Sequence[str], tree: Stems) -> Tensor:
    """The gain of stems of data in each output of a model; of stems it does not know, none.

    Shape: `[output, stem]`.
    """
    found = torch.zeros(len(model.outputs), len(scope))
    for column, stem in enumerate(scope):
        for place, known in enumerate(model.scope):
            if known in tree.path(stem) or stem in tree.path(known):
                found[:, column] = torch.tensor([output[place] for output in model.outputs])
    return found


def _kept(
    model: Separator, name: str, stem: str, keep: str | None
) -> tuple[Target, tuple[float, ...]]:
    """What is asked for; else everything but the sound, or what the model keeps without it."""
    tree = model.tree
    if keep is not None:
        asked, *more = parse(keep, tree)
        if more:
            raise UserError(f"keep={keep}: expected one target that matters most; leave the comma.")
        return asked, formable(asked, model.scope, model.outputs, model.names, tree)
    for text in (f"all-{stem}", *model.names):
        target = parse(text, tree)[0]
        there = [s for s in model.scope if stem in tree.path(s)]
        gains = target.gains(model.scope, tree)
        found = weights(gains, model.outputs)
        if found is not None and not any(gains[model.scope.index(s)] for s in there):
            return target, found
    raise UserError(f"no output of {name} is without {stem!r}; it has {', '.join(model.names)}.")
