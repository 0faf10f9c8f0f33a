"""The one settings model: where data rests and which services the pipeline talks to.

Secrets are never here: the settings name the environment variable or the file that holds them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

PROJECT = Path(__file__).resolve().parents[1]
SETTINGS_VARIABLE = "PALVELUTARVE_SETTINGS"
DATA_VARIABLE = "PALVELUTARVE_DATA"
SYNTHETIC_MARKER = "SYNTHETIC.json"
"""File that stands in the folder of a synthetic county."""


class SettingsError(ValueError):
    """Settings that cannot be used; the message names the file, the setting and what is wrong."""


class Smtp(BaseModel):
    """The mail server that editions are delivered through.

    Attributes:
        host, port: the server.
        sender: address that sends.
        security: `starttls`, `tls` from the start, or `none` (never with records of persons).
        username: login name; no login when left out.
        password_variable: environment variable that holds the password, or
        password_file: file that holds it.
        certificates: file of the authorities to trust; the system's when left out.
        timeout: seconds to wait for an answer.
        attempts: tries of each delivery.
        pause: seconds before the second try, twice as long before each further one.
        megabytes: largest message that is sent whole; what is larger goes in several, file by file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str
    port: int = 587
    sender: str
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password_variable: str | None = None
    password_file: Path | None = None
    certificates: Path | None = None
    timeout: float = Field(default=30.0, gt=0)
    attempts: int = Field(default=4, ge=1)
    pause: float = Field(default=5.0, ge=0)
    megabytes: float = Field(default=10.0, gt=0)

    def password(self) -> str | None:
        """The password; None when none is named.

        Raises:
            ValueError: the variable that the settings name is not set.
        """
        if self.password_variable is not None:
            if self.password_variable not in os.environ:
                raise ValueError(f"smtp: the environment has no {self.password_variable} (smtp.password_variable)")
            return os.environ[self.password_variable]
        return None if self.password_file is None else self.password_file.read_text(encoding="utf-8").strip()


class Settings(BaseModel):
    """Settings of one installation; the defaults are the embedded ones, no server needed.

    Attributes:
        data: folder of everything the pipeline writes.
        counties: folder of the county files; a county may keep its own outside the project.
        tracking: `sqlite` (in the data folder), `off`, or the URL of an MLflow server.
        dagster_database_variable: environment variable with a PostgreSQL URL for Dagster's own storage.
        compute: `local`, or the address of a Dask scheduler for the heavy calculations.
        statfin_url: base of Statistics Finland's PxWeb.
        sotkanet_url: base of THL's Sotkanet.
        classifications_url: base of Statistics Finland's classification service.
        boundaries_url: Statistics Finland's open WFS of municipality boundaries.
        smtp: the mail server of deliveries; recipients with e-mail addresses need it.
        planner_database_variable: environment variable with the URL of the planners' PostgreSQL database.
        synthetic: set by a run on a synthetic county: its tables and editions stand apart, so that nothing
            invented ever takes the place of something real.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = PROJECT / "data"
    counties: Path = PROJECT / "counties"
    tracking: str = "sqlite"
    dagster_database_variable: str | None = None
    compute: str = "local"
    statfin_url: str = "https://pxdata.stat.fi/PxWeb/api/v1/fi/StatFin"
    sotkanet_url: str = "https://sotkanet.fi/rest/1.1"
    classifications_url: str = "https://data.stat.fi/api/classifications/v2"
    boundaries_url: str = "https://geo.stat.fi/geoserver/wfs"

    smtp: Smtp | None = None
    planner_database_variable: str | None = None

    synthetic: bool = False

    @property
    def space(self) -> Path:
        """Folder of tables and editions: the data folder, or its synthetic part."""
        return self.data / "synthetic" if self.synthetic else self.data

    @property
    def lake(self) -> Path:
        """Folder of the lake's tables."""
        return self.space / "lake"

    @property
    def releases(self) -> Path:
        """Folder of the published editions."""
        return self.space / "releases"

    @property
    def restricted(self) -> Path:
        """Folder of what only a unit's lead may see."""
        return self.space / "restricted"

    @property
    def delivered(self) -> Path:
        """Folder of recipients' folders that are not absolute, and of the receipts."""
        return self.space / "delivered"

    @property
    def disclosed(self) -> Path:
        """Folder of what readers know of each count from earlier editions; never published."""
        return self.space / "disclosed"

    @property
    def audit_forms(self) -> Path:
        """Folder of the audit's forms by county and edition; they hold document ids, and are written once."""
        return self.space / "audit_forms"

    @property
    def dagster_home(self) -> Path:
        """Folder of Dagster's instance."""
        return self.data / "dagster"

    @property
    def raw(self) -> Path:
        """Folder of the publishers' unchanged answers."""
        return self.data / "raw"

    @property
    def tracking_uri(self) -> str | None:
        """MLflow tracking URI; None when tracking is off."""
        if self.tracking == "off":
            return None
        if self.tracking == "sqlite":
            return f"sqlite:///{(self.data / 'mlflow' / 'mlflow.db').resolve()}"
        return self.tracking

    def landing(self, slug: str) -> Path:
        """Where a county's extracts land."""
        return self.data / "landing" / slug

    def open_data(self, slug: str) -> Path:
        """Where a county's fetched open data rests."""
        return self.data / "open" / slug

    def boundaries(self, slug: str) -> Path:
        """Where a county's fetched boundaries rest: apart from its figures, for every kind of run."""
        return self.data / "boundaries" / f"{slug}.geojson"

    def demo(self, slug: str) -> Path:
        """Where a synthetic county is written."""
        return self.data / "demo" / slug

    def standing_input(self, slug: str) -> Path | None:
        """What a run reads when it is given no folder: landed extracts, or else fetched open data alone.

        None when neither is there: only then may the synthetic county stand in.
        """
        return next((f for f in (self.landing(slug), self.open_data(slug)) if f.exists()), None)

    def data_docs(self, slug: str) -> Path:
        """Where a county's Great Expectations pages are."""
        return self.space / "data_docs" / slug


def is_synthetic(folder: Path) -> bool:
    """Whether a folder holds a synthetic county."""
    return (folder / SYNTHETIC_MARKER).exists()


def load_settings() -> Settings:
    """Settings from the file `$PALVELUTARVE_SETTINGS` names (YAML), with `$PALVELUTARVE_DATA` on top.

    Raises:
        FileNotFoundError: the variable names a file that is not there.
        SettingsError: an unknown or wrong setting, or a file that is no YAML.
    """
    file = os.environ.get(SETTINGS_VARIABLE)
    values = _values(Path(file)) if file else {}
    if data := os.environ.get(DATA_VARIABLE):
        values = {**values, "data": data}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc'])) or 'the file'}: {e['msg']}" for e in error.errors()]
        raise SettingsError(f"settings {file or DATA_VARIABLE}: {'; '.join(lines)}") from None
    folders = {name: getattr(settings, name).expanduser().resolve() for name in ("data", "counties")}
    return settings.model_copy(update=folders)


def _values(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise SettingsError(f"settings {path}: not readable as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise SettingsError(f"settings {path}: expected 'key: value' pairs; found {type(values).__name__}")
    return values
