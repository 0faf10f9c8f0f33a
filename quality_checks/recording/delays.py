"""What recording does to numbers: how late records come and how much of a month is here.

Works on any records with a day of the event and a day of recording: service events, documents. No value of a
record beside its place, service and days is read.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

Array = npt.NDArray[np.float64]
LONGEST_DELAY = 120
DAYS = (3, 7, 30)
GROUP_WEIGHT = 30.0
DELAY_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("source", "unit", "area", "service"), pl.String()),
    "month": pl.Date(),
    "records": pl.Int64(),
    **dict.fromkeys(
        ("median_days", "p90_days", "within_3", "within_7", "within_30", "expected_share"), pl.Float64()
    ),
}


def recording_delays(records: pl.DataFrame, *, source: str, as_of: date) -> pl.DataFrame:
    """Delay from event to record, and how much of each month is expected to be here, by unit and month.

    Args:
        records: unit, area, service, happened (date), recorded (date); rows without a day, recorded before the
            event or after `as_of` tell nothing of delays and are left out.
        source: name of the records.
        as_of: the day of knowledge.

    Returns:
        source, unit, area, service, month, records, median_days, p90_days (of those that are here), shares
        recorded within 3, 7 and 30 days of all that will be there (days not seen yet by the unit's delays),
        and expected_share: the part of the month's records that has arrived by `as_of` (the unit's delays by
        reverse hazards, Kalbfleisch & Lawless 1989, leaning on all units' by 30 records). Later than 120 days is
        beyond it.
    """
    known = records.filter(
        pl.col("happened").is_not_null(), pl.col("recorded") >= pl.col("happened"), pl.col("recorded") <= as_of
    ).with_columns(delay=(pl.col("recorded") - pl.col("happened")).dt.total_days())
    if known.is_empty():
        return pl.DataFrame(schema=DELAY_SCHEMA)
    arrived = _arrived(known, as_of)
    age = (pl.lit(as_of) - pl.col("happened")).dt.total_days().clip(0, LONGEST_DELAY)
    shares = known.with_columns(age=age).join(arrived, on=["unit", "age"], how="left", maintain_order="left")
    for days in DAYS:
        own = arrived.filter(pl.col("age") == days).select("unit", pl.col("arrived").alias(f"_by_{days}"))
        shares = shares.join(own, on="unit", how="left", maintain_order="left")
    # Sums of fractions depend on their order, so rows stay in theirs.
    # Each record that is here stands for 1 / F of its day's: the month's share is records over that sum.
    table = (
        shares.with_columns(month=pl.col("happened").dt.truncate("1mo"))
        .group_by("unit", "area", "service", "month", maintain_order=True)
        .agg(
            records=pl.len().cast(pl.Int64),
            median_days=pl.col("delay").median(),
            p90_days=pl.col("delay").quantile(0.9, "higher"),
            expected_share=pl.len() / (1 / pl.col("arrived")).sum(),
            **{f"within_{days}": _within(days).sum() / (1 / pl.col("arrived")).sum() for days in DAYS},
        )
        .with_columns(source=pl.lit(source))
    )
    return table.select(pl.col(name).cast(kind) for name, kind in DELAY_SCHEMA.items()).sort(
        "area", "unit", "service", "month"
    )


def _within(days: int) -> pl.Expr:
    """How many of the records that a record stands for come within so many days."""
    seen = (pl.col("delay") <= days).cast(pl.Float64)
    return pl.when(pl.col("age") >= days).then(seen).otherwise(pl.col(f"_by_{days}") / pl.col("arrived"))


def _arrived(known: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Share of a unit's records that have arrived so many days after the event: unit, age, arrived."""
    inside = known.filter(pl.col("delay") <= LONGEST_DELAY).with_columns(
        age=(pl.lit(as_of) - pl.col("happened")).dt.total_days().clip(0, LONGEST_DELAY)
    )
    units = known["unit"].unique().sort().to_list()
    place = pl.col("unit").replace_strict({u: i for i, u in enumerate(units)}, return_dtype=pl.Int64)
    counts = inside.group_by(place.alias("_u"), "delay", "age").len()
    triangle = np.zeros((len(units), LONGEST_DELAY + 1, LONGEST_DELAY + 1))
    triangle[counts["_u"].to_numpy(), counts["delay"].to_numpy(), counts["age"].to_numpy()] = counts[
        "len"
    ].to_numpy()
    share = arrived_shares(triangle)
    return pl.DataFrame(
        {
            "unit": np.repeat(np.array(units, dtype=object), LONGEST_DELAY + 1).tolist(),
            "age": np.tile(np.arange(LONGEST_DELAY + 1), len(units)),
            "arrived": share.ravel(),
        },
        schema={"unit": pl.String, "age": pl.Int64, "arrived": pl.Float64},
    )


def arrived_shares(triangle: Array) -> Array:
    """Share of records with at most each delay, from records of which the late ones have not arrived yet.

    Args:
        triangle: records by group, delay and age of the event (last: that old or older); shape (groups, D, D).

    Returns:
        Shares by group and delay; shape (groups, D), the last 1, none below 0.02.
    """
    days = triangle.shape[1]
    old_enough = np.tril(np.ones((days, days))).T[None]  # delay a is seen of events at least a days old
    seen = (triangle * old_enough).sum(axis=2)
    # Records with delay <= a of events at least a days old.
    upto = np.stack([triangle[:, : a + 1, a:].sum(axis=(1, 2)) for a in range(days)], axis=1)
    pooled = seen.sum(axis=0) / np.maximum(upto.sum(axis=0), 1e-9)
    hazard = (seen + GROUP_WEIGHT * pooled) / (upto + GROUP_WEIGHT)
    stay = np.cumprod(1 - hazard[:, :0:-1], axis=1)[:, ::-1]
    return np.asarray(np.maximum(np.concatenate([stay, np.ones((triangle.shape[0], 1))], axis=1), 0.02))
