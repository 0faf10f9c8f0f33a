"""Figures that rest on poor records say so: flags of recording carried to forecasts and counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from quality_checks.recording.flags import RECENT_MONTHS

# So many flagged months of a year (or of the latest twelve) make the year (the forecast) poorly recorded.
FLAGGED_MONTHS = 3
PART = 0.2
POORLY_RECORDED = "poorly_recorded"
MISTRUSTED = ("late", "poor")


def flags_of_services(flags: pl.DataFrame, tasks: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """Flags of documents as flags of the services that the documents are the records of.

    Args:
        flags: as `flags.coverage_flags` gives, `service` a service task.
        tasks: service -> its service tasks.
    """
    pairs = [(task, service) for service, own in tasks.items() for task in own]
    named = pl.DataFrame(pairs, schema={"service": pl.String, "_service": pl.String}, orient="row")
    joined = flags.join(named, on="service").with_columns(service=pl.col("_service")).drop("_service")
    return joined.select(flags.columns).sort("source", "area", "service", "month")


def mark_figures(table: pl.DataFrame, flags: pl.DataFrame, *, time: str, total: str, as_of: date) -> pl.DataFrame:
    """Figures with `poorly_recorded` added to their flag where they rest on records that are not to be trusted.

    A month is marked when it is recorded late or poorly; a year when three of its months are; what lies ahead when
    three of the latest twelve months are. The county's total is marked when areas with a fifth of its records are.

    Args:
        table: area, service, kind, flag and `time`: `ds` (months) or `year`.
        flags: as `flags.coverage_flags` or `flags_of_services` gives.
        time: name of the time column.
        total: area of the county's total.
        as_of: the day of knowledge.
    """
    bad = _mistrusted(flags, total)
    if bad.is_empty() or table.is_empty():
        return table
    recent = bad.filter(pl.col("month").dt.offset_by(f"{RECENT_MONTHS}mo") > as_of)
    ahead = _often(recent, []).with_columns(_ahead=pl.lit(value=True))
    kind = table.schema[time]
    if time == "year":
        past = _often(bad.with_columns(pl.col("month").dt.year().cast(kind).alias(time)), [time])
    else:
        past = bad.select("area", "service", pl.col("month").cast(kind).alias(time))
    marked = table.join(
        past.with_columns(_past=pl.lit(value=True)),
        on=["area", "service", time],
        how="left",
        maintain_order="left",
    ).join(ahead, on=["area", "service"], how="left", maintain_order="left")
    found = pl.when(pl.col("kind") == "forecast").then(pl.col("_ahead")).otherwise(pl.col("_past"))
    own = pl.col("flag").fill_null("")
    already = own.str.split(",").list.contains(POORLY_RECORDED)
    added = pl.when(own == "").then(pl.lit(POORLY_RECORDED)).otherwise(own + f",{POORLY_RECORDED}")
    flag = pl.when(found.fill_null(value=False) & ~already).then(added).otherwise(pl.col("flag"))
    return marked.with_columns(flag.alias("flag")).select(table.columns)


def _mistrusted(flags: pl.DataFrame, total: str) -> pl.DataFrame:
    """Areas, services and months of poor recording, and of the county where a fifth of its records are such."""
    named = pl.any_horizontal(pl.col("flag").str.split(",").list.contains(name) for name in MISTRUSTED)
    rows = flags.with_columns(_bad=named.fill_null(value=False))
    whole = rows.group_by("source", "service", "month").agg(
        _part=pl.col("records").filter(pl.col("_bad")).sum() / pl.col("records").sum()
    )
    return pl.concat(
        [
            rows.filter("_bad").select("area", "service", "month"),
            whole.filter(pl.col("_part") >= PART).select(pl.lit(total).alias("area"), "service", "month"),
        ]
    ).unique()


def _often(bad: pl.DataFrame, extra: list[str]) -> pl.DataFrame:
    counted = bad.group_by("area", "service", *extra).agg(_n=pl.col("month").n_unique())
    return counted.filter(pl.col("_n") >= FLAGGED_MONTHS).drop("_n")
