"""Which months, areas and services have counts that say more of recording than of need."""

from __future__ import annotations

from datetime import date

import polars as pl

from quality_checks.intervals import wilson

FEWEST_RECORDS = 30
# A month is late when even the upper end of its interval lies below half, or so far below its usual share.
LATE_SHARE, LATE_DROP = 0.5, 0.1
INCOMPLETE_SHARE = 0.9
VOLUME_BREAK = 2.0
POOR_INDEX = 0.75
RECENT_MONTHS = 12
FLAG_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("source", "area", "service"), pl.String()),
    "month": pl.Date(),
    "records": pl.Int64(),
    **dict.fromkeys(("expected_share", "in_time", "index"), pl.Float64()),
    "flag": pl.String(),
}


def coverage_flags(delays: pl.DataFrame, as_of: date, scores: pl.DataFrame | None = None) -> pl.DataFrame:
    """Months, areas and services in which counts say more of recording than of need.

    Args:
        delays: as `recording_delays` gives.
        as_of: the day of knowledge; a month that is not over by then tells of no break.
        scores: the table `quality_profile`; its service tasks are the services of documents.

    Returns:
        source, area, service, month, records, expected_share (part that has arrived), in_time (share recorded
        within seven days), index (record quality of the area's service, null without scores), and flag, a comma
        list of `incomplete` (under 90 % has arrived), `late` (surely under half in time, or surely 0.1 under the
        usual of the twelve months before), `break` (half or double the usual number, for good) and `poor` (in the
        last twelve months, record quality surely under 0.75). Under 30 records no share is judged.
    """
    if delays.is_empty():
        return pl.DataFrame(schema=FLAG_SCHEMA)
    keys = ["source", "area", "service"]
    monthly = (
        delays.with_columns(_due=pl.col("records") / pl.col("expected_share"))
        .group_by(*keys, "month", maintain_order=True)
        .agg(
            pl.col("records").sum(),
            pl.col("_due").sum(),
            _timely=(pl.col("within_7") * pl.col("_due")).sum(),
        )
        .with_columns(
            expected_share=pl.col("records") / pl.col("_due"), in_time=pl.col("_timely") / pl.col("_due")
        )
        .sort(*keys, "month")
    )
    _, high = wilson(monthly["in_time"].to_numpy().clip(0, 1), monthly["records"].to_numpy().astype(float))
    usual = [
        pl.col(name).rolling_median(RECENT_MONTHS, min_samples=4).shift(1).over(keys).alias(f"_usual_{name}")
        for name in ("in_time", "_due")
    ]
    after = pl.col("_due").reverse().rolling_median(3, min_samples=3).reverse().over(keys).alias("_after")
    whole = pl.col("month").dt.month_end() <= as_of
    rows = _with_index(monthly.with_columns(*usual, after, _high=pl.Series(high)), scores)
    enough = pl.col("records") >= FEWEST_RECORDS
    level = (pl.col("_after") < pl.col("_usual__due") / VOLUME_BREAK) | (
        pl.col("_after") > pl.col("_usual__due") * VOLUME_BREAK
    )
    late = (pl.col("_high") < LATE_SHARE) | (pl.col("_high") < pl.col("_usual_in_time") - LATE_DROP)
    recent = pl.col("month").dt.offset_by(f"{RECENT_MONTHS}mo") > as_of
    marks = {
        "incomplete": pl.col("expected_share") < INCOMPLETE_SHARE,
        "late": enough & late,
        "break": enough & whole & level,
        "poor": recent & (pl.col("_index_high") < POOR_INDEX),
    }
    flag = pl.concat_str(
        [pl.when(mark.fill_null(value=False)).then(pl.lit(name)) for name, mark in marks.items()],
        separator=",",
        ignore_nulls=True,
    )
    return rows.with_columns(flag=flag).select(pl.col(name).cast(kind) for name, kind in FLAG_SCHEMA.items())


def _with_index(rows: pl.DataFrame, scores: pl.DataFrame | None) -> pl.DataFrame:
    empty = rows.with_columns(index=pl.lit(None, pl.Float64), _index_high=pl.lit(None, pl.Float64))
    if scores is None or scores.is_empty():
        return empty
    own = scores.filter(
        pl.col("level") == "area", pl.col("split") == "service_task", pl.col("dimension") == "overall"
    ).select("area", "index", service="value", _index_high="high")
    return rows.join(own, on=["area", "service"], how="left", maintain_order="left")
