"""One extract from the county's landing folder to the lake's shape: read, through the door, through the gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from counties.schema import County, ExtractMapping
from sources.boundaries import current_codes, known_municipalities
from sources.contracts import CONTRACTS
from sources.door import Pseudonymiser, through_the_door
from sources.extracts import read_extract
from sources.gate import Gated, gate

CODED_TABLES = ("service_events", "service_counts", "waiting_list")


def ingest_table(
    mapping: ExtractMapping, folder: Path, county: County, *, pseudonymiser: Pseudonymiser, as_of: date
) -> Gated:
    """Read one extract, take it through the door and the gate.

    Municipalities that have merged since are put on current boundaries first.

    Args:
        mapping: the extract's mapping in the county file.
        folder: the landing folder.
        county: the county; its municipalities, services and age groups are the codes allowed.
        pseudonymiser: gives the pseudonyms.
        as_of: day of the run; later dates are refused.

    Raises:
        sources.extracts.MissingExtractError: no file of that name has been delivered.
        sources.extracts.ExtractError: the extract as a whole cannot be read.
    """
    extract = read_extract(mapping, folder, county)
    contract = CONTRACTS[mapping.table]
    extract = through_the_door(extract, contract, pseudonymiser)
    frame = extract.frame
    if "municipality" in frame.columns:
        frame = frame.with_columns(current_codes(frame["municipality"]))
    gated = gate(
        frame,
        contract,
        allowed=allowed_codes(mapping.table, county),
        elsewhere=codes_elsewhere(mapping.table),
        as_of=as_of,
        problems=extract.problems,
        files=extract.files,
    )
    return replace(gated, absent=extract.absent)


def allowed_codes(table: str, county: County) -> dict[str, tuple[str, ...]]:
    """Codes of the county file that may stand in the columns of a table."""
    columns = CONTRACTS[table].schema()
    codes = {
        "area": (county.code, *(a.code for a in county.service_areas)) if table == "proposals" else (),
        "municipality": county.municipalities,
        "service": tuple(service.code for service in county.services) if table in CODED_TABLES else (),
        "age_group": county.age_groups.labels,
    }
    return {column: allowed for column, allowed in codes.items() if column in columns and allowed}


def codes_elsewhere(table: str) -> dict[str, tuple[str, ...]]:
    """Codes that exist but may belong to another county."""
    if "municipality" not in CONTRACTS[table].schema():
        return {}
    return {"municipality": tuple(sorted(known_municipalities()))}
