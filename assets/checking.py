"""The check of one raw document extract for `palvelutarve check`: door, gate, rules, files. Keeps no value."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.given import given_day
from assets.progress import say, warn_of_absent

if TYPE_CHECKING:
    import polars as pl

    from counties import County, ExtractMapping
    from quality_checks.registers import Registers
    from quality_checks.rules import Catalogue
    from sources.extracts import Extract
    from sources.gate import Gated
    from sources.pseudonyms import Pseudonymiser

TABLE = "documents"
SEVERITIES = ("fatal", "convention", "characterization")
LATEST, GIVEN = "latest creation day in the file", "given"
GAP_DAYS = 366
FEW = 0.01
"""Share of the documents that may lie behind a gap of so many days, and are then taken for wrong years."""


@dataclass(frozen=True)
class Outcome:
    """What a check of an extract found.

    Attributes:
        summary: as in `summary.json`.
        text: what was found in one line and as a table.
    """

    summary: dict[str, Any]
    text: str

    def reaches(self, severity: str) -> bool:
        """Whether there are active defects of a severity or a graver one."""
        graver = SEVERITIES[: SEVERITIES.index(severity) + 1]
        rules = self.summary["rules"].values()
        return any(r["failed"] and r["mode"] == "active" and r["severity"] in graver for r in rules)


def check_extract(
    documents: Path,
    out: Path,
    *,
    county: str = "",
    as_of: str = "",
    rules: Path | None = None,
    codes: Path | None = None,
    since: Path | None = None,
    memory: bool = False,
    rescore: bool = False,
) -> Outcome:
    """Check a raw document extract; write verdicts, scores, summary and, when rows were set aside, quarantine.

    Every row of the file is counted once: checked, excluded or quarantined. Document ids stay as they are, so that
    a finding leads back to its document; other identifiers become pseudonyms that are kept nowhere.

    Args:
        documents: Parquet or CSV with the contract's columns, or the columns that the county file maps.
        out: folder of the files; made when missing.
        county: slug of the county whose mapping, areas, limits, own rules and code sets hold; empty: contract
            columns, each municipality an area of its own, the shipped limits, rules and code sets.
        as_of: ISO date of the judgement; empty: the latest day on which a document of the file was made.
        rules: a file of rules on top of the shipped and the county's own.
        codes: a file of code sets in place of the shipped and the county's own.
        since: folder of an earlier check: only what changed since then is judged.
        memory: leave in `out` what a later check of changes compares with.
        rescore: score the earlier days of the history by these rules too, from this extract.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a file or option that cannot be used, or no row that can be judged.
    """
    from counties import load_county
    from lake.atomic import write_text
    from lake.settings import load_settings
    from quality_checks.documents_check import check_documents
    from quality_checks.summary_table import summary_table
    from sources.contracts import CONTRACTS
    from sources.door import through_the_door

    if not documents.is_file():
        found = "is a folder" if documents.is_dir() else "there is no such file"
        raise FileNotFoundError(f"{documents}: {found}; give a Parquet or CSV file of documents")
    given = given_day(as_of)
    catalogue, registers = county_and_own_rules(county, rules), _county_and_own_codes(county, codes)
    loaded = load_county(county, load_settings().counties) if county else None
    extract = _read(documents, loaded)
    day = given or _own_day(extract, documents)
    # Of a file whose own day is not known, no date can be told to lie ahead of it.
    last = given or _latest(extract.frame, ("created_at", "event_at", "signed_at"))
    warn_of_absent(TABLE, extract.absent)
    say(f"{extract.frame.height:,} rows read; identifiers and texts are taken out")
    key = _pseudonymiser(lasting=memory or since is not None)
    gated = _gated(through_the_door(extract, CONTRACTS[TABLE], key), loaded, last)
    say(f"{gated.accepted.height:,} documents are judged, {gated.quarantined.height:,} set aside")
    out.mkdir(parents=True, exist_ok=True)
    _write_quarantine(gated.quarantined, out / "quarantine.parquet")
    if gated.accepted.is_empty():
        raise ValueError(
            f"{documents.name}: none of the {gated.rows_in:,} rows can be judged ({_by_reason(gated)}); "
            "quarantine.parquet names each row and its reason"
        )
    summary = check_documents(
        gated.accepted,
        out,
        as_of=day,
        settings=loaded.quality if loaded else None,
        area_of_municipality=loaded.area_of_municipality if loaded else None,
        county=loaded.code if loaded else "",
        catalogue=catalogue,
        registers=registers,
        told=_progress(gated.accepted.height),
        since=since,
        memory=memory,
        rescore=rescore,
    )
    whole = _completed(summary, gated, LATEST if given is None else GIVEN, documents.name, out)
    table = summary_table(whole)
    write_text(out / "summary.txt", table + "\n")
    return Outcome(whole, f"{_told(whole, out)}\n\n{table}")


def _progress(documents: int) -> Callable[[int], None]:
    """Says how many documents have been judged."""
    judged = 0

    def told(more: int) -> None:
        nonlocal judged
        judged += more
        say(f"{judged:,} of {documents:,} documents judged")

    return told


def _read(documents: Path, county: County | None) -> Extract:
    from sources.extracts import read_extract_file

    return read_extract_file(documents, _mapping(county))


def _mapping(county: County | None) -> ExtractMapping:
    """The county's own mapping of documents; contract columns when it has none."""
    from counties import ExtractMapping

    own = county.extract_of(TABLE) if county else None
    return own or ExtractMapping(table=TABLE, files="*")


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


def _gated(extract: Extract, county: County | None, last: date) -> Gated:
    from sources.boundaries import current_codes, known_municipalities
    from sources.contracts import CONTRACTS
    from sources.gate import gate
    from sources.ingest import allowed_codes, codes_elsewhere

    known = {"municipality": tuple(sorted(known_municipalities()))}
    return gate(
        extract.frame.with_columns(current_codes(extract.frame["municipality"])),
        CONTRACTS[TABLE],
        allowed=allowed_codes(TABLE, county) if county else known,
        elsewhere=codes_elsewhere(TABLE) if county else None,
        as_of=last,
        problems=extract.problems,
        files=extract.files,
    )


def county_and_own_rules(county: str, rules: Path | None) -> Catalogue:
    """The shipped rules, on top of them the county's own, and on top of those the ones of a file.

    Raises:
        FileNotFoundError: there is no such file of rules.
        CatalogueError: a rule that cannot be used.
    """
    from assets.quality_tables import county_catalogue
    from lake.settings import load_settings
    from quality_checks.rules import load_catalogue, rules_of

    catalogue = county_catalogue(load_settings(), county) if county else load_catalogue()
    if rules is None:
        return catalogue
    if not rules.is_file():
        raise FileNotFoundError(f"{rules}: there is no such file; give a YAML file with `rules:`")
    return catalogue.with_overrides(rules_of(rules), rules.name)


def _county_and_own_codes(county: str, codes: Path | None) -> Registers:
    """The shipped code sets, in place of them the county's own, and in place of those the ones of a file.

    Raises:
        FileNotFoundError: there is no such file of code sets.
        CodeSetError: a file that cannot be used.
    """
    from assets.quality_tables import county_codes
    from lake.settings import load_settings
    from quality_checks.registers import load_registers

    if codes is not None and not codes.is_file():
        raise FileNotFoundError(f"{codes}: there is no such file; give a YAML file with `sets:`")
    own = county_codes(load_settings(), county) if county else []
    return load_registers(*own, *([codes] if codes else []))


def _write_quarantine(quarantined: pl.DataFrame, path: Path) -> None:
    """Rows set aside; an earlier check's file does not stay behind."""
    from lake.atomic import written_atomically

    if quarantined.is_empty():
        path.unlink(missing_ok=True)
        return
    with written_atomically(path) as temporary:
        quarantined.write_parquet(temporary)


def _by_reason(gated: Gated) -> str:
    counts = gated.quarantined["reason"].value_counts(sort=True).iter_rows()
    return ", ".join(f"{reason}: {count:,}" for reason, count in counts)


def _completed(summary: dict[str, Any], gated: Gated, origin: str, file: str, out: Path) -> dict[str, Any]:
    """The summary with what happened before the rules, written over the first one.

    Raises:
        AssertionError: rows were lost or made; a fault of this program, never of the data.
    """
    from lake.atomic import write_text

    reasons = gated.quarantined["reason"].value_counts().sort("reason")
    counted = summary["checked"] + sum(summary["excluded"].values()) + gated.quarantined.height
    if counted != gated.rows_in:
        raise AssertionError(f"{file}: {gated.rows_in} rows in, {counted} counted")
    whole = {
        **summary,
        "file": file,
        "as_of_from": origin,
        "rows": gated.rows_in,
        "quarantined": dict(reasons.iter_rows()),
    }
    write_text(out / "summary.json", json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    return whole


def _told(summary: dict[str, Any], out: Path) -> str:
    excluded, quarantined = (_with_reasons(summary[name]) for name in ("excluded", "quarantined"))
    anew = f"earlier days scored anew: {len(summary['rescored']):,}; " if summary.get("rescored") else ""
    return (
        f"{summary['rows']:,} rows as of {summary['as_of']} ({summary['as_of_from']}): "
        f"{summary['checked']:,} checked, {excluded} excluded, {quarantined} quarantined; "
        f"{summary['violations']:,} violations, {summary['fatal']:,} of them fatal; {anew}written to {out}"
    )


def _with_reasons(counts: Mapping[str, int]) -> str:
    """How many, and of which reasons: `33 (same id same content: 33)`."""
    told = ", ".join(f"{reason.replace('_', ' ')}: {n:,}" for reason, n in sorted(counts.items()))
    return f"{sum(counts.values()):,}" + (f" ({told})" if told else "")
