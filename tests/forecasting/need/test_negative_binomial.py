"""Dispersion and shrinkage by moments beside maximum likelihood in statsmodels, on small cases."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.discrete.discrete_model import NegativeBinomial
from statsmodels.genmod.families import Poisson
from statsmodels.genmod.generalized_linear_model import GLM

from forecasting.rates import ServiceHistory, fit_rates

UNITS, GROUPS, YEARS = 12, 10, 10
AGES = tuple(f"{10 * i}-{10 * i + 9}" for i in range(GROUPS))


def history(spread: float, alpha: float, size: float, seed: int) -> ServiceHistory:
    """Counts of known cell factors (gamma, variance `spread`) and NB2 noise, no trends."""
    rng = np.random.default_rng(seed)
    rate = np.linspace(0.05, 0.4, GROUPS)[None, :, None]
    factor = rng.gamma(1.0 / spread, spread, (UNITS, GROUPS, 1)) if spread else np.ones((UNITS, GROUPS, 1))
    exposure = np.full((UNITS, GROUPS, YEARS), size)
    mean = exposure * rate * factor
    counts = rng.poisson(rng.gamma(1.0 / alpha, alpha * mean) if alpha else mean).astype(float)
    units = tuple(f"u{i:02d}" for i in range(UNITS))
    return ServiceHistory("s", units, ("all",), AGES, tuple(range(2010, 2010 + YEARS)), counts, exposure)


def design(h: ServiceHistory) -> np.ndarray:
    """Dummies of cells (unit and group) and of unit-years: what the dispersion is taken beside."""
    u, g, t = (i.ravel() for i in np.indices(h.counts.shape))
    cells = np.eye(UNITS * GROUPS)[u * GROUPS + g]
    years = np.eye(UNITS * YEARS)[u * YEARS + t]
    keep = np.arange(UNITS * YEARS) % YEARS > 0  # the first year of each unit is the cells' own level
    return np.hstack([cells, years[:, keep]])


@pytest.mark.parametrize("alpha", [0.02, 0.1, 0.4])
def test_dispersion_is_that_of_statsmodels(alpha: float) -> None:
    h = history(0.0, alpha, 2_000.0, 3)
    (found,) = fit_rates([h], ())
    y, x = h.counts.ravel(), design(h)
    fitted = GLM(y, x, family=Poisson()).fit()
    mean = fitted.mu
    by_moments = (((y - mean) ** 2).sum() * y.size / (y.size - x.shape[1]) - mean.sum()) / (mean**2).sum()
    assert found.dispersion == pytest.approx(by_moments, rel=0.15)
    start = np.append(np.zeros(1), alpha)
    likelihood = NegativeBinomial(y, np.ones((y.size, 1)), offset=np.log(mean)).fit(start_params=start, disp=0)
    freedom = y.size / (y.size - x.shape[1])
    assert found.dispersion == pytest.approx(likelihood.params[-1] * freedom, rel=0.2)


def test_without_dispersion_none_is_found() -> None:
    (found,) = fit_rates([history(0.0, 0.0, 2_000.0, 4)], ())
    assert found.dispersion < 0.002


@pytest.mark.parametrize("size", [40.0, 400.0])
def test_cells_are_shrunk_as_by_the_negative_binomial_likelihood_of_statsmodels(size: float) -> None:
    h = history(0.15, 0.0, size, 5)
    (found,) = fit_rates([h], ())
    fade = 0.9 ** np.arange(YEARS)[::-1]
    a, weight = h.counts @ fade, fade.sum()
    unit, group = np.kron(np.eye(UNITS), np.ones((GROUPS, 1))), np.kron(np.ones((UNITS, 1)), np.eye(GROUPS)[:, 1:])
    main = GLM(h.counts.sum(axis=-1).ravel(), np.hstack([unit, group]), family=Poisson()).fit()
    b = main.mu.reshape(UNITS, GROUPS) / YEARS * weight
    y = np.rint(a / weight * YEARS).ravel()
    spread = NegativeBinomial(y, np.ones((y.size, 1)), offset=np.log(main.mu)).fit(disp=0).params[-1]
    expected = (1.0 / spread + a) / (1.0 / spread + b)
    rate = np.exp(found.log_rate)
    relative = rate / np.exp(np.log(rate).mean(axis=1, keepdims=True))
    relative = relative / np.exp(np.log(relative).mean(axis=0))
    ours, theirs = np.log(relative), np.log(expected)
    theirs = theirs - theirs.mean(axis=1, keepdims=True)
    theirs = theirs - theirs.mean(axis=0)
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.99
    assert np.polyfit(theirs.ravel(), ours.ravel(), 1)[0] == pytest.approx(1.0, abs=0.1)
