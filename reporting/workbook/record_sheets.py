"""Sheets of how well: scorecards of the models, measures of access and continuity, record quality."""

from __future__ import annotations

import polars as pl

from reporting.labels import measure_form
from reporting.localised import Localised
from reporting.page.care_tables import measure_order
from reporting.page.scorecard_tables import PUBLISHED_INDICATOR
from reporting.workbook.book import Column
from reporting.workbook.columns import area_order, column, is_hidden, named, yes_no


def scorecard_columns(edition: Localised) -> tuple[Column, ...]:
    """Columns of the scorecards."""
    return (
        column(edition, "scored", width=24),
        column(edition, "subject", width=42),
        column(edition, "model", width=24),
        column(edition, "in_use", width=10),
        column(edition, "horizon", "year", 10),
        column(edition, "origins", "integer", 10),
        column(edition, "n", "integer", 10),
        column(edition, "crps", "index"),
        column(edition, "skill", "percent"),
        column(edition, "mase", "index"),
        column(edition, "bias", "percent"),
        column(edition, "cover80", "percent"),
        column(edition, "cover95", "percent"),
    )


def scorecard(edition: Localised) -> pl.DataFrame:
    """How every model did on years and months it had not seen, and which of them is behind the figures."""
    yes, no = yes_no(edition)
    parts = (
        ("need", edition.inputs.need_scorecard, "service", edition.labels.service, pl.col("published")),
        ("month", edition.inputs.month_scorecard, "service", edition.labels.service, pl.col("champion")),
        (
            *("indicator", edition.inputs.indicator_scorecard, "indicator", edition.labels.indicator),
            pl.col("model") == PUBLISHED_INDICATOR,
        ),
    )
    values = ("horizon", "origins", "n", "crps", "crps_skill", "mase", "bias", "coverage80", "coverage95")
    frames = [
        table.select(
            pl.lit(edition.texts.of("scored", scored)).alias("scored"),
            named(table[code], name).alias("subject"),
            named(table["model"], edition.labels.model),
            pl.when(in_use).then(pl.lit(yes)).otherwise(pl.lit(no)).alias("in_use"),
            *values,
        )
        for scored, table, code, name, in_use in parts
        if table is not None
    ]
    return pl.concat(frames, how="vertical_relaxed")


def measure_columns(edition: Localised) -> tuple[Column, ...]:
    """Columns of access, continuity and waiting."""
    return (
        column(edition, "measure", width=40),
        column(edition, "counted", width=40),
        column(edition, "area", width=30),
        column(edition, "people", width=28),
        column(edition, "period", width=12),
        column(edition, "unit", width=10),
        column(edition, "value", "decimal", tells_hidden=True),
        column(edition, "low", "decimal"),
        column(edition, "high", "decimal"),
        column(edition, "n", "integer", tells_hidden=True),
        column(edition, "excluded", "integer"),
    )


def measures(edition: Localised) -> pl.DataFrame:
    """Access to care, continuity and waiting; shares in per cent."""
    table = edition.inputs.need("measures").sort(*measure_order(edition), area_order(edition), "group", "period")
    forms = named(table["measure"], measure_form)
    scale = pl.when(forms == "share").then(100.0).otherwise(1.0)
    shown = pl.when(pl.col("suppressed") == "")
    return table.select(
        named(table["measure"], edition.labels.measure),
        named(table["measure"], edition.labels.counted).alias("counted"),
        named(table["area"], edition.labels.area),
        named(table["group"], edition.labels.group),
        named(table["period"], edition.labels.period),
        named(forms, lambda form: edition.texts.of("form", form)).alias("unit"),
        *(shown.then(pl.col(c) * scale).alias(c) for c in ("value", "low", "high")),
        *(shown.then(c).alias(c) for c in ("n", "excluded")),
        is_hidden(),
    )


def quality_columns(edition: Localised) -> tuple[Column, ...]:
    """Columns of record quality."""
    return (
        column(edition, "level", width=16),
        column(edition, "area", width=30),
        column(edition, "dimension", width=26),
        column(edition, "documents", "integer", tells_hidden=True),
        column(edition, "eligible", "integer"),
        column(edition, "failed", "integer"),
        column(edition, "index", "fine_percent"),
        column(edition, "low", "fine_percent"),
        column(edition, "high", "fine_percent"),
    )


def quality(edition: Localised) -> pl.DataFrame:
    """Record quality by area; units see theirs in their own report."""
    table = edition.inputs.need("quality_scores").filter(pl.col("level") != "unit")
    shown = pl.when(pl.col("suppressed") == "")
    return table.select(
        named(table["level"], lambda level: edition.texts.of("level", level)),
        named(
            table["area"].fill_null(edition.inputs.county.code),
            lambda code: edition.labels.area(code or edition.inputs.county.code),
        ),
        named(table["dimension"], lambda dimension: edition.texts.of("dimension", dimension)),
        *(shown.then(c).alias(c) for c in ("documents", "eligible", "failed", "index", "low", "high")),
        is_hidden(),
    )
