"""The sheets of tables: which columns and rows each holds, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from reporting.inputs import ALL, ReportInputs
from reporting.labels import Labels, measure_form
from reporting.page.futures import DIFFERENCE, variance_parts
from reporting.texts import Texts
from reporting.workbook.book import Column
from reporting.workbook.bulk import HIDDEN

SHOWN = ("q0.025", "q0.1", "q0.25", "q0.75", "q0.9", "q0.975")
LEVELS = ("2.5", "10", "25", "75", "90", "97.5")


Columns = Callable[[], tuple[Column, ...]]
Rows = Callable[[], pl.DataFrame]


@dataclass(frozen=True)
class SheetPlan:
    """One sheet of a table.

    Attributes:
        key: its place in the catalogue: `sheet-<key>` is its name, `sheet-note-<key>` what it holds.
        columns: its columns.
        rows: makes its rows: a frame with these columns, and `HIDDEN` where some are hidden.
    """

    key: str
    columns: tuple[Column, ...]
    rows: Rows


class Sheets:
    """The workbook's tables of one edition in one language.

    Args:
        inputs: the protected edition.
        language: fi, sv or en.
    """

    def __init__(self, inputs: ReportInputs, language: str) -> None:
        self.inputs = inputs
        self.texts, self.labels = Texts(language), Labels(inputs.county, language)

    def plans(self) -> list[SheetPlan]:
        """The sheets whose tables are available, in the workbook's order."""
        inputs = self.inputs
        offered: list[tuple[pl.DataFrame | None, str, Columns, Rows]] = [
            (inputs.need_forecast, "forecast", self.forecast_columns, self.forecast),
            (inputs.month_forecast, "months", self.month_columns, self.months),
            (inputs.need_drivers, "drivers", self.driver_columns, self.drivers),
            (inputs.need_scenarios, "scenarios", self.scenario_columns, self.scenarios),
            (inputs.need_tornado, "tornado", self.tornado_columns, self.tornado),
            (inputs.need_variance, "variance", self.variance_columns, self.variance),
            (self._any_scorecard(), "scorecard", self.scorecard_columns, self.scorecard),
            (inputs.indicator_forecast, "indicators", self.indicator_columns, self.indicators),
            (inputs.measures, "measures", self.measure_columns, self.measures),
            (inputs.quality_scores, "quality", self.quality_columns, self.quality),
        ]
        return [SheetPlan(key, columns(), rows) for table, key, columns, rows in offered if table is not None]

    def _column(self, key: str, kind: Any = "text", width: int = 12, *, tells_hidden: bool = False) -> Column:
        return Column(self.texts.of("col", key), kind, width, tells_hidden)

    def _levels(self, kind: Any) -> list[Column]:
        return [Column(self.texts.get("col-quantile", level=level), kind, 11) for level in LEVELS]

    def forecast_columns(self) -> tuple[Column, ...]:
        """Columns of the yearly forecast; the chooser sheet reads the first six by place."""
        return (
            self._column("area", width=30),
            self._column("service", width=38),
            self._column("group", width=20),
            self._column("year", "year", 8),
            self._column("kind", width=14),
            self._column("value", "integer", tells_hidden=True),
            *self._levels("integer"),
            self._column("tested", width=10),
            self._column("note", width=34),
        )

    def forecast(self) -> pl.DataFrame:
        """Yearly need of both sexes together, by area, service and age group."""
        order = {code: i for i, code in enumerate((ALL, *self.inputs.county.age_groups.labels))}
        table = self.inputs.need("need_forecast").filter(pl.col("sex") == ALL)
        table = table.sort("area", "service", pl.col("age_group").replace_strict(order, default=99), "year")
        return table.select(
            _named(table["area"], self.labels.area),
            _named(table["service"], self.labels.service),
            _named(table["age_group"], self.labels.group),
            "year",
            self._kind(table),
            _median_ahead().alias("value"),
            *SHOWN,
            self._tested(),
            _named(table["flag"], self._flag),
            _is_hidden(),
        )

    def _kind(self, table: pl.DataFrame) -> pl.Series:
        return _named(table["kind"], lambda kind: self.texts.of("kind", kind))

    def _tested(self) -> pl.Expr:
        yes, no = self._yes_no()
        told = pl.when(pl.col("validated").fill_null(value=False)).then(pl.lit(yes)).otherwise(pl.lit(no))
        return pl.when(pl.col("kind") == "forecast").then(told).alias("tested")

    def _yes_no(self) -> tuple[str, str]:
        return self.texts.get("chart-yes"), self.texts.get("chart-no")

    def _flag(self, flag: str) -> str:
        return "; ".join(self.labels.flag(part) for part in flag.split(",") if part)

    def month_columns(self) -> tuple[Column, ...]:
        """Columns of the monthly forecast."""
        return (
            self._column("area", width=30),
            self._column("service", width=38),
            self._column("month", "month", 10),
            self._column("kind", width=22),
            self._column("recorded", "integer", tells_hidden=True),
            self._column("value", "integer", tells_hidden=True),
            *self._levels("integer"),
            self._column("note", width=30),
        )

    def months(self) -> pl.DataFrame:
        """Monthly need by area and service, from five years before the first month that is not yet complete."""
        table = self.inputs.need("month_forecast").sort("area", "service", "ds")
        table = table.filter(
            pl.col("ds") >= pl.col("ds").filter(pl.col("kind") != "observed").min().dt.offset_by("-5y")
        )
        return table.select(
            _named(table["area"], self.labels.area),
            _named(table["service"], self.labels.service),
            "ds",
            self._kind(table),
            "y",
            _median_ahead("y").alias("value"),
            *SHOWN,
            _named(table["flag"], self._flag),
            _is_hidden(),
        )

    def driver_columns(self) -> tuple[Column, ...]:
        """Columns of the parts of change."""
        ends = [Column(self.texts.get("col-quantile", level=level), "integer", 11) for level in ("10", "90")]
        return (
            self._column("area", width=30),
            self._column("service", width=38),
            self._column("from", "year", 8),
            self._column("to", "year", 8),
            self._column("driver", width=30),
            self._column("change", "integer", tells_hidden=True),
            *ends,
        )

    def drivers(self) -> pl.DataFrame:
        """What the change of need consists of."""
        table = self.inputs.need("need_drivers")
        return table.select(
            _named(table["area"], self.labels.area),
            _named(table["service"], self.labels.service),
            "from_year",
            "to_year",
            _named(table["driver"], self.labels.driver),
            "mean",
            "q0.1",
            "q0.9",
            _is_hidden(),
        )

    def scenario_columns(self) -> tuple[Column, ...]:
        """Columns of the scenarios; the chooser sheet reads the first five by place."""
        ends, apart = (
            [Column(self.texts.get(message, level=level), "integer", 11) for level in ("10", "90")]
            for message in ("col-quantile", "col-difference-quantile")
        )
        return (
            self._column("scenario", width=36),
            self._column("area", width=30),
            self._column("service", width=38),
            self._column("year", "year", 8),
            self._column("value", "integer", tells_hidden=True),
            *ends,
            *([self._column("difference", "integer"), *apart] if self._differences() else []),
        )

    def _differences(self) -> bool:
        return set(DIFFERENCE) <= set(self.inputs.need("need_scenarios").columns)

    def scenarios(self) -> pl.DataFrame:
        """Need of all persons in each course of the future, and its difference from the baseline."""
        table = self.inputs.need("need_scenarios")
        differences = ("diff_q0.5", "diff_q0.1", "diff_q0.9") if self._differences() else ()
        return table.select(
            _named(table["scenario"], lambda code: self.labels.scenario(code, table)),
            _named(table["area"], self.labels.area),
            _named(table["service"], self.labels.service),
            "year",
            *("q0.5", "q0.1", "q0.9", *differences),
            _is_hidden(),
        )

    def tornado_columns(self) -> tuple[Column, ...]:
        """Columns of the assumptions' effects."""
        return (
            self._column("assumption", width=40),
            self._column("area", width=30),
            self._column("service", width=38),
            self._column("year", "year", 8),
            self._column("at-low", "integer"),
            self._column("at-high", "integer"),
        )

    def tornado(self) -> pl.DataFrame:
        """How much need changes when one assumption is low or high and the others stay."""
        table = self.inputs.need("need_tornado")
        return table.select(
            _named(table["assumption"], lambda code: self.labels.assumption(code, table)),
            _named(table["area"], self.labels.area),
            _named(table["service"], self.labels.service),
            *("year", "low", "high"),
        )

    def variance_columns(self) -> tuple[Column, ...]:
        """Columns of the sources of uncertainty."""
        return (
            self._column("area", width=30),
            self._column("service", width=38),
            self._column("year", "year", 8),
            *(Column(self.texts.of("variance", part), "percent", 16) for part in variance_parts(self.inputs)),
        )

    def variance(self) -> pl.DataFrame:
        """Shares of the variance of need by what it comes from."""
        table = self.inputs.need("need_variance").sort("area", "service", "year")
        return table.select(
            _named(table["area"], self.labels.area),
            _named(table["service"], self.labels.service),
            *("year", *variance_parts(self.inputs)),
            _is_hidden(),
        )

    def _any_scorecard(self) -> pl.DataFrame | None:
        tables = (self.inputs.need_scorecard, self.inputs.month_scorecard, self.inputs.indicator_scorecard)
        return next((t for t in tables if t is not None), None)

    def scorecard_columns(self) -> tuple[Column, ...]:
        """Columns of the scorecards."""
        return (
            self._column("scored", width=24),
            self._column("subject", width=42),
            self._column("model", width=24),
            self._column("champion", width=10),
            self._column("horizon", "year", 10),
            self._column("origins", "integer", 10),
            self._column("n", "integer", 10),
            self._column("crps", "index"),
            self._column("skill", "percent"),
            self._column("mase", "index"),
            self._column("bias", "percent"),
            self._column("cover80", "percent"),
            self._column("cover95", "percent"),
        )

    def scorecard(self) -> pl.DataFrame:
        """How every model did on years and months it had not seen."""
        yes, no = self._yes_no()
        parts = (
            ("need", self.inputs.need_scorecard, "service", self.labels.service),
            ("month", self.inputs.month_scorecard, "service", self.labels.service),
            ("indicator", self.inputs.indicator_scorecard, "indicator", self.labels.indicator),
        )
        values = ("horizon", "origins", "n", "crps", "crps_skill", "mase", "bias", "coverage80", "coverage95")
        frames = [
            table.select(
                pl.lit(self.texts.of("scored", scored)).alias("scored"),
                _named(table[code], name).alias("subject"),
                _named(table["model"], self.labels.model),
                pl.when("champion").then(pl.lit(yes)).otherwise(pl.lit(no)).alias("champion"),
                *values,
            )
            for scored, table, code, name in parts
            if table is not None
        ]
        return pl.concat(frames, how="vertical_relaxed")

    def indicator_columns(self) -> tuple[Column, ...]:
        """Columns of the open indicators."""
        return (
            self._column("area", width=30),
            self._column("indicator", width=44),
            self._column("unit", width=34),
            self._column("year", "year", 8),
            self._column("kind", width=14),
            self._column("value", "decimal"),
            *self._levels("decimal"),
            self._column("tested", width=10),
            self._column("note", width=30),
        )

    def indicators(self) -> pl.DataFrame:
        """Open indicators and their forecasts."""
        table = self.inputs.need("indicator_forecast").sort("area", "indicator", "year")
        return table.select(
            _named(table["area"], self.labels.area),
            _named(table["indicator"], self.labels.indicator),
            _named(table["indicator"], self.labels.indicator_unit).alias("unit"),
            "year",
            self._kind(table),
            _median_ahead().alias("value"),
            *SHOWN,
            self._tested(),
            _named(table["flag"], self._flag),
        )

    def measure_columns(self) -> tuple[Column, ...]:
        """Columns of access, continuity and waiting."""
        return (
            self._column("measure", width=40),
            self._column("area", width=30),
            self._column("group", width=20),
            self._column("period", width=12),
            self._column("unit", width=10),
            self._column("value", "decimal", tells_hidden=True),
            self._column("low", "decimal"),
            self._column("high", "decimal"),
            self._column("n", "integer", tells_hidden=True),
            self._column("excluded", "integer"),
        )

    def measures(self) -> pl.DataFrame:
        """Access to care, continuity and waiting; shares in per cent."""
        table = self.inputs.need("measures").sort("measure", "area", "group", "period")
        forms = _named(table["measure"], measure_form)
        scale = pl.when(forms == "share").then(100.0).otherwise(1.0)
        shown = pl.when(pl.col("suppressed") == "")
        return table.select(
            _named(table["measure"], self.labels.measure),
            _named(table["area"], self.labels.area),
            _named(table["group"], self.labels.group),
            _named(table["period"], self.labels.period),
            _named(forms, lambda form: self.texts.of("form", form)).alias("unit"),
            *(shown.then(pl.col(c) * scale).alias(c) for c in ("value", "low", "high")),
            *(shown.then(c).alias(c) for c in ("n", "excluded")),
            _is_hidden(),
        )

    def quality_columns(self) -> tuple[Column, ...]:
        """Columns of record quality."""
        return (
            self._column("level", width=16),
            self._column("area", width=30),
            self._column("dimension", width=26),
            self._column("documents", "integer", tells_hidden=True),
            self._column("eligible", "integer"),
            self._column("failed", "integer"),
            self._column("index", "percent"),
            self._column("low", "percent"),
            self._column("high", "percent"),
        )

    def quality(self) -> pl.DataFrame:
        """Record quality by area; units see theirs in their own report."""
        table = self.inputs.need("quality_scores").filter(pl.col("level") != "unit")
        shown = pl.when(pl.col("suppressed") == "")
        return table.select(
            _named(table["level"], lambda level: self.texts.of("level", level)),
            _named(table["area"].fill_null(self.inputs.county.code), self._area_or_county),
            _named(table["dimension"], lambda dimension: self.texts.of("dimension", dimension)),
            *(shown.then(c).alias(c) for c in ("documents", "eligible", "failed", "index", "low", "high")),
            _is_hidden(),
        )

    def _area_or_county(self, code: str) -> str:
        return self.labels.area(code or self.inputs.county.code)


def _named(codes: pl.Series, name: Callable[[Any], str]) -> pl.Series:
    """The codes' names, each worked out once."""
    known = codes.drop_nulls().unique().to_list()
    names = pl.Series(list(map(name, known)), dtype=pl.String)
    return codes.replace_strict(pl.Series(known, dtype=codes.dtype), names, default=None, return_dtype=pl.String)


def _median_ahead(observed: str = "mean") -> pl.Expr:
    """What was observed, then the median of what is to come."""
    return pl.when(pl.col("kind") == "observed").then(observed).otherwise("q0.5")


def _is_hidden() -> pl.Expr:
    return (pl.col("suppressed") != "").alias(HIDDEN)
