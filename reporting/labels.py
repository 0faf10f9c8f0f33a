"""Names of codes in the reader's language: areas, services, age groups, indicators, measures, models."""

from __future__ import annotations

import re
from datetime import date

import polars as pl

from counties import County
from reporting.inputs import ALL
from reporting.numbers import Numbers
from reporting.texts import Texts

# Whom or what a measure counts, by the beginning of its code: figures of different persons stand side by side.
_COUNTED = {
    "seen_within": "seen",
    "waiting_": "arrivals",
    "count_waiting": "queue",
    "coci": "continuity",
    "upc": "continuity",
    "secon": "continuity",
    "share_unknown_provider": "visits",
    "share_contacted": "referrals",
    "wellbeing_referral": "referrals",
    "share_": "clients",
}
_DIGITS = {"index": 2, "days": 0, "count": 0, "per_week": 1}


class Labels:
    """Names of one county's codes in one language; a code without a name stands as itself.

    Args:
        county: the county file.
        language: fi, sv or en.
    """

    def __init__(self, county: County, language: str) -> None:
        self.language = language
        self.texts, self.numbers = Texts(language), Numbers(language)
        self._areas = county.area_names(language)
        self._services = {service.code: service for service in county.services}
        self._indicators = county.named_indicators

    def area(self, code: str) -> str:
        """Name of a service area, the county, or the country."""
        return self.texts.get("area-country") if code == "FI" else self._areas.get(code, code)

    def service(self, code: str) -> str:
        """Name of a service."""
        service = self._services.get(code)
        return service.names.in_language(self.language) if service else code

    def service_counted(self, code: str) -> str:
        """Name of a service as a heading of its yearly count: clients are counted by the month."""
        service = self._services.get(code)
        name = self.service(code)
        if service is None or service.measure != "clients":
            return name
        return self.texts.get("service-in-client-months", service=name)

    def measured(self, code: str) -> str:
        """What is counted of a service: visits, clients or days a year."""
        service = self._services.get(code)
        return self.texts.of("unit", service.measure) if service else ""

    def measured_by_month(self, code: str) -> str:
        """What is counted of a service in a month."""
        service = self._services.get(code)
        return self.texts.of("unit-month", service.measure) if service else ""

    def group(self, code: str) -> str:
        """Name of an age group or another group of persons."""
        if code == ALL:
            return self.texts.get("group-all")
        if self.texts.has("group", code):
            return self.texts.of("group", code)
        if code.endswith("+") and code[:-1].isdigit():
            return self.texts.get("group-open", age=code[:-1])
        if code.replace("-", "", 1).isdigit():
            return self.texts.get("group-ages", ages=code.replace("-", "–"))
        return _plain(code)

    def sex(self, code: str) -> str:
        """Name of a sex or of both together."""
        return self.texts.of("sex", code)

    def period(self, code: str | date) -> str:
        """A period of a measure: a year as it is, a month or a day as the language writes it."""
        if isinstance(code, date):
            return self.numbers.day(code)
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", code):
            return self.numbers.day(date.fromisoformat(code))
        if re.fullmatch(r"\d{4}-\d{2}", code):
            return self.numbers.short_month(date.fromisoformat(f"{code}-01"))
        return code

    def indicator(self, code: str) -> str:
        """Name of an open indicator."""
        indicator = self._indicators.get(code)
        return indicator.names.in_language(self.language) if indicator else code

    def indicator_unit(self, code: str) -> str:
        """Unit of an open indicator."""
        indicator = self._indicators.get(code)
        return indicator.unit.in_language(self.language) if indicator else ""

    def measure(self, code: str) -> str:
        """Name of a measure of access, continuity or waiting, of one service when the code has one."""
        base, _, service = code.partition(":")
        name = self.texts.of("measure", base) if self.texts.has("measure", base) else _plain(base)
        return (
            self.texts.get("measure-of-service", measure=name, service=self.service(service)) if service else name
        )

    def counted(self, code: str) -> str:
        """Whom or what a measure counts; empty where its name says it."""
        family = next((found for start, found in _COUNTED.items() if code.startswith(start)), "")
        return self.texts.of("counted", family) if family else ""

    def measure_value(self, code: str, value: float | None) -> str:
        """A measure's value in its own form: a share as per cent, days, counts and indices as numbers."""
        form = measure_form(code)
        return self.numbers.percent(value, 1) if form == "share" else self.numbers.decimal(value, _DIGITS[form])

    def measure_interval(self, code: str, low: float | None, high: float | None) -> str:
        """A measure's interval in its own form."""
        if low is None or high is None or low == high:
            return ""
        form = measure_form(code)
        if form == "share":
            return self.numbers.percent_interval(low, high, 1)
        return self.numbers.interval(low, high, _DIGITS[form])

    def driver(self, code: str) -> str:
        """What changes need: the name of a part of the change."""
        return self.texts.of("driver", code) if self.texts.has("driver", code) else _plain(code)

    def scenario(self, code: str, table: pl.DataFrame | None = None) -> str:
        """Name of a course of the future: the table's own name in this language, else the catalogue's."""
        return self._given(code, "scenario", table)

    def assumption(self, code: str, table: pl.DataFrame | None = None) -> str:
        """Name of an assumption: the catalogue's for the model's own sources, else the table's own name."""
        named = self.texts.has("assumption", code)
        return self.texts.of("assumption", code) if named else self._given(code, "assumption", table)

    def _given(self, code: str, family: str, table: pl.DataFrame | None) -> str:
        column = f"name_{self.language}"
        if table is not None and column in table.columns:
            names = table.filter(pl.col(family) == code)[column].drop_nulls()
            if len(names):
                return str(names[0])
        return self.texts.of(family, code) if self.texts.has(family, code) else _plain(code)

    def flag(self, code: str) -> str:
        """What a flag of a forecast means."""
        return self.texts.of("flag", code) if self.texts.has("flag", code) else _plain(code)

    def model(self, code: str) -> str:
        """Name of a forecasting model."""
        return self.texts.of("model", code) if self.texts.has("model", code) else _plain(code)


def measure_form(code: str) -> str:
    """How a measure's values are written: `index`, `days`, `count`, `per_week` or `share`."""
    base = code.partition(":")[0]
    if base.startswith(("coci", "upc", "secon")):
        return "index"
    if base.startswith("waiting_days"):
        return "days"
    if base.startswith("count_"):
        return "count"
    return "per_week" if base.endswith("_per_week") else "share"


def _plain(code: str) -> str:
    return code.replace("_", " ")
