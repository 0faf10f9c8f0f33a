"""What every report is made from: the tables of one county and edition, and where they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Literal

import polars as pl

from counties import County

Language = Literal["fi", "sv", "en"]
LANGUAGES: tuple[Language, ...] = ("fi", "sv", "en")
QUANTILES = ("q0.025", "q0.05", "q0.1", "q0.25", "q0.5", "q0.75", "q0.9", "q0.95", "q0.975")
ALL = "all"

MONTH_PARTS = ("level", "trend", "season", "calendar", "population", "completion", "yearly_agreement", "effects")
_SCORECARD = ("model", "horizon", "origins", "n", "crps", "crps_skill", "mase", "bias", "coverage80", "coverage95")
EXPECTED_COLUMNS: dict[str, tuple[str, ...]] = {
    "need_forecast": (
        *("area", "service", "sex", "age_group", "year", "kind", "mean", *QUANTILES, "validated", "flag"),
    ),
    "need_drivers": (
        *("area", "service", "from_year", "to_year", "driver", "mean", "q0.1", "q0.5", "q0.9", "validated"),
    ),
    "need_scorecard": ("service", *_SCORECARD, "champion", "published"),
    "need_scores_by_size": ("service", "model", "size", "horizon_from", "horizon_to", "n", "bias", "coverage80"),
    "need_scenarios": ("scenario", "area", "service", "year", "q0.1", "q0.5", "q0.9", "validated"),
    "need_scenario_drivers": (
        *("area", "service", "scenario", "year", "driver", "mean", "q0.1", "q0.5", "q0.9", "validated"),
    ),
    "need_tornado": ("area", "service", "assumption", "year", "low", "high", "validated"),
    "need_assumptions": ("assumption", "kind", "p10", "p90", "source", "date", "version"),
    "need_variance": ("area", "service", "year", "validated"),
    "month_forecast": ("unique_id", "area", "service", "ds", "kind", "y", "mean", *QUANTILES, "flag"),
    "month_scorecard": ("service", *_SCORECARD, "champion"),
    "month_parts": ("area", "service", "ds", "mean", *MONTH_PARTS),
    "month_ages": ("area", "service", "age_group", "ds", "kind", "mean", *QUANTILES, "flag"),
    "month_age_scorecard": (
        *("service", "model", "origins", "n", "crps", "crps_skill", "coverage80", "coverage95", "champion"),
    ),
    "month_pins": ("service", "pinned", "otherwise", "cost"),
    "indicator_forecast": (
        *("area", "indicator", "year", "kind", "mean", *QUANTILES, "count_mean", "validated", "flag"),
    ),
    "indicator_scorecard": ("indicator", *_SCORECARD, "champion"),
    "measures": ("measure", "area", "group", "period", "value", "low", "high", "n", "excluded", "note"),
    "quality_scores": (
        *("level", "unit", "area", "dimension", "documents", "eligible", "failed", "index", "low", "high"),
        *("shrunk", "funnel_low", "funnel_high", "outside"),
    ),
    "cells": (
        *("rule_id", "unit", "area", "service_task", "document_type", "month"),
        *("eligible", "failed", "not_applicable", "not_evaluable"),
    ),
    "violations": ("document_id", "rule_id", "unit", "area", "severity", "since", "age_days"),
    "observations": ("observation_id", "observed_on", "municipality", "phenomenon", "need"),
    "population": ("area", "year", "sex", "age", "persons"),
    "projection": ("area", "year", "sex", "age", "persons"),
    "indicators": ("indicator", "area", "year", "value"),
}


class ReportInputError(ValueError):
    """A table that a report cannot be made from: which, what was expected, how to mend."""


@dataclass(frozen=True)
class Source:
    """Where figures came from.

    Attributes:
        name: publisher and table.
        vintage: release or reading date.
        licence: terms of use.
        note: what a reader should know of it.
    """

    name: str
    vintage: str
    licence: str = ""
    note: str = ""


@dataclass(frozen=True)
class Failure:
    """A part that could not be renewed for this edition; old figures stand in its place, or none.

    Attributes:
        part: the step of the run, such as `intake_service_events`.
        kind: in what way it failed, as `reporting.missing` tells it.
        reason: technical text in English; holds no value of a record.
    """

    part: str
    kind: str
    reason: str


@dataclass(frozen=True)
class ReportInputs:
    """Tables of one county and edition, named and shaped as docs/architecture.md says.

    Any table may be None: a run on open data has no client records. An empty table counts as none,
    and NaN as null.

    Attributes:
        county: the county file.
        edition: name of the edition, such as `2026-11`.
        as_of: the day the edition speaks of; nothing asks the clock.
        synthetic: whether the data are invented; then every page says so.
        sources: where the figures came from.
        failures: what could not be renewed for this edition.
        boundaries: GeoJSON file of municipality boundaries, when the county has fetched one.
        rule_dimensions: dimension of each scored rule of the record-quality catalogue; `rule_weights` its weight.
        contributors: clients behind counts (area, service, sex, age_group, time, clients, largest): how many, and
            how much of the count the largest of them is.
        quality_as_of: the day that record quality speaks of, where it is not `as_of`.
    """

    county: County
    edition: str
    as_of: date
    synthetic: bool
    need_forecast: pl.DataFrame | None = None
    need_drivers: pl.DataFrame | None = None
    need_scorecard: pl.DataFrame | None = None
    need_scores_by_size: pl.DataFrame | None = None
    need_scenarios: pl.DataFrame | None = None
    need_scenario_drivers: pl.DataFrame | None = None
    need_tornado: pl.DataFrame | None = None
    need_assumptions: pl.DataFrame | None = None
    need_variance: pl.DataFrame | None = None
    month_forecast: pl.DataFrame | None = None
    month_scorecard: pl.DataFrame | None = None
    month_parts: pl.DataFrame | None = None
    month_ages: pl.DataFrame | None = None
    month_age_scorecard: pl.DataFrame | None = None
    month_pins: pl.DataFrame | None = None
    indicator_forecast: pl.DataFrame | None = None
    indicator_scorecard: pl.DataFrame | None = None
    measures: pl.DataFrame | None = None
    quality_scores: pl.DataFrame | None = None
    cells: pl.DataFrame | None = None
    violations: pl.DataFrame | None = None
    observations: pl.DataFrame | None = None
    population: pl.DataFrame | None = None
    projection: pl.DataFrame | None = None
    indicators: pl.DataFrame | None = None
    sources: tuple[Source, ...] = ()
    failures: tuple[Failure, ...] = ()
    boundaries: Path | None = None
    rule_dimensions: Mapping[str, str] = field(default_factory=dict)
    rule_weights: Mapping[str, int] = field(default_factory=dict)
    contributors: pl.DataFrame | None = None
    quality_as_of: date | None = None

    def __post_init__(self) -> None:
        for name, expected in EXPECTED_COLUMNS.items():
            table = getattr(self, name)
            if table is None:
                continue
            if missing := [c for c in expected if c not in table.columns]:
                raise ReportInputError(
                    f"table {name}: column {', '.join(missing)} is missing (found: {', '.join(table.columns)}); "
                    "make it as docs/architecture.md says"
                )
            floats = [c for c, kind in table.schema.items() if kind.is_float()]
            kept = None if table.is_empty() else table.with_columns(pl.col(floats).fill_nan(None))
            object.__setattr__(self, name, kept)

    @property
    def available(self) -> tuple[str, ...]:
        """Names of the tables that are there."""
        return tuple(
            f.name for f in fields(self) if f.name in EXPECTED_COLUMNS and getattr(self, f.name) is not None
        )

    @property
    def quality_day(self) -> date:
        """The day that record quality speaks of; an earlier one when it could not be renewed for the edition."""
        return self.quality_as_of or self.as_of

    def planned_months(self) -> pl.DataFrame | None:
        """Months of age groups to the end of next year: what a budget is made for."""
        if self.month_ages is None:
            return None
        return self.month_ages.filter(pl.col("ds").dt.year() <= self.as_of.year + 1)

    def need(self, name: str) -> pl.DataFrame:
        """The table `name`; raises ReportInputError when it is not available."""
        table: pl.DataFrame | None = getattr(self, name)
        if table is None:
            raise ReportInputError(
                f"table {name} is not available in edition {self.edition}; check `available` first"
            )
        return table
