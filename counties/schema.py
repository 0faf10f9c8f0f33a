"""The schema of a county file: frozen, validated models. Reading the file lives in `registry`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from counties.forecast_settings import ForecastSettings, ServiceSetting
from counties.models import Code, Language, Model, MunicipalityCode, Names
from counties.outputs import DisclosureSettings, Recipient


class ServiceArea(Model):
    """A service area (palvelualue): municipalities planned for together."""

    code: Code
    names: Names
    municipalities: tuple[MunicipalityCode, ...] = Field(min_length=1)


class Service(Model):
    """A service whose need is forecast.

    Attributes:
        code: the service's code, the join key everywhere.
        measure: what is counted: visits, clients or days.
        exposure: the persons whose number drives the need.
        min_age: youngest age served, in full years.
        max_age: oldest age served, in full years (100 means 100 and over).
        guarantee: whether the care guarantee's time limits cover it.
        tasks: service tasks of social care whose documents are the records behind the service; where they are
            poorly recorded, its figures say so.
    """

    code: Code
    names: Names
    measure: Literal["visits", "clients", "days"]
    exposure: Literal["population", "children", "births"] = "population"
    min_age: int = Field(default=0, ge=0, le=100)
    max_age: int = Field(default=100, ge=0, le=100)
    guarantee: bool = False
    tasks: tuple[Code, ...] = ()

    @model_validator(mode="after")
    def _ages_in_order(self) -> Service:
        if self.min_age > self.max_age:
            raise ValueError(f"service {self.code}: min_age {self.min_age} is above max_age {self.max_age}")
        return self


class AgeGroups(Model):
    """Age groups by their lowest ages; the last one is open-ended."""

    starts: Annotated[tuple[int, ...], Field(min_length=1)] = (0, 7, 18, 30, 50, 65, 75, 80, 85, 90)

    @model_validator(mode="after")
    def _start_at_zero_and_rise(self) -> AgeGroups:
        if self.starts[0] != 0 or any(b <= a for a, b in zip(self.starts, self.starts[1:], strict=False)):
            raise ValueError("age_groups.starts must begin with 0 and rise")
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels in order of age: '0-6', '7-17', ..., '90+'."""
        closed = [f"{a}-{b - 1}" for a, b in zip(self.starts, self.starts[1:], strict=False)]
        return (*closed, f"{self.starts[-1]}+")

    def label_of_age(self) -> dict[int, str]:
        """Label of every single year of age 0..100."""
        bounds = (*self.starts, 101)
        return {
            age: label
            for label, low, high in zip(self.labels, bounds, bounds[1:], strict=False)
            for age in range(low, high)
        }


class ExtractMapping(Model):
    """How one extract of the county's own systems becomes a contract table, without code.

    Attributes:
        table: the contract table it fills.
        files: file name pattern inside the landing folder (CSV or Parquet); or
        query: SQL text, with `url_env` naming the environment variable that holds the SQLAlchemy URL.
        columns: contract column -> column of the extract.
        values: contract column -> {value in the extract: contract value}.
        constants: contract column -> one value for every row.
        delimiter: CSV delimiter; found from the header row when left out.
        encoding: CSV encoding; UTF-8 (with or without a mark) and Latin-1 are told apart when left out.
        decimal: decimal mark of numbers.
        date_format: strptime format of dates, when they are not ISO 8601.
    """

    table: Code
    files: str | None = None
    query: str | None = None
    url_env: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    encoding: Literal["utf-8", "latin-1"] | None = None
    decimal: Literal[".", ","] = "."
    date_format: str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> ExtractMapping:
        if (self.files is None) == (self.query is None):
            raise ValueError(f"extract of {self.table}: give either files or query")
        if self.query is not None and self.url_env is None:
            raise ValueError(f"extract of {self.table}: a query needs url_env, the variable with the URL")
        return self


class Indicator(Model):
    """A Sotkanet indicator with the title it must still have (ids are reused and die silently)."""

    id: int
    title_pattern: str
    role: Literal["service", "need"]
    names: Names
    unit: Names
    per: float | None = Field(default=None, gt=0)
    denominator_min_age: int = 0
    denominator_max_age: int = 100


class HistoricIndicator(Model):
    """An ended series that is shown and judged but whose publisher gives no new values."""

    id: str
    names: Names
    unit: Names


class WaitingLimit(Model):
    """A care-guarantee limit (hoitotakuu): it depends on age and date."""

    service: Code
    valid_from: date
    valid_to: date | None = None
    min_age: int = 0
    max_age: int = 100
    days: int = Field(gt=0)
    source: str


class QualitySettings(Model):
    """County parameters of the record-quality rules; the law says 'without delay' (viipymättä), not N days.

    `audit_documents` is how many documents of each unit are drawn for people to read in every edition.
    """

    recording_working_days: int = Field(default=3, gt=0)
    draft_days: int = Field(default=14, gt=0)
    silent_case_days: int = Field(default=180, gt=0)
    assessment_age: int = 75
    assessment_age_inclusive: bool = True
    bulk_documents_per_minute: int = Field(default=5, gt=1)
    signing_days: int = Field(default=14, gt=0)
    urgent_decision_days: int = Field(default=7, ge=0)
    audit_documents: int = Field(default=8, ge=0)


EXTRACT_TABLES = (
    *("service_events", "service_counts", "waiting_list", "documents", "observations", "proposals"),
    "wellbeing_referrals",
)
"""Contract tables that a county delivers; an extract of any other would never be read."""


class County(Model):
    """One wellbeing services county.

    `more_indicators` of a file stand after its `indicators`, which may be those of the common part.
    """

    code: Annotated[str, Field(pattern=r"^\d{2}$")]
    slug: Annotated[str, Field(pattern=r"^[a-z-]+$")]
    names: Names
    languages: tuple[Language, ...] = ("fi", "sv", "en")
    valid_from: date
    service_areas: tuple[ServiceArea, ...] = Field(min_length=1)
    service_areas_source: str
    services: tuple[Service, ...]
    age_groups: AgeGroups = AgeGroups()
    extracts: tuple[ExtractMapping, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    more_indicators: tuple[Indicator, ...] = ()
    historic_indicators: tuple[HistoricIndicator, ...] = ()
    surroundings: tuple[HistoricIndicator, ...] = ()
    waiting_limits: tuple[WaitingLimit, ...] = ()
    quality: QualitySettings = QualitySettings()
    disclosure: DisclosureSettings = DisclosureSettings()
    forecast: ForecastSettings = ForecastSettings()
    recipients: tuple[Recipient, ...] = ()

    @model_validator(mode="after")
    def _all_indicators(self) -> County:
        object.__setattr__(self, "indicators", (*self.indicators, *self.more_indicators))
        object.__setattr__(self, "more_indicators", ())
        return self

    @model_validator(mode="after")
    def _each_code_once(self) -> County:
        listed: dict[str, list[str]] = {
            "service_areas": [self.code, *(area.code for area in self.service_areas)],
            "services": [service.code for service in self.services],
            "indicators": [str(indicator.id) for indicator in self.indicators],
            "extracts": [extract.table for extract in self.extracts],
        }
        for part, codes in listed.items():
            if twice := sorted({code for code in codes if codes.count(code) > 1}):
                raise ValueError(f"{part}: {', '.join(twice)} stands twice; only one of them would count")
        if unknown := sorted(set(listed["extracts"]) - set(EXTRACT_TABLES)):
            raise ValueError(f"extracts: no table {', '.join(unknown)}; there are {', '.join(EXTRACT_TABLES)}")
        return self

    def extract_of(self, table: str) -> ExtractMapping | None:
        """How the extract of a contract table is mapped; None when the county has none."""
        return next((extract for extract in self.extracts if extract.table == table), None)

    @model_validator(mode="after")
    def _forecast_settings_name_what_is_here(self) -> County:
        services = {service.code for service in self.services}
        areas = {area.code for area in self.service_areas}
        settings = self.forecast
        known: tuple[ServiceSetting, ...] = (*settings.recording_changes, *settings.known_effects)
        for service in (*settings.pinned, *(one.service for one in known)):
            if service not in services:
                raise ValueError(
                    f"forecast: there is no service {service}; there are {', '.join(sorted(services))}"
                )
        for area in (area for one in known for area in one.areas):
            if area not in areas:
                raise ValueError(
                    f"forecast: there is no service area {area}; there are {', '.join(sorted(areas))}"
                )
        return self

    @model_validator(mode="after")
    def _each_municipality_once(self) -> County:
        seen: dict[str, str] = {}
        for area in self.service_areas:
            for municipality in area.municipalities:
                if municipality in seen:
                    raise ValueError(
                        f"municipality {municipality} is in both {seen[municipality]} and {area.code}; "
                        "keep it in one service area"
                    )
                seen[municipality] = area.code
        return self

    @model_validator(mode="after")
    def _recipients_of_this_county(self) -> County:
        known = {self.code, *(area.code for area in self.service_areas)}
        leads: dict[str, str] = {}
        for recipient in self.recipients:
            if unknown := sorted(set(recipient.areas) - known):
                raise ValueError(f"recipients: no area {', '.join(unknown)}; there are {', '.join(sorted(known))}")
            if recipient.units and recipient.language not in self.unit_languages:
                raise ValueError(
                    f"recipients: reports on units are in {' and '.join(self.unit_languages)}, not in "
                    f"{recipient.language}; give their lead one of these as language"
                )
            for unit in recipient.units:
                if leads.setdefault(unit, recipient.address) != recipient.address:
                    raise ValueError(f"recipients: unit {unit} has two leads; its work list goes to one alone")
        ways = [(recipient.role, recipient.address) for recipient in self.recipients]
        if len(set(ways)) < len(ways):
            raise ValueError("recipients: a role and address stand twice; join their areas and units")
        return self

    @property
    def unit_languages(self) -> tuple[Language, ...]:
        """Languages of reports on units and of their work lists: the first two of the county's."""
        return self.languages[:2]

    @property
    def municipalities(self) -> tuple[str, ...]:
        """Codes of the county's municipalities, sorted."""
        return tuple(sorted(m for area in self.service_areas for m in area.municipalities))

    @property
    def area_of_municipality(self) -> dict[str, str]:
        """Service-area code of each municipality."""
        return {m: area.code for area in self.service_areas for m in area.municipalities}

    @property
    def named_indicators(self) -> dict[str, Indicator | HistoricIndicator]:
        """Every open indicator that has a name here, by its id."""
        every: tuple[Indicator | HistoricIndicator, ...] = (
            *self.indicators,
            *self.historic_indicators,
            *self.surroundings,
        )
        return {str(indicator.id): indicator for indicator in every}

    def area_names(self, language: str) -> dict[str, str]:
        """Names of the service areas and, under the county's own code, of the county."""
        names = {area.code: area.names.in_language(language) for area in self.service_areas}
        return {**names, self.code: self.names.in_language(language)}

    def service_names(self, language: str) -> dict[str, str]:
        """Names of the services by code."""
        return {service.code: service.names.in_language(language) for service in self.services}
