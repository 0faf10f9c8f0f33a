"""Service debt: what was not given in disrupted months, and how it may come back.

The counterfactual (what would have been given) is a forecast made without the disrupted months, or, simplest, what
the same months of earlier years saw.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from indicators.tables import ALL, SCHEMA, tidy

Floats = npt.NDArray[np.float64]


REFERENCE_NOTE = (
    "shortfall of the disrupted months against the same months of the years before; range over those years"
)


@dataclass(frozen=True)
class Disruption:
    """Months in which services were cut back, and the years they are compared with.

    Attributes:
        first: first day of the first disrupted month.
        last: first day of the last disrupted month.
        reference_years: years before it whose same months tell what would have been given.
    """

    first: date = date(2020, 3, 1)
    last: date = date(2021, 12, 1)
    reference_years: int = 3


def service_debt(counterfactual: npt.ArrayLike, delivered: npt.ArrayLike) -> Floats:
    """Cumulative debt by month: the running sum of max(0, counterfactual - delivered).

    Args:
        counterfactual: what would have been given each month; shape (..., months), so draws may come first.
        delivered: what was given each month; the same shape, or one that broadcasts to it.

    Raises:
        ValueError: a value is missing: a silent gap would count as debt.
    """
    wanted, given = np.asarray(counterfactual, dtype=np.float64), np.asarray(delivered, dtype=np.float64)
    if not (np.isfinite(wanted).all() and np.isfinite(given).all()):
        raise ValueError("a month's counterfactual or delivered number is missing; complete the series first")
    return np.asarray(np.cumsum(np.maximum(0.0, wanted - given), axis=-1))


def debt_against_reference(
    monthly: pl.DataFrame, county_code: str, disruption: Disruption | None = None
) -> pl.DataFrame:
    """Service debt at the end of a disruption, against the same months of the years before it.

    A service whose reference years or disrupted months are not all there is left out: a gap is no debt.

    Args:
        monthly: monthly use with columns area, service, period (first day of the month), count; rows of the same
            month are added up.
        county_code: code of the county's own total; it is calculated from the county's sums, so areas' debts need
            not add up to it.
        disruption: the disrupted months and the reference years.

    Returns:
        Measures `count_service_debt:service`, of the period of the last disrupted month; `low` and `high` are the
        lowest and highest debt against a single reference year or the mean of them; n is what was delivered.
    """
    disruption = disruption or Disruption()
    months = _months(disruption.first, disruption.last)
    use = pl.concat([monthly, monthly.with_columns(area=pl.lit(county_code))])
    use = use.group_by("service", "area", "period").agg(pl.col("count").sum())
    rows: list[tuple[object, ...]] = []
    for (service, area), part in use.group_by("service", "area"):
        counts = dict(part.select("period", "count").iter_rows())
        years = _reference(counts, months, disruption)
        delivered = [counts[month] for month in months if month in counts]
        if years is None or len(delivered) < len(months):
            continue
        debts = [float(service_debt(year, delivered)[-1]) for year in years]
        value = float(service_debt(np.mean(years, axis=0), delivered)[-1])
        key = (f"count_service_debt:{service}", area, ALL, f"{disruption.last:%Y-%m}")
        given = int(sum(delivered))
        # months above one year and below another cancel in the mean year: its debt may be the lowest
        rows.append((*key, value, min(value, *debts), max(value, *debts), given, 0, REFERENCE_NOTE))
    return tidy([pl.DataFrame(rows, schema=list(SCHEMA), orient="row", infer_schema_length=None)] if rows else [])


def _reference(counts: dict[date, int], months: list[date], disruption: Disruption) -> Floats | None:
    """Counts of the disrupted months' namesakes, one row per reference year; None when one is missing."""
    first_year = disruption.first.year - disruption.reference_years
    years = [
        [counts.get(date(year, month.month, 1)) for month in months]
        for year in range(first_year, disruption.first.year)
    ]
    return None if any(None in year for year in years) else np.array(years, dtype=np.float64)


def _months(first: date, last: date) -> list[date]:
    span = (last.year - first.year) * 12 + last.month - first.month
    return [
        date(first.year + (first.month - 1 + i) // 12, (first.month - 1 + i) % 12 + 1, 1) for i in range(span + 1)
    ]
