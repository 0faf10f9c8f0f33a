"""What a county sets for its forecasts: sizes, pinned models, announced recording changes, known effects."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from counties.models import Code, Model

MonthlyReference = Literal["ets", "sarimax"]
MonthlyModel = Literal["batch", "seasonal_naive", "poisson_glm", "gradient_boosting", MonthlyReference]


class ServiceSetting(Model):
    """What concerns one service in some areas.

    Attributes:
        service: its code.
        areas: codes of the service areas it touches; all when left out.
    """

    service: Code
    areas: tuple[Code, ...] = ()


class RecordingChange(ServiceSetting):
    """A change in how a service is recorded that is known beforehand: not a change in need.

    Attributes:
        first_day: first day of the new recording.
        source: who said so.
    """

    first_day: date
    source: str


class KnownEffect(ServiceSetting):
    """What will change the use of a service and no history can tell: a policy date, care debt coming in.

    Attributes:
        name: what it is, in a few words.
        first_month: first month of the effect (any day of it).
        last_month: last month; for good when left out.
        factor: expected use over what it would be otherwise.
        low: end of the 80% range of the factor below.
        high: end above.
        source: where the figures come from.
    """

    name: str
    first_month: date
    last_month: date | None = None
    factor: float = Field(gt=0, le=10)
    low: float = Field(gt=0, le=10)
    high: float = Field(gt=0, le=10)
    source: str

    @model_validator(mode="after")
    def _in_order(self) -> KnownEffect:
        if not self.low <= self.factor <= self.high:
            raise ValueError(f"known effect {self.name}: expected low <= factor <= high")
        if self.last_month is not None and self.last_month < self.first_month:
            raise ValueError(f"known effect {self.name}: last_month is before first_month")
        return self


class ForecastSettings(Model):
    """Sizes of the forecasts, and what the county knows or assumes beyond its counts.

    Attributes:
        draws: joint draws of the yearly forecast.
        months: months ahead.
        seed: seed of all draws.
        assumptions: register file (YAML) beside the county file; nothing is assumed when left out.
        scenarios: folder of scenario files beside the county file; the library's own when left out.
        pinned: service to the monthly model the county keeps, whatever the backtest says; its cost is shown.
        references: slow monthly models that are tried too (a minute and more for each ten cells).
        recording_changes: announced changes in recording.
        known_effects: effects on coming months.
    """

    draws: int = Field(default=1000, ge=100)
    months: int = Field(default=24, ge=1, le=36)
    seed: int = 1
    assumptions: str | None = None
    scenarios: str | None = None
    pinned: dict[Code, MonthlyModel] = Field(default_factory=dict)
    references: tuple[MonthlyReference, ...] = ()
    recording_changes: tuple[RecordingChange, ...] = ()
    known_effects: tuple[KnownEffect, ...] = ()
