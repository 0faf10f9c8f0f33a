"""Use expected if every sex and age kept its present rate: the exposure of monthly models."""

from __future__ import annotations

import pandas as pd

from forecasting.contracts import age_bounds

YEARS = 3
"""Last counted years from which the rates are taken, all areas together."""
KEY = ["area", "service", "year"]


def expected_at_steady_rates(persons: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Persons weighted by the rate of their sex and age group.

    Args:
        persons: area, sex, age (single years), year, persons: observed years and, after them, projected ones.
        counts: area, service, sex, age_group, year, count: whole years; the same areas.

    Returns:
        area, service, year, persons: expected counts of a year, for every area, service and year of `persons`.

    Raises:
        ValueError: an age group of the counts cannot be read, or no counted year is among those of `persons`.
    """
    years = sorted(set(counts["year"]) & set(persons["year"]))[-YEARS:]
    if not years:
        raise ValueError("no year of the counts is among the years of the persons: rates cannot be taken")
    bounds = {label: age_bounds(label) for label in counts["age_group"].unique()}
    group = pd.Series(pd.NA, index=range(int(persons["age"].max()) + 1), dtype="string")
    for label, (low, high) in bounds.items():
        group.loc[low : min(high, group.index[-1])] = label
    placed = persons.assign(age_group=group.loc[persons["age"]].to_numpy()).dropna(subset="age_group")
    cells = placed.groupby(["area", "sex", "age_group", "year"], as_index=False)["persons"].sum()
    base = cells[cells["year"].isin(years)].groupby(["sex", "age_group"])["persons"].sum()
    used = counts[counts["year"].isin(years)].groupby(["service", "sex", "age_group"])["count"].sum()
    rates = used.reset_index().merge(base.reset_index(), on=["sex", "age_group"], validate="m:1")
    rates["rate"] = rates["count"] / rates["persons"].where(rates["persons"] > 0.0)
    both = cells.merge(rates[["service", "sex", "age_group", "rate"]], on=["sex", "age_group"], validate="m:m")
    both["persons"] = both["persons"] * both["rate"].fillna(0.0)
    expected: pd.DataFrame = both.groupby(KEY, as_index=False)["persons"].sum()
    return expected.sort_values(KEY, ignore_index=True)
