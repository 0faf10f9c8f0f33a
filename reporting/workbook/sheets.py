"""The sheets of tables: which columns and rows each holds, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from reporting.inputs import ALL, ReportInputs
from reporting.labels import Labels, measure_form
from reporting.page.views import Views
from reporting.texts import Texts
from reporting.workbook.book import Column

Row = tuple[Any, ...]
SHOWN = ("q0.025", "q0.1", "q0.25", "q0.75", "q0.9", "q0.975")
LEVELS = ("2.5", "10", "25", "75", "90", "97.5")


@dataclass(frozen=True)
class SheetPlan:
    """One sheet of a table.

    Attributes:
        key: its place in the catalogue: `sheet-<key>` is its name, `sheet-note-<key>` what it holds.
        columns: its columns.
        rows: makes its rows.
    """

    key: str
    columns: tuple[Column, ...]
    rows: Callable[[], Iterator[Row]]


class Sheets:
    """The workbook's tables of one edition in one language.

    Args:
        inputs: the protected edition.
        language: fi, sv or en.
    """

    def __init__(self, inputs: ReportInputs, language: str) -> None:
        self.inputs = inputs
        self.texts, self.labels = Texts(language), Labels(inputs.county, language)
        self.views = Views(inputs, language)
        self.hidden = self.texts.get("value-hidden")

    def plans(self) -> list[SheetPlan]:
        """The sheets whose tables are available, in the workbook's order."""
        inputs = self.inputs
        offered: list[tuple[pl.DataFrame | None, SheetPlan]] = [
            (inputs.need_forecast, SheetPlan("forecast", self.forecast_columns(), self.forecast)),
            (inputs.month_forecast, SheetPlan("months", self.month_columns(), self.months)),
            (inputs.need_drivers, SheetPlan("drivers", self.driver_columns(), self.drivers)),
            (self._any_scorecard(), SheetPlan("scorecard", self.scorecard_columns(), self.scorecard)),
            (inputs.indicator_forecast, SheetPlan("indicators", self.indicator_columns(), self.indicators)),
            (inputs.measures, SheetPlan("measures", self.measure_columns(), self.measures)),
            (inputs.quality_scores, SheetPlan("quality", self.quality_columns(), self.quality)),
        ]
        return [plan for table, plan in offered if table is not None]

    def _column(self, key: str, kind: Any = "text", width: int = 12) -> Column:
        return Column(self.texts.of("col", key), kind, width)

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
            self._column("value", "integer", 12),
            *self._levels("integer"),
            self._column("tested", width=10),
            self._column("note", width=34),
        )

    def forecast(self) -> Iterator[Row]:
        """Yearly need of both sexes together, by area, service and age group."""
        table = self.inputs.need("need_forecast").filter(pl.col("sex") == ALL)
        area, service, group = (_once(f) for f in (self.labels.area, self.labels.service, self.labels.group))
        kinds, yes, no = _once(lambda k: self.texts.of("kind", k)), *self._yes_no()
        flags = _once(self._flag)
        order = {code: i for i, code in enumerate((ALL, *self.inputs.county.age_groups.labels))}
        ordered = table.with_columns(pl.col("age_group").replace_strict(order, default=99).alias("_order"))
        ordered = ordered.sort("area", "service", "_order", "year")
        names = ("area", "service", "age_group", "year", "kind", "mean", "q0.5", "validated", "flag", "suppressed")
        for (a, s, g, year, kind, mean, median, validated, flag, suppressed), quantiles in zip(
            ordered.select(names).iter_rows(), ordered.select(SHOWN).iter_rows(), strict=True
        ):
            head = (area(a), service(s), group(g), year, kinds(kind))
            tail = ((yes if validated else no) if kind == "forecast" else "", flags(flag))
            if suppressed:
                yield (*head, self.hidden, *(None,) * len(SHOWN), *tail)
            else:
                yield (*head, mean if kind == "observed" else median, *quantiles, *tail)

    def _yes_no(self) -> tuple[str, str]:
        return self.texts.get("chart-yes"), self.texts.get("chart-no")

    def _flag(self, flag: str | None) -> str:
        return "; ".join(self.labels.flag(part) for part in (flag or "").split(",") if part)

    def month_columns(self) -> tuple[Column, ...]:
        """Columns of the monthly forecast."""
        return (
            self._column("area", width=30),
            self._column("service", width=38),
            self._column("month", "month", 10),
            self._column("kind", width=22),
            self._column("recorded", "integer"),
            self._column("value", "integer"),
            *self._levels("integer"),
            self._column("note", width=30),
        )

    def months(self) -> Iterator[Row]:
        """Monthly need by area and service, from five years before the first month that is not yet complete."""
        table = self.inputs.need("month_forecast").sort("area", "service", "ds")
        table = table.filter(
            pl.col("ds") >= pl.col("ds").filter(pl.col("kind") != "observed").min().dt.offset_by("-5y")
        )
        names = ("area", "service", "ds", "kind", "y", "q0.5", "flag", "suppressed")
        for (a, s, ds, kind, y, median, flag, suppressed), quantiles in zip(
            table.select(names).iter_rows(), table.select(SHOWN).iter_rows(), strict=True
        ):
            head = (self.labels.area(a), self.labels.service(s), ds, self.texts.of("kind", kind))
            if suppressed:
                yield (*head, self.hidden, self.hidden, *(None,) * len(SHOWN), self._flag(flag))
            else:
                yield (*head, y, y if kind == "observed" else median, *quantiles, self._flag(flag))

    def driver_columns(self) -> tuple[Column, ...]:
        """Columns of the parts of change."""
        ends = [Column(self.texts.get("col-quantile", level=level), "integer", 11) for level in ("10", "90")]
        return (
            self._column("area", width=30),
            self._column("service", width=38),
            self._column("from", "year", 8),
            self._column("to", "year", 8),
            self._column("driver", width=30),
            self._column("change", "integer"),
            *ends,
        )

    def drivers(self) -> Iterator[Row]:
        """What the change of need consists of."""
        names = ("area", "service", "from_year", "to_year", "driver", "mean", "q0.1", "q0.9", "suppressed")
        for a, s, start, end, driver, *values, suppressed in (
            self.inputs.need("need_drivers").select(names).iter_rows()
        ):
            head = (self.labels.area(a), self.labels.service(s), start, end, self.texts.of("driver", driver))
            yield (*head, self.hidden, None, None) if suppressed else (*head, *values)

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

    def scorecard(self) -> Iterator[Row]:
        """How every model did on years and months it had not seen."""
        yes, no = self._yes_no()
        parts = (
            ("need", self.inputs.need_scorecard, "service", self.labels.service),
            ("month", self.inputs.month_scorecard, "service", self.labels.service),
            ("indicator", self.inputs.indicator_scorecard, "indicator", self.labels.indicator),
        )
        values = ("horizon", "origins", "n", "crps", "crps_skill", "mase", "bias", "coverage80", "coverage95")
        for kind, table, code, name in parts:
            if table is None:
                continue
            for subject, model, champion, *scores in table.select(code, "model", "champion", *values).iter_rows():
                head = (self.texts.of("scored", kind), name(subject), self.labels.model(model))
                yield (*head, yes if champion else no, *scores)

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

    def indicators(self) -> Iterator[Row]:
        """Open indicators and their forecasts."""
        yes, no = self._yes_no()
        table = self.inputs.need("indicator_forecast").sort("area", "indicator", "year")
        names = ("area", "indicator", "year", "kind", "mean", "q0.5", "validated", "flag")
        for (a, code, year, kind, mean, median, validated, flag), quantiles in zip(
            table.select(names).iter_rows(), table.select(SHOWN).iter_rows(), strict=True
        ):
            head = (self.labels.area(a), self.labels.indicator(code), self.labels.indicator_unit(code), year)
            tested = (yes if validated else no) if kind == "forecast" else ""
            value = mean if kind == "observed" else median
            yield (*head, self.texts.of("kind", kind), value, *quantiles, tested, self._flag(flag))

    def measure_columns(self) -> tuple[Column, ...]:
        """Columns of access, continuity and waiting."""
        return (
            self._column("measure", width=40),
            self._column("area", width=30),
            self._column("group", width=20),
            self._column("period", width=12),
            self._column("unit", width=10),
            self._column("value", "decimal"),
            self._column("low", "decimal"),
            self._column("high", "decimal"),
            self._column("n", "integer"),
            self._column("excluded", "integer"),
        )

    def measures(self) -> Iterator[Row]:
        """Access to care, continuity and waiting; shares in per cent."""
        names = ("measure", "area", "group", "period", "value", "low", "high", "n", "excluded", "suppressed")
        table = self.inputs.need("measures").sort("measure", "area", "group", "period")
        for code, a, group, period, *values, n, excluded, suppressed in table.select(names).iter_rows():
            form = measure_form(code)
            names_of = (self.labels.measure(code), self.labels.area(a), self.labels.group(group))
            head = (*names_of, self.labels.period(period), self.texts.of("form", form))
            if suppressed:
                yield (*head, self.hidden, None, None, self.hidden, None)
            else:
                scale = 100.0 if form == "share" else 1.0
                yield (*head, *(None if v is None else v * scale for v in values), n, excluded)

    def quality_columns(self) -> tuple[Column, ...]:
        """Columns of record quality."""
        return (
            self._column("level", width=16),
            self._column("area", width=30),
            self._column("dimension", width=26),
            self._column("documents", "integer"),
            self._column("eligible", "integer"),
            self._column("failed", "integer"),
            self._column("index", "percent"),
            self._column("low", "percent"),
            self._column("high", "percent"),
        )

    def quality(self) -> Iterator[Row]:
        """Record quality by area; units see theirs in their own report."""
        names = (
            "level",
            "area",
            "dimension",
            "documents",
            "eligible",
            "failed",
            "index",
            "low",
            "high",
            "suppressed",
        )
        table = self.inputs.need("quality_scores").filter(pl.col("level") != "unit")
        for level, a, dimension, *values, suppressed in table.select(names).iter_rows():
            code = a or self.inputs.county.code
            head = (self.texts.of("level", level), self.labels.area(code), self.texts.of("dimension", dimension))
            yield (*head, self.hidden, *(None,) * 5) if suppressed else (*head, *values)


def _once(name: Callable[[Any], str]) -> Callable[[Any], str]:
    """The same function, each answer worked out once."""
    known: dict[Any, str] = {}

    def answer(code: Any) -> str:
        if code not in known:
            known[code] = name(code)
        return known[code]

    return answer
