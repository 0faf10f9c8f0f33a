"""Small extracts that a person can check in the head."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from counties import County, ExtractMapping, load_county
from sources.door import Pseudonymiser
from sources.gate import Gated
from sources.ingest import ingest_table

AS_OF = date(2026, 11, 1)
EVENTS_HEADER = "event_id,client_id,birth_date,sex,municipality,language,service,unit,event_date,recorded_at"
GOOD_EVENT = "{id},c1,1950-05-01,female,398,fi,home_care,U1,2026-01-10,2026-01-11T08:00:00"


@pytest.fixture(scope="session")
def county() -> County:
    return load_county("paijat-hame")


@pytest.fixture(scope="session")
def pseudonymiser() -> Pseudonymiser:
    return Pseudonymiser(b"a key for the tests only, 32 byte")


@pytest.fixture
def ingest(tmp_path: Path, county: County, pseudonymiser: Pseudonymiser) -> Callable[..., Gated]:
    """Ingest given file contents as one table: `ingest("service_events", text)`."""

    def run(table: str, content: str | bytes, name: str = "extract.csv", **mapping: object) -> Gated:
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
        how = ExtractMapping.model_validate({"table": table, "files": name, **mapping})
        return ingest_table(how, tmp_path, county, pseudonymiser=pseudonymiser, as_of=AS_OF)

    return run


@pytest.fixture
def events() -> Callable[..., str]:
    """A CSV of service events: two good rows, then the rows given."""

    def text(*rows: str) -> str:
        good = [GOOD_EVENT.format(id="e1"), GOOD_EVENT.format(id="e2")]
        return "\n".join([EVENTS_HEADER, *good, *rows]) + "\n"

    return text
