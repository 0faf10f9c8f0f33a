"""Rows of a raw document extract for `palvelutarve check`: what became of each, and on which day of the file."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from assets.progress import say, warn_of_absent

if TYPE_CHECKING:
    import polars as pl

    from counties import County, ExtractMapping
    from sources.changes.checked import Codes
    from sources.changes.documents import Documents
    from sources.extracts import Extract
    from sources.gate import Gated
    from sources.pseudonyms import Pseudonymiser

TABLE = "documents"
GAP_DAYS = 366
FEW = 0.01
"""Share of the documents that may lie behind a gap of so many days, and are then taken for wrong years."""


@dataclass(frozen=True)
class RawDocuments:
    """What became of the rows of an extract.

    Attributes:
        accepted: the documents that can be judged.
        quarantined: rows set aside (`sources.quarantine.SCHEMA`).
        rows_in: rows of the file.
        day: day of the judgement.
        remember: leaves in a folder what the next check of changes compares the rows with.
    """

    accepted: pl.DataFrame | Documents
    quarantined: pl.DataFrame
    rows_in: int
    day: date
    remember: Callable[[Path], None]


def raw_documents(
    file: Path, county: County | None, *, given: date | None, lasting: bool, previous: Path | None
) -> RawDocuments:
    """Take an extract through the door and the gate; of one that was checked before, what changed.

    Args:
        file: Parquet or CSV.
        county: whose mapping and areas hold.
        given: day of the judgement; found from the file when None.
        lasting: whether a later check is to compare with this one.
        previous: folder of what an earlier check left of its rows.

    Raises:
        ValueError: a file that cannot be used, or no key that lasts.
    """
    from sources.extracts import read_extract_file

    mapping, key, codes = _mapping(county), _pseudonymiser(lasting=lasting), _codes(county)
    found = _beside_earlier(file, mapping, key, codes, given, previous) if lasting else None
    if found:
        return found
    extract = read_extract_file(file, mapping)
    day, last = _days(extract, file, given)
    gated = _gated(extract, key, codes, last, rows_in=extract.read_rows)
    told = gated.accepted.drop(_not_delivered(extract))
    return RawDocuments(told, gated.quarantined, gated.rows_in, day, lambda _: None)


def _beside_earlier(
    file: Path,
    mapping: ExtractMapping,
    key: Pseudonymiser,
    codes: Codes,
    given: date | None,
    previous: Path | None,
) -> RawDocuments | None:
    """Judge the rows whose outcome the earlier check does not tell; None when rows are not told one by one."""
    from sources.changes.checked import ChangedRows, told_row_by_row
    from sources.changes.documents import RawRows
    from sources.contracts import CONTRACTS
    from sources.extracts import raw_extract

    rows = RawRows(raw_extract(file, mapping, CONTRACTS[TABLE]), mapping, CONTRACTS[TABLE], key)
    if not told_row_by_row(rows):
        return None
    rows_in = rows.raw.height + rows.raw.broken.height
    changes = ChangedRows.of(rows, codes, previous)
    del rows  # nothing may hold the whole file while its rows go through the door
    day, last = (given, given) if given else _days(changes.dated(), file, given)
    changes = changes.on(last)
    extract, changes = changes.looked_at(), changes.let_go()
    gated = _gated(extract, key, codes, last, rows_in=rows_in)
    found = changes.judged(gated, last)
    told = replace(found.documents, lacking=_not_delivered(extract))
    return RawDocuments(told, found.quarantined, found.rows_in, day, found.remember)


def _not_delivered(extract: Extract) -> frozenset[str]:
    """Columns of the lake that the file has nothing of: what no file has is no defect of its documents."""
    from sources.contracts import CONTRACTS
    from sources.door import rests_on

    contract, absent = CONTRACTS[TABLE], set(extract.absent)
    return frozenset(name for name in contract.schema() if rests_on(name, contract)[0] in absent)


def _mapping(county: County | None) -> ExtractMapping:
    """The county's own mapping of documents; contract columns when it has none."""
    from counties import ExtractMapping

    own = county.extract_of(TABLE) if county else None
    return own or ExtractMapping(table=TABLE, files="*")


def _codes(county: County | None) -> Codes:
    """Codes that may stand in columns, and those that exist but belong elsewhere."""
    from sources.boundaries import known_municipalities
    from sources.ingest import allowed_codes, codes_elsewhere

    if county is None:
        return {"municipality": tuple(sorted(known_municipalities()))}, {}
    return allowed_codes(TABLE, county), codes_elsewhere(TABLE)


def _days(extract: Extract, file: Path, given: date | None) -> tuple[date, date]:
    """Day of the judgement, and the day after which dates are refused.

    Of a file whose own day is not known, no date can be told to lie ahead of it.
    """
    if given:
        return given, given
    return _own_day(extract, file), _latest(extract.frame, ("created_at", "event_at", "signed_at"))


def _own_day(extract: Extract, documents: Path) -> date:
    """Latest day on which a document was made, but for few that a wrong year sets apart from all the others."""
    days = extract.frame["created_at"].dt.date().drop_nulls().sort()
    if days.is_empty():
        unread = extract.problems.filter(reason="not_a_datetime").height
        seen = (
            f"{unread:,} rows have times of another form: set date_format in the county file"
            if unread
            else "export it"
        )
        raise ValueError(
            f"{documents.name}: no document has a creation time (created_at); {seen}, or give --as-of"
        )
    few = int(len(days) * FEW)
    gaps = days.diff().dt.total_days().tail(few) > GAP_DAYS
    apart = few - int(gaps.arg_max() or 0) if gaps.any() else 0
    day = days[-1 - apart]
    if apart:
        say(f"{apart:,} documents made over a year after all the others do not tell the day of the file: {day}")
    return day


def _latest(frame: pl.DataFrame, columns: tuple[str, ...]) -> date:
    """Latest day in the columns."""
    latest = (frame[name].dt.date().max() for name in columns)
    return max(day for day in latest if isinstance(day, date))


def _pseudonymiser(*, lasting: bool) -> Pseudonymiser:
    """The configured key; without one a random key that this run alone knows.

    Raises:
        ValueError: pseudonyms must be those of another check, and no key is configured.
    """
    from sources.pseudonyms import KEY_FILE_VARIABLE, KEY_VARIABLE, Pseudonymiser, pseudonymiser_for

    if os.environ.get(KEY_VARIABLE) or os.environ.get(KEY_FILE_VARIABLE):
        return pseudonymiser_for(Path())
    if lasting:
        raise ValueError(
            f"a check of changes needs pseudonyms that last: set {KEY_VARIABLE} or {KEY_FILE_VARIABLE} to the key"
        )
    return Pseudonymiser(secrets.token_bytes(32))


def _gated(extract: Extract, key: Pseudonymiser, codes: Codes, last: date, *, rows_in: int) -> Gated:
    """Rows of a file of so many after the door and the gate."""
    from sources.boundaries import current_codes
    from sources.contracts import CONTRACTS
    from sources.door import through_the_door
    from sources.gate import gate

    warn_of_absent(TABLE, extract.absent, "no rule that reads it is asked")
    new = (
        "" if extract.read_rows == rows_in else f", {extract.read_rows:,} of them new, changed or set aside before"
    )
    say(f"{rows_in:,} rows read{new}; identifiers and texts are taken out")
    reduced = through_the_door(extract, CONTRACTS[TABLE], key)
    allowed, elsewhere = codes
    return gate(
        reduced.frame.with_columns(current_codes(reduced.frame["municipality"])),
        CONTRACTS[TABLE],
        allowed=allowed,
        elsewhere=elsewhere,
        as_of=last,
        problems=reduced.problems,
        files=reduced.files,
    )
