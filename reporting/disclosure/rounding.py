"""Rounding as the other way to protect counts: every count to one of the two nearest multiples of a base.

Which of the two is drawn without bias from a secret key and the cell's own name (Nargundkar & Saveland 1972), so
the same count of the same cell is rounded alike in every file, language and edition, and nobody without the key
can tell how. A published multiple m leaves every count between m - base and m + base possible; sums of rounded
counts need not equal their rounded total.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

import polars as pl

from counties import DisclosureSettings
from reporting.disclosure.measure_figures import NESTED, SHARES
from reporting.disclosure.quality_figures import SCORE_COLUMNS
from reporting.disclosure.running_year import RUNNING, time_of
from reporting.inputs import ALL, QUANTILES, ReportInputs

FOLLOWS_NEED = ("need_drivers", "need_scenarios", "need_scenario_drivers", "need_variance", "need_tornado")
"""Tables that explain the need forecast: figures of a model, by area and service."""
FROM_COUNTS = ("base_year", "total")
"""Drivers that are a figure of the model less a count."""
_STEPS = 2**32


def rounded(
    table: pl.DataFrame, columns: Sequence[str], *, key: Sequence[str], base: int, secret: bytes
) -> pl.DataFrame:
    """The table with the counts of `columns` rounded at random to a multiple of `base`.

    Args:
        table: one row per cell of `key`.
        columns: columns of counts; null stays null, multiples stay as they are.
        key: columns that name the cell.
        base: multiples of it are published.
        secret: key of the draws; keep it as long as editions are compared.
    """
    names = table.select(pl.concat_str(*(pl.col(c).cast(pl.String).fill_null("") for c in key), separator="\x1f"))
    draws = pl.Series([_draw(secret, name) for name in names.to_series()], dtype=pl.Float64)
    exact = [pl.col(c).cast(pl.Float64) for c in columns]
    lower = [(count / base).floor() * base for count in exact]
    return table.with_columns(
        (low + base * ((count - low) / base > draws).cast(pl.Float64)).cast(table.schema[name]).alias(name)
        for name, count, low in zip(columns, exact, lower, strict=True)
    )


def _draw(secret: bytes, name: str) -> float:
    """A number in [0, 1) that the key and the cell decide."""
    return int.from_bytes(hmac.digest(secret, name.encode(), hashlib.sha256)[:4], "big") / _STEPS


def round_edition(
    inputs: ReportInputs, rules: pl.DataFrame | None, settings: DisclosureSettings, secret: bytes
) -> tuple[dict[str, Any], pl.DataFrame | None]:
    """Every published table with rounded counts; of rates, those of small denominators or numerators stay hidden.

    Shares and means are told to two decimals, so that no count follows from one and its rounded denominator.

    Returns:
        Tables by name with `suppressed`, and the checks by rule and area.
    """
    base = settings.base
    tables: dict[str, Any] = {}
    if inputs.need_forecast is not None:
        years = ("area", "service", "sex", "age_group", "year")
        counted = _counted(inputs.need_forecast, "mean", years, "observed", base, secret)
        tables["need_forecast"] = _with_running(counted, years, base, secret)
    if inputs.month_forecast is not None:
        months = ("area", "service", "ds")
        tables["month_forecast"] = _months(inputs.month_forecast, months, base, secret)
    for name in FOLLOWS_NEED:
        table = getattr(inputs, name)
        if table is not None:
            kept = _without_running(table, inputs.need_forecast)
            if name == "need_drivers" and inputs.need_forecast is not None:
                kept = _from_rounded_counts(kept, inputs.need_forecast, tables["need_forecast"])
            tables[name] = kept.with_columns(pl.lit("").alias("suppressed"))
    if inputs.measures is not None:
        tables["measures"] = _measures(inputs.measures, settings.of("measures"), secret)
    if inputs.quality_scores is not None:
        tables["quality_scores"] = _scores(inputs.quality_scores, settings.of("quality"), secret)
    if rules is not None:
        counts = ("eligible", "failed", "not_applicable", "not_evaluable")
        rules = rounded(rules, counts, key=("rule_id", "area"), base=base, secret=secret)
        share = pl.when(pl.col("eligible") > 0).then((pl.col("failed") / pl.col("eligible")).clip(0, 1))
        rules = rules.with_columns(share.alias("share"), pl.lit("").alias("suppressed"))
    return tables, rules


def _counted(
    table: pl.DataFrame, count: str, key: Sequence[str], kind: str, base: int, secret: bytes
) -> pl.DataFrame:
    """Counts rounded; figures of a model (other kinds) stay."""
    made = rounded(table, (count,), key=(*key, "kind"), base=base, secret=secret)
    return made.with_columns(
        pl.when(pl.col("kind") == kind).then(pl.col(count)).otherwise(table[count]).alias(count),
        pl.lit("").alias("suppressed"),
    )


def _without_running(table: pl.DataFrame, need: pl.DataFrame | None) -> pl.DataFrame:
    """Leave out what explains the running year: exact, it would tell the counts that are rounded beside it."""
    time = time_of(table)
    if need is None or time is None:
        return table
    running = need.filter(RUNNING.fill_null(False)).select("area", "service", pl.col("year").alias(time)).unique()
    return table.join(running, on=["area", "service", time], how="anti", maintain_order="left")


def _from_rounded_counts(drivers: pl.DataFrame, exact: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Changes from the counts as they are told: a change from an exact one would tell it with the forecast."""
    first = ["area", "service", "from_year"]
    starts = [
        need.filter((pl.col("sex") == ALL) & (pl.col("age_group") == ALL) & (pl.col("kind") == "observed")).select(
            "area", "service", pl.col("year").alias("from_year"), pl.col("mean").alias(name)
        )
        for need, name in ((exact, "_exact"), (told, "_told"))
    ]
    moved = starts[0].join(starts[1], on=first).select(*first, _moved=pl.col("_exact") - pl.col("_told"))
    rows = drivers.join(moved, on=first, how="left", maintain_order="left")
    by = pl.when(pl.col("driver").is_in(FROM_COUNTS)).then(pl.col("_moved").fill_null(0.0)).otherwise(0.0)
    figures = [name for name in drivers.columns if name == "mean" or name.startswith("q0.")]
    return rows.with_columns(pl.col(name) + by for name in figures).drop("_moved")


def _with_running(made: pl.DataFrame, key: Sequence[str], base: int, secret: bytes) -> pl.DataFrame:
    """Figures of the running year rounded too: they are counts in the main."""
    figures = ("mean", *QUANTILES)
    coarse = rounded(made, figures, key=(*key, "kind"), base=base, secret=secret)
    mine = RUNNING.fill_null(False)
    return made.with_columns(pl.when(mine).then(coarse[c]).otherwise(pl.col(c)).alias(c) for c in figures)


def _months(table: pl.DataFrame, key: Sequence[str], base: int, secret: bytes) -> pl.DataFrame:
    """Counts and forecasts rounded, each month by one draw.

    A forecast may repeat a count, and the estimate of a month that is nearly recorded is its count.
    """
    made = rounded(table, ("y", "mean", *QUANTILES), key=(*key, "kind"), base=base, secret=secret)
    return made.with_columns(pl.lit("").alias("suppressed"))


def _measures(table: pl.DataFrame, limits: DisclosureSettings, secret: bytes) -> pl.DataFrame:
    met = (pl.col("value") * pl.col("n")).round(0)
    small = [(part > 0) & (part < limits.k) for part in (met, pl.col("n") - met)]
    share = pl.col("measure").str.contains(SHARES.pattern)
    few = (pl.col("n") < limits.min_denominator) & ~pl.col("measure").str.starts_with("count_")
    between = _met_between(table, met)
    hide = (few | (share & (small[0] | small[1])) | ((between > 0) & (between < limits.k))).fill_null(False)
    marked = table.with_columns(pl.when(hide).then(pl.lit("primary")).otherwise(pl.lit("")).alias("suppressed"))
    key = ("measure", "area", "group", "period")
    marked = rounded(marked, ("n", "excluded"), key=key, base=limits.base, secret=secret)
    counted = pl.col("measure").str.starts_with("count_")
    value = pl.when(counted).then(pl.col("n").cast(pl.Float64)).otherwise(pl.col("value").round(2))
    return _shown(marked.with_columns(value.alias("value")), ("value", "low", "high", "n", "excluded"), 2)


def _met_between(table: pl.DataFrame, met: pl.Expr) -> pl.Series:
    """Persons who meet a wider limit but not the narrower one of the same place; null for other rows."""
    narrower = {wide: narrow for what, narrow, wide in NESTED if what == "num"}
    place = ["measure", "area", "group", "period"]
    known = table.select(*place, met.alias("_met"))
    within = known.with_columns(measure=pl.col("measure").replace_strict(narrower, default=None))
    joined = within.join(known, on=place, how="left", maintain_order="left", suffix="_narrow")
    return joined.select(pl.col("_met") - pl.col("_met_narrow")).to_series()


def _scores(table: pl.DataFrame, limits: DisclosureSettings, secret: bytes) -> pl.DataFrame:
    # Few defects follow from an index and the rounded number of its checks.
    few = (pl.col("documents") < limits.min_denominator) | pl.col("failed").is_between(1, limits.k - 1)
    marked = table.with_columns(
        pl.when(few.fill_null(False)).then(pl.lit("primary")).otherwise(pl.lit("")).alias("suppressed")
    )
    key = ("level", "unit", "area", "dimension")
    counts = ("documents", "eligible", "failed")
    marked = rounded(marked, counts, key=key, base=limits.base, secret=secret)
    return _shown(marked, [c for c in SCORE_COLUMNS if c in table.columns], 3)


def _shown(table: pl.DataFrame, columns: Sequence[str], digits: int) -> pl.DataFrame:
    """Figures of hidden rows null, the others told to few decimals."""
    floats = [c for c in columns if table.schema[c].is_float()]
    told = table.with_columns(pl.col(c).round(digits) for c in floats)
    shown = pl.col("suppressed") == ""
    return told.with_columns(pl.when(shown).then(pl.col(c)).alias(c) for c in columns)
