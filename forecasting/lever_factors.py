"""What levers do to the expected need of a drawn year: health, stated changes and arrivals, postponed need."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forecasting.contracts import NeedInputError
from forecasting.levers import ServiceLevers, moved_share
from forecasting.service_plan import Draws, ServicePlan, YearMeans

FloatArray = NDArray[np.float64]


def relevered(means: YearMeans, plan: ServicePlan, sources: Sequence[YearMeans]) -> YearMeans:
    """The same persons and rates under the levers of another plan of the service."""
    expected = means.rate * means.exposure
    factors = lever_factors(plan, means.year, expected, sources)
    for factor in factors.values():
        expected *= factor
    return YearMeans(means.year, means.exposure, means.rate, factors, expected, means.residents)


def lever_factors(plan: ServicePlan, year: int, plain: Draws, sources: Sequence[YearMeans]) -> dict[str, Draws]:
    """Factors of the levers; `plain` is the need that would be expected without them."""
    levers = plan.levers
    if levers is None:
        return {}
    factors: dict[str, Draws] = {}
    health, policy = levers.health_factor(year), levers.policy_factor(year)
    if health is not None:
        factors["health"] = health
    if levers.arriving:
        policy = _with_arrivals(plan, year, plain if health is None else plain * health, policy, sources)
    if policy is not None:
        factors["policy"] = policy
    if levers.backlog:
        own = plain
        for factor in factors.values():
            own = own * factor
        factors["backlog"] = _with_backlog(levers, year, own)
    return factors


def _with_arrivals(
    plan: ServicePlan, year: int, own: Draws, policy: Draws | None, sources: Sequence[YearMeans]
) -> Draws:
    """Policy factor with need that moves here from other services, placed like the service's own need."""
    levers = plan.levers
    if levers is None:
        raise ValueError("arrivals need levers")
    found = np.ones_like(own) if policy is None else policy.copy()
    for lever, source, source_plan in zip(levers.arriving, sources, plan.sources, strict=True):
        before = source.expected / source.factors["policy"] if "policy" in source.factors else source.expected
        sent = source_plan.levers
        leaving = next(p for p in sent.policy if p.assumption.id == lever.assumption.id) if sent else lever
        share = moved_share(leaving, year, plan.rates.origin).astype(np.float32)
        units = (before * leaving.share[:, None].astype(np.float32)).sum(axis=1) * leaving.units[:, None] * share
        amount = _placed(units, source_plan, plan) * np.float32(lever.assumption.per_unit or 0.0)
        found += _as_factor(amount, own, lever.share)
    return found


def _placed(amount: Draws, source: ServicePlan, target: ServicePlan) -> Draws:
    """Amounts by unit of the source as amounts by unit of the target, shape (units, draws)."""
    theirs, ours = source.rates.history.units, target.rates.history.units
    if theirs == ours:
        return amount
    if missing := sorted(set(theirs) - set(ours)):
        raise NeedInputError(
            f"assumptions: need moves from {source.rates.history.service} to {target.rates.history.service}, "
            f"which has no area {', '.join(missing)}; give both the same areas"
        )
    placed = np.zeros((len(ours), amount.shape[-1]), dtype=np.float32)
    placed[[ours.index(u) for u in theirs]] = amount
    return placed


def _as_factor(amount: Draws, own: Draws, share: FloatArray) -> Draws:
    """What is added to the factor of cells so that each unit's need grows by `amount` (units, draws).

    In proportion to the unit's own need in the groups of `share`, or in all its groups where it has none in those.
    """
    weight = own * share[:, None].astype(np.float32)
    total = weight.sum(axis=1, keepdims=True)
    whole = own.sum(axis=1, keepdims=True)
    scale = np.where(total > 0, share[None, :, None].astype(np.float32) / np.maximum(total, 1e-12),
                     1.0 / np.maximum(whole, 1e-12))  # fmt: skip
    return np.asarray(amount[:, None, :] * scale, dtype=np.float32)


def _with_backlog(levers: ServiceLevers, year: int, own: Draws) -> Draws:
    """Factor of postponed need, placed like the service's own need in the lever's areas and ages."""
    factor = np.ones_like(own)
    for share in {lever.share.tobytes(): lever.share for lever in levers.backlog}.values():
        by_unit = (own * share[None, :, None].astype(np.float32)).sum(axis=1)
        amount = np.zeros_like(by_unit)
        for lever in levers.backlog:
            if lever.share.tobytes() == share.tobytes():
                inside = by_unit[lever.units]
                part = inside / np.maximum(inside.sum(axis=0, keepdims=True), 1e-12)
                amount[lever.units] += part * levers.released(lever, year).astype(np.float32)
        factor += _as_factor(amount, own, share)
    return factor
