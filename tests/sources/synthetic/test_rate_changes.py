"""True rates wander as the calmest real services did, and `truth/` tells how."""

from __future__ import annotations

import csv

import numpy as np
import polars as pl
import pytest
import yaml

from sources.synthetic import demo_county
from sources.synthetic.geography import REFERENCE, county_shape
from sources.synthetic.population import FIRST_YEAR, People, simulate_people
from sources.synthetic.service_truth import FIRST_MONTH, ServiceTruth, state_truth
from sources.synthetic.truth_tables import drift_table

SPANS = (5, 10)
DISRUPTED_YEARS = (2020, 2021, 2022)


@pytest.fixture(scope="module")
def real() -> dict[tuple[str, str], float]:
    """The calmest series of each part: change over five and ten years."""
    with (REFERENCE / "rate_changes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = tuple(f"change_{h}" for h in SPANS)
    return {
        (part, name): min(float(row[name]) for row in rows if row["part"] == part)
        for part in ("service", "region")
        for name in names
    }


@pytest.fixture(scope="module")
def worlds() -> list[tuple[People, ServiceTruth]]:
    county = demo_county("kainuu")
    found = []
    for seed in range(12):
        streams = iter(np.random.default_rng(seed).spawn(2))
        people = simulate_people(county_shape(county), 2025, 1.0, next(streams))
        found.append((people, state_truth(county, people, next(streams))))
    return found


def expected_at_stated_rates(people: People, truth: ServiceTruth) -> np.ndarray:
    """Events a month (of a mean month) that persons would have at the stated rates, (services, areas, months)."""
    at_ends = np.einsum("ymxa,sxa->smy", people.truth[FIRST_MONTH.year - 1 - FIRST_YEAR :], truth.rates)
    month = truth.months.astype(int) % 12
    year = truth.months.astype("datetime64[Y]").astype(int) + 1970 - FIRST_MONTH.year
    share = (month + 0.5) / 12
    return np.asarray(at_ends[..., year] * (1 - share) + at_ends[..., year + 1] * share)


def yearly_log_rates(people: People, truth: ServiceTruth) -> np.ndarray:
    """Log of true use over use at the stated rates, (services, areas, years); disrupted years are not told."""
    both = (truth.mean.sum(axis=(2, 3)), expected_at_stated_rates(people, truth))
    use, base = (part.reshape(*part.shape[:2], -1, 12).sum(axis=-1) for part in both)
    logs = np.log(use / base)
    logs[..., [y - FIRST_MONTH.year for y in DISRUPTED_YEARS]] = np.nan
    return np.asarray(logs)


@pytest.mark.parametrize("span", SPANS)
def test_rates_change_as_those_of_the_calmest_real_services(real, worlds, span: int) -> None:  # type: ignore[no-untyped-def]
    squares: dict[str, list[float]] = {"service": [], "region": []}
    for people, truth in worlds:
        logs = yearly_log_rates(people, truth)
        weight = truth.mean.sum(axis=(2, 3, 4))
        whole = (logs * (weight / weight.sum(axis=1, keepdims=True))[..., None]).sum(axis=1, keepdims=True)
        for part, series in (("service", whole), ("region", logs - whole)):
            squares[part].append(float(np.nanmean((series[..., span:] - series[..., :-span]) ** 2)))
    for part, found in squares.items():
        ratio = np.sqrt(np.mean(found)) / real[part, f"change_{span}"]
        assert 0.75 < ratio < 1.33, part


def test_the_stated_drift_lies_among_the_calmer_real_ones() -> None:
    stated = yaml.safe_load((REFERENCE / "service_truth.yaml").read_text(encoding="utf-8"))
    with (REFERENCE / "rate_changes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for part, name in (("service", "service_drift"), ("region", "area_drift")):
        calmest, second, *_ = sorted(float(row["drift"]) for row in rows if row["part"] == part)
        assert 0.95 * calmest < stated[name] < second


def test_the_drift_has_the_stated_size_a_year_and_is_independent(worlds) -> None:  # type: ignore[no-untyped-def]
    stated = yaml.safe_load((REFERENCE / "service_truth.yaml").read_text(encoding="utf-8"))
    service = np.concatenate([np.diff(truth.service_drift[:, ::12]) for _, truth in worlds])
    area = np.concatenate([np.diff(truth.area_drift[..., ::12]).reshape(-1, 30) for _, truth in worlds])
    assert service.std() == pytest.approx(stated["service_drift"], rel=0.05)
    assert area.std() == pytest.approx(stated["area_drift"], rel=0.05)
    for steps in (service, area):
        assert abs(np.mean(steps[:, 1:] * steps[:, :-1])) < 0.06 * steps.var()


def test_what_is_told_of_the_drift_is_what_is_left_of_the_rates(worlds) -> None:  # type: ignore[no-untyped-def]
    """Round-the-clock housing has neither season nor days; what trend and shocks leave is the drift as written."""
    people, truth = worlds[0]
    s = truth.services.index("housing_247")
    assert (truth.stated[s]["season"], truth.stated[s]["days"]) == (0.0, "none")
    year = truth.months.astype("datetime64[Y]").astype(int) + 1970 - FIRST_MONTH.year
    faded = np.cumsum(np.append(0.0, truth.trend_damping ** np.arange(year.max())))[year]
    left = np.log(truth.mean[s].sum(axis=(1, 2)) / expected_at_stated_rates(people, truth)[s])
    left -= np.log(truth.area_factors[s][:, None] * truth.service_year[s, year] * truth.area_year[:, year])
    left -= (truth.stated[s]["trend"] + truth.local_trends[s])[:, None] * faded
    told = drift_table(truth, people).filter(pl.col("service") == "housing_247")["log_change"].to_numpy()
    usual = ~np.isin(year + FIRST_MONTH.year, DISRUPTED_YEARS)
    assert np.abs(left).max() > 0.05
    assert left[:, usual] == pytest.approx(told.reshape(left.shape)[:, usual], abs=1e-9)
