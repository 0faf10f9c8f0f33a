"""Change of a unit against its own history: p-charts with overdispersion, EWMA; flags for what rests on counts."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from quality_checks.rules import Catalogue

BASELINE_MONTHS = 12
SMOOTHING = 0.4
WIDTH = 2.7
FEWEST_FINDINGS = 30
CHANGE_COLUMNS = ("unit", "month", "eligible", "failed", "rate", "center", "low", "high", "ewma", "signal")
COVERAGE_BREAK = 0.5


def quality_changes(cells: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Control chart of each unit: share of defects among findings by month.

    The centre and the spread are those of the unit's own previous months (up to twelve, weighted by size); the
    spread is widened by how much those months vary beyond chance. EWMA with smoothing 0.4 signals a shift.

    Returns:
        unit, month, eligible, failed, rate, center, low, high, ewma, signal (`worse`, `better` or empty). Center
        and limits are null until three months with enough findings have passed.
    """
    scored = [rule.id for rule in catalogue.scored]
    monthly = (
        cells.filter(pl.col("rule_id").is_in(scored))
        .group_by("unit", "month")
        .agg(pl.col("eligible").sum(), pl.col("failed").sum())
        .filter(pl.col("eligible") >= FEWEST_FINDINGS)
        .sort("unit", "month")
        .with_columns(rate=pl.col("failed") / pl.col("eligible"))
    )
    rows = [row for (_,), unit in monthly.group_by("unit", maintain_order=True) for row in _chart(unit)]
    schema = {
        **{"unit": pl.String, "month": pl.Date, "eligible": pl.Int64, "failed": pl.Int64},
        **dict.fromkeys(("rate", "center", "low", "high", "ewma"), pl.Float64),
        "signal": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row").sort("unit", "month")


def _chart(unit: pl.DataFrame) -> list[tuple[object, ...]]:
    history: list[tuple[int, int]] = []
    smooth: float | None = None
    rows: list[tuple[object, ...]] = []
    for name, month, eligible, failed, rate in unit.select(
        "unit", "month", "eligible", "failed", "rate"
    ).iter_rows():
        if len(history) < 3:
            rows.append((name, month, eligible, failed, rate, None, None, None, None, ""))
        else:
            center, dispersion = _baseline(history)
            smooth = SMOOTHING * rate + (1 - SMOOTHING) * (center if smooth is None else smooth)
            variance = dispersion * max(center * (1 - center), 1e-6) / eligible
            half = WIDTH * variance**0.5
            slow = half * (SMOOTHING / (2 - SMOOTHING)) ** 0.5
            signal = _signal(rate, center, half) or _signal(smooth, center, slow)
            low, high = max(0.0, center - half), min(1.0, center + half)
            rows.append((name, month, eligible, failed, rate, center, low, high, smooth, signal))
        history = [*history, (eligible, failed)][-BASELINE_MONTHS:]
    return rows


def _baseline(history: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """Share of defects in the months before, and how much they vary relative to chance (at least 1).

    The middle of the months' standardised deviations is used, so that one bad month does not hide the next.
    """
    judged = sum(n for n, _ in history)
    center = sum(x for _, x in history) / judged
    spread = max(center * (1 - center), 1e-6)
    squares = sorted((x / n - center) ** 2 * n / spread for n, x in history)
    middle = squares[len(squares) // 2] / 0.455
    return center, max(1.0, middle)


def _signal(value: float, center: float, half: float) -> str:
    if value > center + half:
        return "worse"
    return "better" if value < center - half else ""


def coverage_flags(cells: pl.DataFrame, *, recording_rule: str = "note_recorded_without_delay") -> pl.DataFrame:
    """Months and areas in which counts say more of recording than of need, as a plain table for forecasts.

    A month is `incomplete` when the share of entries recorded in time fell by 0.2 below its usual level, and a
    `break` when the number of documents changed for good to less than half or more than double its usual level.

    Returns:
        area, month, documents, recorded_in_time (share, null when not judged), flag (`break`, `incomplete` or
        empty).
    """
    documents = cells.with_columns(_all=pl.col("eligible") + pl.col("not_applicable") + pl.col("not_evaluable"))
    seen = documents.filter(pl.col("rule_id") == recording_rule).group_by("area", "month").agg(
        documents=pl.col("_all").sum(), _judged=pl.col("eligible").sum(), _late=pl.col("failed").sum()
    )  # fmt: skip
    usual = pl.col("documents").rolling_median(12, min_samples=4).shift(1).over("area", order_by="month")
    after = pl.col("documents").reverse().rolling_median(3, min_samples=2).reverse().over("area", order_by="month")
    timely = pl.when(pl.col("_judged") > 0).then(1 - pl.col("_late") / pl.col("_judged"))
    usual_timely = (
        pl.col("recorded_in_time").rolling_median(12, min_samples=4).shift(1).over("area", order_by="month")
    )
    level = (after < COVERAGE_BREAK * usual) | (after > usual / COVERAGE_BREAK)
    late = pl.col("recorded_in_time") < usual_timely - 0.2
    return (
        seen.sort("area", "month")
        .with_columns(recorded_in_time=timely)
        .with_columns(
            flag=pl.when(level.fill_null(False)).then(pl.lit("break"))
            .when(late.fill_null(False)).then(pl.lit("incomplete"))
            .otherwise(pl.lit(""))
        )
        .select("area", "month", "documents", "recorded_in_time", "flag")
        .sort("area", "month")
    )  # fmt: skip
