"""What the page writes as words and tables: rows already put into the reader's language, one set per area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from reporting.inputs import ALL, ReportInputs
from reporting.labels import Labels
from reporting.numbers import Numbers, unbroken
from reporting.people import people_by_year
from reporting.provenance import publisher, source_lines, vintages
from reporting.texts import Texts

Row = tuple[str, ...]
_ORDER = {d: n for n, d in enumerate(("completeness", "conformance", "timeliness", "plausibility", "overall"))}
PAGE_MEASURES = (
    *("seen_within_7_days", "seen_within_14_days", "seen_within_limit", "waiting_days_median"),
    *("waiting_over_limit", "count_waiting", "count_waiting_over_limit", "coci", "count_service_debt"),
    *("wellbeing_referral_uptake",),
)
CAPACITY = ("demand_per_week", "capacity_target_per_week", "capacity_relief_per_week")

PUBLISHED_NEED, PUBLISHED_INDICATOR = "joint_draws", "pooled_trend"  # the models behind the figures


@dataclass(frozen=True)
class Table:
    """A table of the page.

    Attributes:
        caption: what it shows.
        columns: headings.
        rows: rows of text; the first column is the rows' heading.
        words: places of the columns that hold words, set to the left.
            A row of one cell is the heading of the rows after it.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    words: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Tile:
    """A key figure with its change and source."""

    label: str
    value: str
    change: str


@dataclass(frozen=True)
class AreaView:
    """What the page says of one area; empty parts are left out."""

    code: str
    name: str
    tiles: tuple[Tile, ...]
    need: Table | None
    measures: Table | None
    capacity: Table | None
    quality: Table | None


class Views:
    """Tables of one edition in one language.

    Args:
        inputs: the protected edition.
        language: fi, sv or en.
    """

    def __init__(self, inputs: ReportInputs, language: str) -> None:
        self.inputs = inputs
        self.texts, self.numbers = Texts(language), Numbers(language)
        self.labels = Labels(inputs.county, language)

    def area(self, code: str) -> AreaView:
        """Everything written about one area."""
        return AreaView(
            code,
            self.labels.area(code),
            self.tiles(code),
            self.need(code),
            self.measures(code),
            self.capacity(code),
            self.quality(code),
        )

    def tiles(self, area: str) -> tuple[Tile, ...]:
        """Population now and at the end of the projection: all, 75 and over, 85 and over."""
        found = []
        for minimum in (0, 75, 85):
            series = people_by_year(self.inputs, area, minimum)
            now = series.filter(pl.col("kind") == "observed").tail(1)
            end = series.filter(pl.col("kind") == "projection").tail(1)
            if now.is_empty():
                continue
            year, persons = now["year"].item(), now["persons"].item()
            label = self.texts.get("page-tile-population" if minimum == 0 else "page-tile-aged", age=str(minimum))
            change = ""
            if not end.is_empty() and persons > 0:
                change = self.texts.get(
                    "page-tile-change",
                    year=str(end["year"].item()),
                    value=self.numbers.integer(end["persons"].item()),
                    change=self.numbers.signed_percent(end["persons"].item() / persons - 1),
                )
            found.append(Tile(f"{label} ({year})", self.numbers.integer(persons), change))
        return tuple(found)

    def need(self, area: str) -> Table | None:
        """Need by service: latest count, forecasts in five years and at the end, change with its interval."""
        table = self.inputs.need_forecast
        if table is None:
            return None
        whole = table.filter((pl.col("area") == area) & (pl.col("sex") == ALL) & (pl.col("age_group") == ALL))
        observed = whole.filter(pl.col("kind") == "observed")
        forecast = whole.filter(pl.col("kind") == "forecast")
        if observed.is_empty() or forecast.is_empty():
            return None
        last, end = int(observed["year"].max()), int(forecast["year"].max())  # type: ignore[arg-type]
        middle = min(last + 5, end)
        rows = []
        for service in self.inputs.county.services:
            here = whole.filter(pl.col("service") == service.code)
            at = {row["year"]: row for row in here.iter_rows(named=True)}
            if {last, middle, end} <= set(at):
                rows.append(self._need_row(service.code, at[last], at[middle], at[end], here))
        columns = (
            self.texts.get("page-col-service"),
            self.texts.get("page-col-observed", year=str(last)),
            self.texts.get("page-col-forecast", year=str(middle)),
            self.texts.get("page-col-forecast", year=str(end)),
            self.texts.get("page-col-change", first=str(last), last=str(end)),
            self.texts.get("page-col-notes"),
        )
        caption = self.texts.get("page-need-caption", area=self.labels.area(area))
        return Table(caption, columns, tuple(rows), words=(0, 5))

    def _need_row(
        self, service: str, now: dict[str, Any], middle: dict[str, Any], end: dict[str, Any], rows: pl.DataFrame
    ) -> Row:
        name = self.labels.service_counted(service)
        hidden = self.texts.get("value-hidden")
        notes = "; ".join(self.notes(rows))
        if now["mean"] is None or end["q0.5"] is None:
            return (name, hidden, hidden, hidden, hidden, notes)
        change = self.numbers.signed_percent(end["q0.5"] / now["mean"] - 1) if now["mean"] > 0 else ""
        return name, self.numbers.integer(now["mean"]), self._band(middle), self._band(end), change, notes

    def _band(self, row: dict[str, Any]) -> str:
        interval = unbroken(self.numbers.interval(row["q0.1"], row["q0.9"]))
        return f"{self.numbers.integer(row['q0.5'])} ({interval})"

    def notes(self, rows: pl.DataFrame) -> list[str]:
        """What the flags of a series mean, in words."""
        found = []
        known = rows.filter(pl.col("kind") == "observed")
        breaks = known.filter(pl.col("flag").str.contains("break"))["year"].unique().sort().to_list()
        if breaks:
            found.append(self.texts.get("page-note-break", years=", ".join(map(str, breaks))))
        if rows["flag"].str.contains("incomplete").any():
            found.append(self.texts.get("page-note-incomplete"))
        if rows["flag"].str.contains("stale").any():
            ended = known.filter(pl.col("mean").is_not_null())["year"].max()
            found.append(self.texts.get("page-note-stale", year=str(ended)))
        if rows["flag"].str.contains("structure_only").any():
            found.append(self.texts.get("page-note-structure"))
        if rows["flag"].str.contains("poorly_recorded").any():
            found.append(self.texts.get("page-note-poorly-recorded"))
        found += [
            self.texts.of("flag", flag)
            for flag in ("short_history", "no_use")
            if rows["flag"].str.contains(flag).any()
        ]
        return found

    def measures(self, area: str) -> Table | None:
        """Access, waiting and continuity of all persons in the area, latest period; the workbook has the rest."""
        table = self.inputs.measures
        if table is None:
            return None
        base = pl.col("measure").str.split(":").list.first()
        here = table.filter((pl.col("area") == area) & (pl.col("group") == ALL) & base.is_in(list(PAGE_MEASURES)))
        told = here.filter(pl.col("value").is_not_null() | (pl.col("suppressed") != "")).sort("period")
        place = base.replace_strict({code: i for i, code in enumerate(PAGE_MEASURES)}, return_dtype=pl.Int64)
        latest = told.group_by("measure", maintain_order=True).last().sort(place, "measure")
        if latest.is_empty():
            return None
        rows: list[Row] = []
        for row in latest.iter_rows(named=True):
            heading = (self._measure_heading(row),)
            if heading not in rows:
                rows.append(heading)
            rows.append(self._measure_row(row))
        columns = ("page-col-service", "page-col-value", "page-col-interval", "page-col-n")
        caption = self.texts.get("page-measures-caption", area=self.labels.area(area))
        return Table(caption, tuple(map(self.texts.get, columns)), tuple(rows))

    def capacity(self, area: str) -> Table | None:
        """Demand, and the capacity that keeps waits within the limit or takes the queue there, by service."""
        table = self.inputs.measures
        if table is None:
            return None
        base = pl.col("measure").str.split(":").list.first()
        here = table.filter(
            (pl.col("area") == area) & (pl.col("group") == ALL) & base.is_in(CAPACITY), pl.col("suppressed") == ""
        ).drop_nulls("value")
        known = {r["measure"]: r for r in here.sort("period").iter_rows(named=True)}
        rows: list[Row] = []
        for service in self.inputs.county.services:
            cells = [known.get(f"{measure}:{service.code}") for measure in CAPACITY]
            if any(cells):
                rows.append((self.labels.service(service.code), *map(self._capacity_cell, cells)))
        columns = [self.texts.get("page-col-service"), *(self.labels.measure(measure) for measure in CAPACITY)]
        caption = self.texts.get("page-capacity-caption", area=self.labels.area(area))
        return Table(caption, tuple(columns), tuple(rows)) if rows else None

    def _capacity_cell(self, row: dict[str, Any] | None) -> str:
        if row is None:
            return self.texts.get("value-missing")
        written = self.labels.measure_value(row["measure"], row["value"])
        interval = self.labels.measure_interval(row["measure"], row["low"], row["high"])
        return f"{written} ({interval})" if interval else written

    def _measure_heading(self, row: dict[str, Any]) -> str:
        name = self.labels.measure(row["measure"].partition(":")[0])
        return self.texts.get("page-measure-of-period", measure=name, period=self.labels.period(row["period"]))

    def _measure_row(self, row: dict[str, Any]) -> Row:
        service = row["measure"].partition(":")[2]
        head = self.labels.service(service) if service else self.texts.get("page-all-services")
        hidden = self.texts.get("value-hidden")
        if row["suppressed"]:
            return (head, hidden, hidden, hidden)
        if row["value"] is None:
            return (head, self.texts.get("value-missing"), "", self.numbers.integer(row["n"]))
        written = self.labels.measure_value(row["measure"], row["value"])
        interval = self.labels.measure_interval(row["measure"], row["low"], row["high"])
        return (head, written, interval, self.numbers.integer(row["n"]))

    def quality(self, area: str) -> Table | None:
        """Record-quality indices of the area with their intervals."""
        table = self.inputs.quality_scores
        if table is None:
            return None
        level = "county" if area == self.inputs.county.code else "area"
        here = table.filter((pl.col("level") == level) & ((pl.col("area") == area) | (level == "county")))
        if here.is_empty():
            return None
        order = pl.col("dimension").replace_strict(_ORDER, default=len(_ORDER), return_dtype=pl.Int64)
        here = here.sort(order, maintain_order=True)
        rows = []
        hidden = self.texts.get("value-hidden")
        for row in here.iter_rows(named=True):
            name = self.texts.of("dimension", row["dimension"])
            if row["index"] is None:
                rows.append((name, hidden, hidden, hidden))
                continue
            interval = self.numbers.percent_interval(row["low"], row["high"], 1)
            rows.append(
                (name, self.numbers.percent(row["index"], 1), interval, self.numbers.integer(row["eligible"]))
            )
        columns = ("page-col-dimension", "page-col-index", "page-col-interval", "page-col-checked")
        caption = self.texts.get("page-quality-caption", area=self.labels.area(area))
        return Table(caption, tuple(map(self.texts.get, columns)), tuple(rows))

    def scorecard(self, service: str) -> Table | None:
        """How well the service's model forecast years it had not seen."""
        return self._scorecard(
            self.inputs.need_scorecard, "service", service, self.labels.service(service), PUBLISHED_NEED
        )

    def indicator_scorecard(self, indicator: str) -> Table | None:
        """How well an indicator's model forecast years it had not seen."""
        name = self.labels.indicator(indicator)
        return self._scorecard(self.inputs.indicator_scorecard, "indicator", indicator, name, PUBLISHED_INDICATOR)

    def _scorecard(
        self, table: pl.DataFrame | None, column: str, code: str, name: str, model: str
    ) -> Table | None:
        """Scores of the model whose figures are published, also where a baseline scored better."""
        if table is None:
            return None
        scored = table.filter((pl.col(column) == code) & (pl.col("model") == model)).sort("horizon")
        if scored.is_empty():
            return None
        rows = tuple(
            (
                self.numbers.integer(row["horizon"]),
                self.numbers.signed_percent(-row["crps_skill"]) if row["crps_skill"] is not None else "–",
                self.numbers.percent(row["coverage80"]),
                self.numbers.percent(row["coverage95"]),
                self.numbers.integer(row["origins"]),
            )
            for row in scored.iter_rows(named=True)
        )
        columns = (
            "page-col-horizon",
            "page-col-skill",
            "page-col-cover80",
            "page-col-cover95",
            "page-col-origins",
        )
        caption = self.texts.get("page-scorecard-caption", name=name, model=self.labels.model(model))
        return Table(caption, tuple(map(self.texts.get, columns)), rows)

    def indicators(self) -> Table | None:
        """Open indicators of the county: latest value, forecast at the end, and what breaks the series."""
        table = self.inputs.indicator_forecast
        if table is None:
            return None
        here = table.filter(pl.col("area") == self.inputs.county.code).sort("year")
        parts = here.partition_by("indicator", as_dict=True)
        rows = [self._indicator_row(code, parts[(code,)]) for code in self.indicator_codes() if (code,) in parts]
        columns = (
            *("page-col-indicator", "page-col-unit", "page-col-latest", "page-col-end"),
            *("page-col-notes", "page-col-vintage"),
        )
        caption = self.texts.get("page-indicators-caption", area=self.labels.area(self.inputs.county.code))
        return Table(caption, tuple(map(self.texts.get, columns)), tuple(rows), words=(0, 1, 4, 5))

    def indicator_codes(self) -> list[str]:
        """The indicators of the edition: forecast and up to date first, then those too short, then those ended."""
        table = self.inputs.indicator_forecast
        if table is None:
            return []
        return (
            table.group_by("indicator", maintain_order=True)
            .agg(
                stale=pl.col("flag").str.contains("stale").any(),
                short=(pl.col("kind") != "forecast").all() | pl.col("q0.5").is_null().all(),
            )
            .sort("stale", "short", maintain_order=True)["indicator"]
            .to_list()
        )

    def indicator_publishers(self) -> str:
        """Publishers of the indicators that the page shows."""
        rows = self._indicator_sources(self.indicator_codes())
        if rows is None:
            return self.texts.get("value-missing")
        return "; ".join(dict.fromkeys(publisher(s, self.texts) for s in rows["source"].unique().sort()))

    def indicator_source(self, code: str) -> str:
        """Source line of one indicator's figure, with its own vintage; empty when it is not known."""
        rows = self._indicator_sources([code])
        if rows is None:
            return ""
        told = vintages(rows["vintage"].drop_nulls(), self.texts, self.numbers) or self.texts.get("value-missing")
        names = "; ".join(dict.fromkeys(publisher(s, self.texts) for s in rows["source"].unique().sort()))
        return self.texts.get("page-source-indicator", publisher=names, vintage=told)

    def _indicator_sources(self, codes: Sequence[str]) -> pl.DataFrame | None:
        table = self.inputs.indicators
        if table is None or not {"vintage", "source"} <= set(table.columns):
            return None
        rows = table.filter(pl.col("indicator").is_in(list(codes)))
        return None if rows.is_empty() else rows

    def _indicator_row(self, code: str, series: pl.DataFrame) -> Row:
        notes = "; ".join(self.notes(series))
        name, unit = self.labels.indicator(code), self.labels.indicator_unit(code)
        observed = series.filter((pl.col("kind") == "observed") & pl.col("mean").is_not_null())
        forecast = series.filter(pl.col("kind") == "forecast")
        latest, end = self.texts.get("value-missing"), self.texts.get("page-too-short")
        # The same count of decimals in the whole row, as many as its size can bear.
        top = max((v for v in (*observed["mean"], *forecast["q0.9"]) if v is not None), default=0.0)
        digits = 0 if top >= 100 else 1 if top >= 10 else 2
        if not observed.is_empty():
            row = observed.row(-1, named=True)
            latest = f"{self.numbers.decimal(row['mean'], digits)} ({row['year']})"
        if not forecast.is_empty() and forecast["q0.5"][-1] is not None:
            row = forecast.row(-1, named=True)
            interval = self.numbers.interval(row["q0.1"], row["q0.9"], digits)
            end = f"{row['year']}: {self.numbers.decimal(row['q0.5'], digits)} ({interval})"
        sources = self._indicator_sources([code])
        told = "" if sources is None else vintages(sources["vintage"], self.texts, self.numbers)
        return name, unit, latest, end, notes, told

    def sources(self) -> Table:
        """Where the figures came from."""
        lines = source_lines(self.inputs, self.texts, self.numbers)
        rows = tuple((s.name, s.vintage, s.licence, s.note) for s in lines)
        columns = ("page-col-source", "page-col-vintage", "page-col-licence", "page-col-note")
        return Table(
            self.texts.get("page-sources-caption"), tuple(map(self.texts.get, columns)), rows, (0, 1, 2, 3)
        )

    def suppressed(self, report: pl.DataFrame) -> Table:
        """How much was hidden to protect persons, by table."""
        rows = tuple(
            (
                self.texts.of("table", row["table"]),
                self.numbers.integer(row["cells"]),
                self.numbers.integer(row["primary"]),
                self.numbers.integer(row["secondary"]),
                self.numbers.percent(row["share"], 1),
                "–" if row["mass"] is None else self.numbers.percent(row["mass"], 2),
            )
            for row in report.iter_rows(named=True)
        )
        columns = (
            *("page-col-table", "page-col-cells", "page-col-primary", "page-col-secondary"),
            *("page-col-share", "page-col-mass"),
        )
        return Table(self.texts.get("page-suppressed-caption"), tuple(map(self.texts.get, columns)), rows)

    def vintage(self, table: pl.DataFrame | None) -> str:
        """Vintages of an open table in words; the word for a missing one when unknown."""
        if table is None or "vintage" not in table.columns:
            return self.texts.get("value-missing")
        told = vintages(table["vintage"].drop_nulls().unique(), self.texts, self.numbers)
        return told or self.texts.get("value-missing")
