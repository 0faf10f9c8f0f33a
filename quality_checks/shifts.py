"""Shifts in what a unit records, against its own history: the mix of its documents, the length of their texts.

Neither is a defect. A unit that stops writing plans, or whose notes grow short, has changed its way of recording
or its work; a person finds out which. What changes in the whole county, as over a year, is taken off.
"""

from __future__ import annotations

import polars as pl

from quality_checks.control_charts import CHART_SCHEMA, charted

FEWEST_DOCUMENTS = 30
DOCUMENT_TYPE, SHORT_TEXT, LONG_TEXT = "document_type", "short_text", "long_text"
# Rules whose findings tell of the length of texts.
LENGTHS = {SHORT_TEXT: "text_not_too_short", LONG_TEXT: "text_not_overlong"}
KEYS = ("unit", "subject", "value")
SHIFT_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(KEYS, pl.String()),
    "month": pl.Date(),
    "documents": pl.Int64(),
    "counted": pl.Int64(),
    "share": pl.Float64(),
    **CHART_SCHEMA,
}


def unit_shifts(cells: pl.DataFrame) -> pl.DataFrame:
    """Control charts of each unit by month: share of each document type, of short and of overlong texts.

    Args:
        cells: counts of the engine. Of lengths nothing is told where the county has removed their rules.

    Returns:
        unit, subject (`document_type`, `short_text` or `long_text`), value (the type, else empty), month,
        documents (of the unit; with a text where lengths are meant), counted (of the type; of that length), share
        of them, and the columns of `control_charts.charted`. Months under 30 documents are left out.
    """
    parts = [_of_types(cells), *(_of_lengths(cells, subject, rule) for subject, rule in LENGTHS.items())]
    # How much months vary beyond chance is another matter for types than for lengths.
    charts = [charted(_known(part), KEYS) for part in parts]
    named = pl.concat(charts).rename({"judged": "documents", "lost": "counted", "rate": "share"})
    return named.select(pl.col(name).cast(kind) for name, kind in SHIFT_SCHEMA.items())


def _of_types(cells: pl.DataFrame) -> pl.DataFrame:
    """Documents of each type a unit has ever had, in every month that it has documents."""
    stratum = ("unit", "area", "service_task", "document_type", "month")
    # Every rule about a type counts all its documents.
    documents = pl.sum_horizontal("eligible", "not_applicable", "not_evaluable")
    counts = cells.group_by(stratum).agg(lost=documents.max())
    own = counts.group_by("unit", "document_type", "month").agg(pl.col("lost").sum())
    months = own.group_by("unit", "month").agg(judged=pl.col("lost").sum())
    every = months.join(own.select("unit", "document_type").unique(), on="unit")
    return every.join(own, on=["unit", "document_type", "month"], how="left").select(
        "unit",
        "month",
        "judged",
        subject=pl.lit(DOCUMENT_TYPE),
        value=pl.col("document_type"),
        lost=pl.col("lost").fill_null(0),  # a month without the type, not a missing count
    )


def _of_lengths(cells: pl.DataFrame, subject: str, rule: str) -> pl.DataFrame:
    """Documents with a text and those of them that the rule found."""
    found = cells.filter(pl.col("rule_id") == rule).group_by("unit", "month")
    counts = found.agg(judged=pl.col("eligible").sum(), lost=pl.col("failed").sum())
    return counts.select("unit", "month", "judged", "lost", subject=pl.lit(subject), value=pl.lit(""))


def _known(counts: pl.DataFrame) -> pl.DataFrame:
    """Months with enough documents, in order, with the share that is charted and the county's of that month."""
    same = ("subject", "value", "month")
    county = pl.col("lost").sum().over(same) / pl.col("judged").sum().over(same)
    return (
        counts.with_columns(due=county * pl.col("judged"))
        .filter(pl.col("judged") >= FEWEST_DOCUMENTS)
        .select(*KEYS, "month", "judged", "lost", "due", rate=pl.col("lost") / pl.col("judged"))
        .sort(*KEYS, "month")
    )
