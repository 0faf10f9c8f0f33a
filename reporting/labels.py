"""Names of codes in the reader's language: areas, services, age groups, indicators, measures, models."""

from __future__ import annotations

from datetime import date

from counties import County
from reporting.inputs import ALL
from reporting.numbers import Numbers
from reporting.texts import Texts


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
        self._indicators = {str(i.id): i for i in (*county.indicators, *county.historic_indicators)}

    def area(self, code: str) -> str:
        """Name of a service area, the county, or the country."""
        return self.texts.get("area-country") if code == "FI" else self._areas.get(code, code)

    def service(self, code: str) -> str:
        """Name of a service."""
        service = self._services.get(code)
        return service.names.in_language(self.language) if service else code

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
        return self.numbers.day(code) if isinstance(code, date) else str(code)

    def indicator(self, code: str) -> str:
        """Name of an open indicator."""
        indicator = self._indicators.get(code)
        return indicator.names.in_language(self.language) if indicator else code

    def indicator_unit(self, code: str) -> str:
        """Unit of an open indicator."""
        indicator = self._indicators.get(code)
        return indicator.unit.in_language(self.language) if indicator else ""

    def measure(self, code: str) -> str:
        """Name of a measure of access, continuity or waiting."""
        return self.texts.of("measure", code) if self.texts.has("measure", code) else _plain(code)

    def measure_value(self, code: str, value: float | None) -> str:
        """A measure's value in its own form: a share as per cent, days and indices as numbers."""
        if measure_form(code) == "share":
            return self.numbers.percent(value, 1)
        return self.numbers.decimal(value, 2 if measure_form(code) == "index" else 1)

    def measure_interval(self, code: str, low: float | None, high: float | None) -> str:
        """A measure's interval in its own form."""
        if low is None or high is None:
            return ""
        if measure_form(code) == "share":
            return self.numbers.percent_interval(low, high, 1)
        return self.numbers.interval(low, high, 2 if measure_form(code) == "index" else 1)

    def model(self, code: str) -> str:
        """Name of a forecasting model."""
        return self.texts.of("model", code) if self.texts.has("model", code) else _plain(code)


def measure_form(code: str) -> str:
    """How a measure's values are written: `index`, `days`, `count` or `share`."""
    if code.startswith(("coci", "upc", "secon")):
        return "index"
    if "days" in code.split("_") and not code.startswith(("seen_within", "share")):
        return "days"
    return "share"


def _plain(code: str) -> str:
    return code.replace("_", " ")
