"""From the lake's tables to the plain tables that the forecasts take."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from counties import County

UNKNOWN = "unknown"


def hierarchy(county: County) -> pd.DataFrame:
    """Service areas under the county."""
    import pandas as pd

    return pd.DataFrame({"area": [area.code for area in county.service_areas], "parent": county.code})


def exposures(county: County) -> dict[str, Any]:
    """Whose number drives each service of the county file."""
    from forecasting.contracts import Exposure

    return {s.code: Exposure(s.min_age, s.max_age, s.exposure) for s in county.services}


def persons_by_area(persons: pl.DataFrame, county: County) -> pd.DataFrame:
    """Persons by service area; a table that knows only the county stays at the county."""
    import polars as pl

    areas = {**county.area_of_municipality, county.code: county.code}
    key = [c for c in ("area", "sex", "age", "year", "variant") if c in persons.columns]
    return (
        persons.with_columns(pl.col("area").replace_strict(areas, return_dtype=pl.String))
        .group_by(key, maintain_order=True)  # persons may be fractions: their sum depends on its order
        .agg(pl.col("persons").sum())
        .sort(key)
        .to_pandas()
    )


def county_persons(persons: pl.DataFrame, county: County) -> pd.DataFrame:
    """Persons of the whole county."""
    import polars as pl

    key = [c for c in ("area", "sex", "age", "year", "variant") if c in persons.columns]
    whole = persons.with_columns(area=pl.lit(county.code))
    return whole.group_by(key, maintain_order=True).agg(pl.col("persons").sum()).sort(key).to_pandas()


def indicator_definitions(county: County) -> dict[str, Any]:
    """What the value of each service indicator counts: those of the county file, and the ended panel's."""
    from forecasting.indicator_series import IndicatorDefinition
    from sources.fetched_indicators import panel_indicators

    now = {
        str(i.id): IndicatorDefinition(i.per, i.denominator_min_age, i.denominator_max_age)
        for i in county.indicators
        if i.role == "service"
    }
    ended = {
        i.id: IndicatorDefinition(i.per, i.min_age, i.max_age) for i in panel_indicators() if i.role == "service"
    }
    return {**ended, **now}


def counts_by_year(use: pl.DataFrame, as_of: date) -> pd.DataFrame:
    """Yearly counts of whole years: every month of the service stands in the table and is over by `as_of`.

    Events whose client's age is not recorded are left out: they have no cell.
    """
    import polars as pl

    year = pl.col("period").dt.year().cast(pl.Int64)
    whole = (
        use.filter(pl.col("period").dt.month_end() <= as_of)
        .group_by("service", year=year)
        .agg(months=pl.col("period").n_unique())
        .filter(pl.col("months") == 12)
    )
    key = ["area", "service", "sex", "age_group", "year"]
    return (
        use.filter(pl.col("age_group") != UNKNOWN)
        .with_columns(year=year)
        .join(whole, on=["service", "year"], how="semi")
        .group_by(key)
        .agg(pl.col("count").sum())
        .sort(key)
        .to_pandas()
    )


def known_shares(use: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Share of each service's events of the last twelve months whose client's age is recorded: service, share.

    1 without any events; a service none of whose events has an age is left out: years, which need ages, know
    nothing of them.
    """
    import polars as pl

    over = use.filter(pl.col("period").dt.month_end() <= as_of)
    last = over.filter(pl.col("period") > pl.col("period").max().dt.offset_by("-1y"))
    known = pl.col("count").filter(pl.col("age_group") != UNKNOWN).sum() / pl.col("count").sum()
    every = use.select("service").unique().join(
        last.group_by("service").agg(share=known), on="service", how="left"
    )  # fmt: skip
    shares = every.with_columns(pl.col("share").fill_nan(None).fill_null(1.0))
    return shares.filter(pl.col("share") > 0.0).sort("service")


def counts_by_month(use: pl.DataFrame, as_of: date) -> pd.DataFrame:
    """Monthly counts of whole months by area and service; months inside a service's span without use are zero."""
    import polars as pl

    months = use.filter(pl.col("period").dt.month_end() <= as_of)
    counts = months.group_by("area", "service", ds="period").agg(y=pl.col("count").sum().cast(pl.Float64))
    span = months.group_by("service").agg(ds=pl.col("period").unique()).explode("ds")
    grid = months.select("area").unique().join(span, how="cross")
    return (
        grid.join(counts, on=["area", "service", "ds"], how="left")
        .with_columns(pl.col("y").fill_null(0.0), pl.col("ds").cast(pl.Datetime("us")))
        .with_columns(unique_id=pl.concat_str("area", "service", separator="|"))
        .select("unique_id", "area", "service", "ds", "y")
        .sort("unique_id", "ds")
        .to_pandas()
    )


def counts_by_month_and_age(use: pl.DataFrame, as_of: date) -> pd.DataFrame:
    """Monthly counts of whole months by area, service and age group; a month without use in a group is zero.

    Events whose client's age is not recorded are left out: they tell nothing of shares.
    """
    import polars as pl

    months = use.filter(pl.col("period").dt.month_end() <= as_of)
    counts = (
        months.filter(pl.col("age_group") != UNKNOWN)
        .group_by("area", "service", "age_group", ds="period")
        .agg(y=pl.col("count").sum().cast(pl.Float64))
    )
    span = months.group_by("service").agg(ds=pl.col("period").unique()).explode("ds")
    grid = months.select("area").unique().join(span, how="cross")
    grid = grid.join(counts.select("service", "age_group").unique(), on="service")
    return (
        grid.join(counts, on=["area", "service", "age_group", "ds"], how="left")
        .with_columns(pl.col("y").fill_null(0.0), pl.col("ds").cast(pl.Datetime("us")))
        .sort("service", "age_group", "area", "ds")
        .to_pandas()
    )


def empty(table: str) -> pl.DataFrame:
    """A table without rows, for a county that has nothing to make it from."""
    import polars as pl

    return pl.DataFrame(schema=dict.fromkeys(TABLE_COLUMNS[table], pl.String()))


_SCORES = ("model", "horizon", "origins", "n", "crps", "crps_skill", "mase", "bias", "coverage80", "coverage95")
_QUANTILES = ("q0.025", "q0.05", "q0.1", "q0.25", "q0.5", "q0.75", "q0.9", "q0.95", "q0.975")
TABLE_COLUMNS: dict[str, tuple[str, ...]] = {
    "break_flags": ("area", "service", "ds", "ratio", "score", "announced"),
    "running_year": ("area", "service", "year", "so_far", "mean", "sd", "level"),
    "recording_delays": (
        *("source", "unit", "area", "service", "month", "records", "median_days", "p90_days"),
        *("within_3", "within_7", "within_30", "expected_share"),
    ),
    "coverage_flags": (
        "source",
        "area",
        "service",
        "month",
        "records",
        "expected_share",
        "in_time",
        "index",
        "flag",
    ),
    "need_forecast": (
        *("area", "service", "sex", "age_group", "year", "kind", "mean", *_QUANTILES, "validated", "flag"),
    ),
    "need_drivers": (
        "area",
        "service",
        "from_year",
        "to_year",
        "driver",
        "mean",
        "q0.1",
        "q0.5",
        "q0.9",
        "validated",
    ),
    "need_variance": ("area", "service", "year", "validated"),
    "need_rates": ("service",),
    "need_scorecard": ("service", *_SCORES, "champion", "published"),
    "need_scores_by_size": ("service", "model", "size"),
    "need_scenarios": ("area", "service", "year", "scenario", "mean", "q0.1", "q0.5", "q0.9", "validated"),
    "need_scenario_drivers": (
        *("area", "service", "scenario", "year", "driver", "mean", "q0.1", "q0.5", "q0.9", "validated"),
    ),
    "need_tornado": ("area", "service", "year", "assumption", "kind", "low", "high", "validated"),
    "need_assumptions": ("assumption", "kind", "source", "date"),
    "need_edition_changes": (
        *("area", "service", "year", "edition", "previous", "driver", "mean", "q0.1", "q0.5", "q0.9", "validated"),
    ),
    "need_ledger": ("edition", "table", "area", "service", "sex", "age", "year", "value", "text"),
    "month_forecast": ("unique_id", "area", "service", "ds", "kind", "y", "mean", *_QUANTILES, "flag"),
    "month_scorecard": ("service", *_SCORES, "champion"),
    "month_parts": (
        *("area", "service", "ds", "mean", "level", "trend", "season", "calendar", "population"),
        *("completion", "yearly_agreement", "effects"),
    ),
    "month_ages": ("area", "service", "age_group", "ds", "kind", "mean", *_QUANTILES, "flag"),
    "month_age_scorecard": (
        *("service", "model", "origins", "n", "crps", "crps_skill", "coverage80", "coverage95", "champion"),
    ),
    "month_pins": ("service", "pinned", "otherwise", "cost"),
    "indicator_forecast": (
        *("area", "indicator", "year", "kind", "mean", *_QUANTILES, "count_mean", "validated", "flag"),
    ),
    "indicator_scorecard": ("indicator", *_SCORES, "champion"),
    "indicator_usable": ("area", "indicator", "usable", "reason"),
}
