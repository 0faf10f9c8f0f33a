"""Use expected if every sex and age kept its present rate: the exposure of monthly models."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from forecasting.contracts import age_bounds

YEARS = 3
"""Last counted years of a service from which its rates are taken, all areas together."""
GROUP = ["sex", "age_group"]
KEY = ["area", "service", "year"]


def expected_at_steady_rates(
    persons: pd.DataFrame, counts: pd.DataFrame, services: Collection[str]
) -> pd.DataFrame:
    """Persons weighted by the rate of their sex and age group; by nothing for a service without a whole year yet.

    Args:
        persons: area, sex, age (single years), year, persons: observed years and, after them, projected ones.
        counts: area, service, sex, age_group, year, count: whole years; the same areas.
        services: the services wanted.

    Returns:
        area, service, year, persons: expected counts of a year, or all persons, for every area and year of
        `persons` and every one of `services`.

    Raises:
        ValueError: an age group of the counts cannot be read, or counted years of a service are not among those of
            `persons`.
    """
    counted = counts[counts["service"].isin(list(services))]
    whole = counted[["service", "year"]].drop_duplicates()
    spans = whole[whole["year"].isin(persons["year"].unique())].sort_values("year").groupby("service").tail(YEARS)
    if lacking := sorted(set(whole["service"]) - set(spans["service"])):
        raise ValueError(
            f"no counted year of {', '.join(lacking[:5])} is among the years of the persons: rates cannot be taken"
        )
    cells = persons_by_sex_in_groups(persons, list(counted["age_group"].unique()))
    each = ["service", *GROUP]
    base = spans.merge(cells, on="year").groupby(each)["persons"].sum().reset_index()
    used = counted.merge(spans, on=["service", "year"]).groupby(each)["count"].sum().reset_index()
    rates = used.merge(base, on=each, how="left", validate="1:1")
    rates["rate"] = rates["count"] / rates["persons"].where(rates["persons"] > 0.0)
    both = cells.merge(rates[[*each, "rate"]], on=GROUP, validate="m:m")
    both["persons"] = both["persons"] * both["rate"].fillna(0.0)
    new = pd.DataFrame({"service": sorted(set(services) - set(spans["service"]))}, dtype=object)
    everyone = persons[["area", "year", "persons"]].merge(new, how="cross")
    expected = pd.concat([both, everyone]).groupby(KEY)["persons"].sum().reset_index()
    return expected.sort_values(KEY, ignore_index=True)


def persons_by_sex_in_groups(persons: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """Persons by area, sex, age group and year; those of no group are left out."""
    group = pd.Series(pd.NA, index=range(int(persons["age"].max()) + 1), dtype="string")
    for label in labels:
        low, high = age_bounds(label)
        group.loc[low : min(high, group.index[-1])] = label
    placed = persons.assign(age_group=group.loc[persons["age"]].to_numpy()).dropna(subset="age_group")
    return placed.groupby(["area", *GROUP, "year"])["persons"].sum().reset_index()


def persons_in_groups(persons: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """Persons by area, age group and year, both sexes; those of no group are left out.

    Args:
        persons: area, sex, age (single years), year, persons.
        labels: age groups that do not overlap.
    """
    cells = persons_by_sex_in_groups(persons, labels)
    return cells.groupby(["area", "age_group", "year"])["persons"].sum().reset_index()
