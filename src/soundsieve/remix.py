"""The solver that says which gains a model's outputs can form, and with which weights."""

from __future__ import annotations

from collections.abc import Sequence

from soundsieve.errors import UserError
from soundsieve.stems import STEMS, Stems
from soundsieve.target import Target

TOLERANCE = 1e-6  # of a gain; far under what can be heard, far over rounding


def weights(
    request: Sequence[float], outputs: Sequence[Sequence[float]]
) -> tuple[float, ...] | None:
    """Weights of the outputs, and last of the mixture, whose sum has the requested gains.

    The mixture (gain 1 everywhere) is left out, weight 0, where the outputs alone can form the
    request. None where nothing can.

    Shape: `request [stem]`, `outputs [output, stem]`, result `[output + 1]`.

    >>> weights([0.0, 1.0], [[1.0, 0.0]])  # the residual
    (-1.0, 1.0)
    """
    for output in outputs:
        if len(output) != len(request):
            raise ValueError(f"an output has {len(output)} gains, the request {len(request)}")
    alone = _solve(request, outputs)
    if alone is not None:
        return (*alone, 0.0)
    return _solve(request, [*outputs, [1.0] * len(request)])


def formable(
    request: Target,
    scope: Sequence[str],
    outputs: Sequence[Sequence[float]],
    names: Sequence[str],
    stems: Stems = STEMS,
) -> tuple[float, ...]:
    """The weights of a request, or a `UserError` that lists what the model has.

    Args:
        names: the expression of each output, as the model's card has them.
    """
    found = weights(request.gains(scope, stems, owner="the model"), outputs)
    if found is None:
        has = ", ".join(f"'{name}'" for name in names)
        raise UserError(
            f"the model cannot form '{request}': it has {has} and the residual; "
            "ask for one of these or a sum of them, or train one with `recipe run "
            f"keep={request}`."
        )
    return found


def _solve(goal: Sequence[float], vectors: Sequence[Sequence[float]]) -> tuple[float, ...] | None:
    """Factors with `sum(factor * vector) == goal`, by elimination with full pivoting."""
    rows = [[*column, g] for *column, g in zip(*vectors, goal, strict=True)]
    n_factors = len(vectors)
    pivots: dict[int, int] = {}  # column -> row
    for row in range(min(len(rows), n_factors)):
        free = [c for c in range(n_factors) if c not in pivots]
        size, best, column = max(
            (abs(rows[r][c]), -r, -c) for r in range(row, len(rows)) for c in free
        )
        if size < TOLERANCE:
            break
        best, column = -best, -column
        rows[row], rows[best] = rows[best], rows[row]
        rows[row] = [value / rows[row][column] for value in rows[row]]
        for other in range(len(rows)):
            if other != row:
                factor = rows[other][column]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[row], strict=True)]
        pivots[column] = row
    factors = tuple(rows[pivots[c]][-1] if c in pivots else 0.0 for c in range(n_factors))
    return factors if _error(factors, vectors, goal) < TOLERANCE else None


def _error(
    factors: Sequence[float], vectors: Sequence[Sequence[float]], goal: Sequence[float]
) -> float:
    """The largest miss of a gain, relative to the largest gain where that is above 1."""
    made = [sum(f * v[i] for f, v in zip(factors, vectors, strict=True)) for i in range(len(goal))]
    scale = max(1.0, *(abs(value) for value in goal))
    return max(abs(a - b) for a, b in zip(made, goal, strict=True)) / scale
