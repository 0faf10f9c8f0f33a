"""Resources: what a run needs to know beside its county."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg

from assets.given import given_day, given_edition
from lake.settings import SYNTHETIC_MARKER, Settings, load_settings


class Pipeline(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Where a run reads from and for which day it speaks.

    Attributes:
        data: folder with extracts and open data already fetched; empty means the county's landing folder, or
            its fetched open data alone, or with neither its synthetic county, when one has been made.
        as_of: the day the run knows the world on (ISO date); empty means the synthetic county's own day, or the
            day before the run was made.
        edition: name of the release, `YYYY-MM`; empty means the month that follows `as_of`.
    """

    data: str = ""
    as_of: str = ""
    edition: str = ""

    def settings(self) -> Settings:
        """The installation's settings."""
        return load_settings()

    def folder(self, slug: str) -> Path:
        """Folder the county's input is read from."""
        if self.data:
            return Path(self.data).resolve()
        settings = self.settings()
        return settings.standing_input(slug) or settings.demo(slug)

    def day(self, slug: str, made_at: float) -> date:
        """The as-of day; `made_at` is the run's creation time in seconds since 1970 (UTC)."""
        if given := given_day(self.as_of):
            return given
        marker = self.folder(slug) / SYNTHETIC_MARKER
        if marker.exists():
            return date.fromisoformat(json.loads(marker.read_text(encoding="utf-8"))["as_of"])
        return datetime.fromtimestamp(made_at, UTC).date() - timedelta(days=1)

    def edition_of(self, day: date) -> str:
        """The edition's name for an as-of day."""
        return given_edition(self.edition) or f"{day + timedelta(days=1):%Y-%m}"
