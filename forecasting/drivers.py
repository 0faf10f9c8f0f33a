"""Why need changes: exact decomposition of a change of sums of products into effects of the factors.

LMDI-I (Ang 2004): effect of factor k = sum over cells of L(y1, y0) * ln(f1_k / f0_k), L the logarithmic mean. The
effects sum to the change with no residual. (Tests check it against the Shapley form of Das Gupta 1993.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Values = NDArray[np.float32] | NDArray[np.float64]

DRIVERS = ("size", "sex", "structure", "rate", "base_year", "health", "policy", "backlog", "revision", "total")
"""Every driver, in the order they are shown."""
BLOCK = 125
"""Draws that are decomposed at a time, so that memory does not grow with their number."""
TINY = 1e-12
"""Stands for zero in logarithms; the effects converge as it goes to zero (Ang and Liu 2007)."""


def logarithmic_mean(after: FloatArray, before: FloatArray) -> FloatArray:
    """(after - before) / ln(after / before); the value itself where both are equal.

    Close values go by the series around their mean, which keeps full precision.
    """
    ratio = np.log(after / before)
    near = np.abs(ratio) < 1e-4
    safe = np.where(near, 1.0, ratio)
    geometric = np.sqrt(after * before)
    return np.asarray(np.where(near, geometric * (1.0 + ratio**2 / 24.0), (after - before) / safe))


@dataclass(frozen=True)
class NeedState:
    """Expected need of one service as a product, in one year of one scenario or edition.

    Attributes:
        exposure: persons, broadcastable to (units, groups, draws).
        residents: persons of all ages by sex, broadcastable to (units, 2, draws).
        factors: `rate` and any of `health`, `policy`, `backlog`, `revision`, each broadcastable to the same shape
            as `exposure`; one that is left out is 1.
    """

    exposure: Values
    residents: Values
    factors: Mapping[str, Values]


def need_effects(
    before: NeedState, after: NeedState, node_units: FloatArray, sex_of_group: NDArray[np.int_]
) -> dict[str, FloatArray]:
    """Effects of every factor on the change of expected need between two states, per node and draw.

    Need of a cell is N x m x s x rate x further factors: residents of the node, the share of the cell's sex among
    them, the cell's exposed share of that sex, and the rate. The structure effect holds age, and place in nodes of
    several areas.

    Args:
        before: the state the change starts from.
        after: the state it ends in.
        node_units: membership, shape (nodes, units).
        sex_of_group: 0 male, 1 female, -1 where sex is not known, shape (groups,).

    Returns:
        `size`, `sex`, `structure`, each factor by name, and `total`, each of shape (nodes, draws); the others
        sum to `total`.
    """
    draws = max(np.shape(v)[-1] for s in (before, after) for v in (s.exposure, s.residents, *s.factors.values()))
    parts = [
        _effects(_draws_of(before, block), _draws_of(after, block), node_units, sex_of_group)
        for block in (slice(start, start + BLOCK) for start in range(0, draws, BLOCK))
    ]
    return parts[0] if len(parts) == 1 else {n: np.concatenate([p[n] for p in parts], axis=-1) for n in parts[0]}


def summarised(effects: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Mean, P10, median and P90 over draws of every effect, shape (nodes, 4): draws of effects are not kept."""
    return dict(zip(effects, effect_table(np.stack(list(effects.values()))), strict=True))


def effect_table(draws: FloatArray) -> FloatArray:
    """Mean, P10, median and P90 over the last axis, shape (..., 4)."""
    return np.stack([draws.mean(axis=-1), *np.quantile(draws, [0.1, 0.5, 0.9], axis=-1)], axis=-1)


def _draws_of(state: NeedState, block: slice) -> NeedState:
    """The state in a block of draws; what is the same in all draws stays as it is."""

    def cut(values: Values) -> Values:
        return values if values.shape[-1] == 1 else values[..., block]

    return NeedState(cut(state.exposure), cut(state.residents), {n: cut(v) for n, v in state.factors.items()})


def _effects(
    before: NeedState, after: NeedState, node_units: FloatArray, sex_of_group: NDArray[np.int_]
) -> dict[str, FloatArray]:
    """The effects of `need_effects` for one block of draws."""
    names = sorted({*before.factors, *after.factors}, key=DRIVERS.index)
    x0, x1 = _positive(before.exposure), _positive(after.exposure)
    pairs = {name: (_factor(before, name), _factor(after, name)) for name in names}
    y0, y1 = x0, x1
    for f0, f1 in pairs.values():
        y0, y1 = y0 * f0, y1 * f1
    y0, y1 = np.broadcast_arrays(y0, y1)
    weight = logarithmic_mean(y1, y0)
    persons = node_units @ (weight * np.log(x1 / x0)).sum(axis=1)
    residents = [
        np.einsum("nu,usd->nsd", node_units, np.asarray(state.residents, dtype=np.float64))
        for state in (before, after)
    ]
    whole = [np.maximum(r.sum(axis=1), TINY) for r in residents]
    size = np.log(whole[1] / whole[0]) * (node_units @ weight.sum(axis=1))
    sex = np.zeros_like(size)
    for s in range(2):
        inside = sex_of_group == s
        if inside.any():
            share = [np.maximum(r[:, s], TINY) / n for r, n in zip(residents, whole, strict=True)]
            sex = sex + np.log(share[1] / share[0]) * (node_units @ weight[:, inside].sum(axis=1))
    effects = {"size": size, "sex": sex, "structure": persons - size - sex}
    for name, (f0, f1) in pairs.items():
        effects[name] = node_units @ (weight * np.log(f1 / f0)).sum(axis=1)
    effects["total"] = node_units @ (y1 - y0).sum(axis=1)
    return effects


def _positive(values: Values) -> FloatArray:
    return np.maximum(np.asarray(values, dtype=np.float64), TINY)


def _factor(state: NeedState, name: str) -> FloatArray:
    return _positive(state.factors[name]) if name in state.factors else np.ones((1, 1, 1))
