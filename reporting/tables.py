"""The published tidy tables: Parquet and CSV after disclosure control, described by CSVW metadata.

Every table is in long form with codes as keys, as docs/architecture.md describes it; a hidden value is empty
and its row's `hidden` is true. What a column means stands in the metadata and in the Parquet schema.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from lake.atomic import write_text, written_atomically
from reporting.disclosure import Protected
from reporting.inert import inert_table
from reporting.inputs import LANGUAGES, ReportInputs

METADATA = "metadata.json"
PUBLISHED: dict[str, tuple[tuple[str, ...], str]] = {
    "need_forecast": (("area", "service", "sex", "age_group", "year"), "Need by year: observed and forecast"),
    "need_drivers": (("area", "service", "from_year", "to_year", "driver"), "What the change of need consists of"),
    "need_scorecard": (("service", "model", "horizon"), "Accuracy of the yearly models on unseen years"),
    "need_scores_by_size": (
        ("model", "size", "horizon_from"),
        "Accuracy of the yearly models by size of area, all services together",
    ),
    "need_scenarios": (
        ("area", "service", "scenario", "year"),
        "Scenarios: need, and its difference from the baseline",
    ),
    "need_scenario_drivers": (
        ("area", "service", "scenario", "year", "driver"),
        "What a scenario's difference from the baseline consists of",
    ),
    "need_tornado": (
        ("area", "service", "year", "kind", "assumption"),
        "What each assumption and source of uncertainty does to need",
    ),
    "need_variance": (("area", "service", "year"), "Shares of the uncertainty of need by what it comes from"),
    "need_assumptions": (("assumption",), "Register of assumptions with source and date"),
    "month_forecast": (("area", "service", "ds"), "Need by month: observed, estimated and forecast"),
    "month_parts": (
        ("area", "service", "ds"),
        "Why each month's forecast is what it is: parts that sum to its mean",
    ),
    "month_ages": (
        ("area", "service", "age_group", "ds"),
        "Forecast by month and age group; groups and areas sum to their totals",
    ),
    "month_age_scorecard": (("service", "model"), "Accuracy of the shares of age groups on unseen months"),
    "month_scorecard": (("service", "model", "horizon"), "Accuracy of the monthly models on unseen months"),
    "month_pins": (("service",), "Monthly models that the county keeps in charge, and what that costs"),
    "indicator_forecast": (("area", "indicator", "year"), "Open indicators: observed and forecast"),
    "indicator_scorecard": (("indicator", "model", "horizon"), "Accuracy of the indicator models on unseen years"),
    "measures": (("measure", "area", "group", "period"), "Access to care, waiting and continuity"),
    "quality_scores": (("level", "unit", "area", "dimension"), "Record quality by area"),
}
_SPREAD = ("min", "median", "max")
MEANINGS: dict[str, str] = {
    "area": "service area of the county file; the county's two-digit code is its total; FI is the country",
    "service": "service of the county file",
    "sex": "male, female, or all",
    "age_group": "age in full years, or all",
    "year": "calendar year",
    "ds": "first day of the month",
    "kind": "observed, estimated (still being recorded) or forecast",
    "y": "number recorded",
    "mean": "observed number, or mean of the forecast; means add up over areas and groups",
    "validated": "the forecast lies within the longest tested horizon",
    "flag": "break: recording changed; incomplete: still being recorded; structure_only: population change alone; "
    "short_history: too few years to learn a trend; no_use: the service has not been used; stale: ended long ago; "
    "poorly_recorded: rests on records that come late or fail their checks; "
    "effect: a known policy date or care debt is included; running: the year under way, months counted included; "
    "followed: a separate forecast of the service's total is followed; "
    "few_persons: nobody of the cell was left on 31 December",
    "hidden": "the row's values are hidden to protect persons",
    "from_year": "first year of the change",
    "to_year": "last year of the change",
    "driver": "size (of the population), sex, structure (by age), rate (of use), base_year (fitted level less the "
    "count of the first year), health, policy, backlog; total",
    "model": "forecasting model",
    "horizon": "steps ahead: years or months",
    "origins": "forecasts made at different times in the test",
    "n": "number behind the figure",
    "crps": "continuous ranked probability score, in the unit of the series; less is better",
    "crps_skill": "share of the baseline's score that the model takes away",
    "mase": "mean absolute scaled error",
    "bias": "mean relative error",
    "coverage80": "share of observed values within the 80% interval",
    "coverage95": "share of observed values within the 95% interval",
    "published": "the model behind the published figures",
    "champion": "best of the models by its scores, beyond noise (months: the model in use)",
    "indicator": "indicator id at its publisher (Sotkanet)",
    "count_mean": "absolute number behind the indicator's value",
    "measure": "measure of access, continuity or waiting",
    "group": "group of persons, or all",
    "period": "period of the measure",
    "value": "value; shares lie between 0 and 1",
    "low": "lower end of the 95% interval",
    "high": "upper end of the 95% interval",
    "excluded": "number left out",
    "note": "note",
    "level": "area or county",
    "unit": "unit of the county",
    "dimension": "completeness, conformance, timeliness, plausibility or overall",
    "documents": "documents",
    "eligible": "checks that applied",
    "failed": "checks that found a defect",
    "index": "weighted share of checks passed",
    "shrunk": "index drawn towards the whole by how few checks there are",
    "funnel_low": "lower limit of chance",
    "funnel_high": "upper limit of chance",
    "outside": "low or high when the index lies outside the limits of chance, else empty",
    "weights_low": "index under the strictest rule weights",
    "weights_high": "index under the mildest rule weights",
    "unique_id": "area|service",
    "size": "of the area's yearly count in the scored years: small (under 100), medium (under 1,000) or large",
    "horizon_from": "fewest years ahead",
    "horizon_to": "most years ahead",
    **{f"coverage{p}_{how}": f"{how} of coverage{p} over the origins" for p in (80, 95) for how in _SPREAD},
    "trend": "what a year's mean ahead lies above the level",
    "season": "what a month lies above its year's mean",
    "calendar": "what working days add or take",
    "completion": "what late records are expected to add",
    "yearly_agreement": "what agreement with the forecast by year adds or takes",
    "effects": "what known effects (policy dates, care debt) add or take",
    "pinned": "model that the county keeps in charge",
    "otherwise": "model that would be in charge",
    "cost": "of keeping it, as a share of the other's score (CRPS) at earlier origins; negative: it scores better",
    "scenario": "scenario of the county or of the library",
    "diff_mean": "difference from the baseline, draw by draw: mean",
    **{f"diff_q{q}": f"difference from the baseline, draw by draw: quantile {q}" for q in ("0.1", "0.5", "0.9")},
    "assumption": "id in the register of assumptions; population, rate or noise for the model's own uncertainty",
    "services": "services it applies to, or all",
    "areas": "areas it applies to, with all under them, or all",
    "distribution": "form of its distribution",
    "p10": "value that is undershot once in ten; empty for a backlog, which is a count",
    "p90": "value that is exceeded once in ten; empty for a backlog, which is a count",
    "source": "where it comes from",
    "date": "day of the source",
    "version": "version of the register",
    **{part: f"share of the variance from {part}" for part in ("population", "rate", "policy", "noise")},
    **{f"name_{code}": f"its name ({code})" for code in LANGUAGES},
}
_OWN_MEANINGS = {
    **dict.fromkeys(
        (("need_scorecard", "crps"), ("need_scores_by_size", "crps"), ("indicator_scorecard", "crps")),
        "continuous ranked probability score, as a share of the level before the forecast; less is better",
    ),
    ("need_tornado", "kind"): "assumption (of the register) or model (its own uncertainty)",
    ("need_tornado", "low"): "change of expected need with it at its P10, the others at their medians",
    ("need_tornado", "high"): "change of expected need with it at its P90, the others at their medians",
    ("month_parts", "level"): "mean of what is known of the last twelve months",
    ("month_parts", "population"): "what the change of persons since then adds or takes",
    (
        "need_assumptions",
        "kind",
    ): "what it acts on: rate_factor, healthy_ageing, proximity_to_death, substitution, backlog",
}
"""Meanings of columns that mean something else elsewhere."""
_DATATYPES = {pl.String: "string", pl.Boolean: "boolean", pl.Date: "date", pl.Datetime: "datetime"}


def write_tables(protected: Protected, folder: Path) -> list[Path]:
    """Write every published table as Parquet and CSV, with CSVW metadata of them all.

    Args:
        protected: the edition after disclosure control.
        folder: where the files go: `<table>.parquet`, `<table>.csv`, `metadata.json`.

    Returns:
        The files written; equal inputs give equal bytes.
    """
    written = []
    described = []
    for name, (key, title) in PUBLISHED.items():
        table = published_table(protected.inputs, name)
        if table is None:
            continue
        with written_atomically(folder / f"{name}.parquet") as path:
            _write_parquet(name, table, path, protected.inputs)
        write_text(folder / f"{name}.csv", csv_text(table))
        described.append(_csvw_table(name, title, key, table))
        written += [folder / f"{name}.parquet", folder / f"{name}.csv"]
    write_text(folder / METADATA, metadata_text(_csvw(protected.inputs, described)))
    return [*written, folder / METADATA]


def csv_text(table: pl.DataFrame) -> str:
    """A published table as CSV: no text in it is a formula to a spreadsheet."""
    return inert_table(table).write_csv(float_precision=6)


def metadata_text(about: Mapping[str, Any]) -> str:
    """The CSVW metadata of a folder of tables as its file holds it."""
    return json.dumps(about, ensure_ascii=False, indent=1) + "\n"


def published_table(inputs: ReportInputs, name: str) -> pl.DataFrame | None:
    """One published table: its rows that may leave, `hidden` in place of the reason; None when not available."""
    table: pl.DataFrame | None = getattr(inputs, name)
    if table is None:
        return None
    table = _for_all(name, table)
    if "suppressed" in table.columns:
        table = table.with_columns((pl.col("suppressed") != "").alias("hidden")).drop("suppressed")
    key = [c for c in PUBLISHED[name][0] if c in table.columns]
    return table.sort(key, nulls_last=False)


def _for_all(name: str, table: pl.DataFrame) -> pl.DataFrame:
    """Without the rows and figures that not every reader may see."""
    if name == "quality_scores":
        table = table.filter(pl.col("level") != "unit").drop("unit")
    if name == "need_scores_by_size":  # of one service and size there may be one area
        table = table.filter(pl.col("service") == "all").drop("service")
    if name == "need_tornado":
        table = table.drop("p10", "p90", strict=False)
    if name == "need_assumptions":
        counted = pl.col("kind") == "backlog"
        table = table.with_columns(pl.when(~counted).then(pl.col(c)).alias(c) for c in ("p10", "p90"))
    return table.with_columns(pl.col(pl.Null).cast(pl.String))


def _write_parquet(name: str, table: pl.DataFrame, path: Path, inputs: ReportInputs) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = table.to_arrow(compat_level=pl.CompatLevel.oldest())
    fields = [field.with_metadata({"description": _meaning(name, field.name)}) for field in arrow.schema]
    about = {
        "title": PUBLISHED[name][1],
        "county": inputs.county.code,
        "edition": inputs.edition,
        "as_of": inputs.as_of.isoformat(),
        "synthetic": str(inputs.synthetic).lower(),
        "sources": json.dumps(_sources(inputs), ensure_ascii=False),
    }
    pq.write_table(arrow.cast(pa.schema(fields, metadata=about)), path, compression="zstd")


def _meaning(table: str, column: str) -> str:
    if own := _OWN_MEANINGS.get((table, column)):
        return own
    if column.startswith("q0."):
        return f"quantile {column[1:]} of the forecast"
    return MEANINGS.get(column, column.replace("_", " "))


def _sources(inputs: ReportInputs) -> list[str]:
    """What each source tells of itself; an invented one says so, whichever county's name it carries."""
    told = (", ".join(filter(None, (s.name, s.vintage, s.licence, s.note))) for s in inputs.sources)
    return [
        text if not inputs.synthetic or text.startswith("synthetic") else f"synthetic: {text}" for text in told
    ]


def _remarks(inputs: ReportInputs) -> list[str]:
    """What whoever computes with the tables has to know of them all."""
    settings, remarks = inputs.county.disclosure, []
    if inputs.synthetic:
        remarks.append("Invented data; describes no real county.")
    if settings.mode == "round":
        remarks.append(
            f"Counts are rounded at random to multiples of {settings.base}; rounded ones need not add up."
        )
    return remarks


def _csvw(inputs: ReportInputs, tables: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": f"{inputs.county.names.en}: need for services and record quality, edition {inputs.edition}",
        "dc:publisher": inputs.county.names.fi,
        "dc:date": inputs.as_of.isoformat(),
        "dc:source": _sources(inputs),
        "rdfs:comment": " ".join(_remarks(inputs)),
        "tables": tables,
    }


def _csvw_table(name: str, title: str, key: tuple[str, ...], table: pl.DataFrame) -> dict[str, Any]:
    columns = [
        {
            "name": column.replace(".", "_"),
            "titles": column,
            "datatype": _datatype(kind),
            "dc:description": _meaning(name, column),
            "required": column in key and column != "unit",
        }
        for column, kind in table.schema.items()
    ]
    kept = [c for c in key if c in table.columns]
    return {"url": f"{name}.csv", "dc:title": title, "tableSchema": {"columns": columns, "primaryKey": kept}}


def _datatype(kind: pl.DataType) -> str:
    if kind.is_integer():
        return "integer"
    return "double" if kind.is_float() else _DATATYPES[type(kind)]
