"""The check of one raw document extract for `palvelutarve check`: door, gate, rules, files. Keeps no value."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.given import given_day
from assets.progress import say
from assets.raw_documents import RawDocuments, raw_documents

if TYPE_CHECKING:
    import polars as pl

    from quality_checks.registers import Registers
    from quality_checks.rules import Catalogue

SEVERITIES = ("fatal", "convention", "characterization")
LATEST, GIVEN = "latest creation day in the file", "given"
ROWS = "memory/rows"
"""Where in the folder of a check lies what a later one compares the rows of its file with."""


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
    from quality_checks.finished import must_go_on_from
    from quality_checks.summary_table import summary_table
    from sources.boundaries import known_municipalities
    from sources.quarantine import REASONS

    if not documents.is_file():
        found = "is a folder" if documents.is_dir() else "there is no such file"
        raise FileNotFoundError(f"{documents}: {found}; give a Parquet or CSV file of documents")
    if since is not None:
        must_go_on_from(since, out)  # before the file is read, and before anything is written
    given = given_day(as_of)
    catalogue, registers = county_and_own_rules(county, rules), _county_and_own_codes(county, codes)
    loaded = load_county(county, load_settings().counties) if county else None
    raw = raw_documents(
        documents, loaded, given=given, lasting=memory or since is not None, previous=since and since / ROWS
    )
    accepted = raw.accepted.height
    say(f"{accepted:,} documents are judged, {raw.quarantined.height:,} set aside")
    out.mkdir(parents=True, exist_ok=True)
    _write_quarantine(raw.quarantined, out / "quarantine.parquet")
    if not accepted:
        raise ValueError(
            f"{documents.name}: none of the {raw.rows_in:,} rows can be judged ({_by_reason(raw)}); "
            "quarantine.parquet names each row and its reason"
        )
    summary = check_documents(
        raw.accepted,
        out,
        as_of=raw.day,
        settings=loaded.quality if loaded else None,
        # Of all municipalities, so that one that comes new does not make another check of the next one.
        area_of_municipality=loaded.area_of_municipality if loaded else {m: m for m in known_municipalities()},
        county=loaded.code if loaded else "",
        catalogue=catalogue,
        registers=registers,
        told=_progress(accepted),
        since=since,
        memory=memory,
        rescore=rescore,
    )
    raw.remember(out / ROWS)  # after the check, which takes away what an earlier one left
    whole = _completed(summary, raw, LATEST if given is None else GIVEN, documents.name, out)
    table = summary_table(whole, quarantine_reasons=REASONS)
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


def county_and_own_rules(county: str, rules: Path | None) -> Catalogue:
    """The shipped rules, on top of them the county's own, and on top of those the ones of a file.

    Raises:
        FileNotFoundError: there is no such file of rules.
        CatalogueError: a rule that cannot be used.
    """
    from assets.own_rules import county_catalogue
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
    from assets.own_rules import county_codes
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


def _by_reason(raw: RawDocuments) -> str:
    counts = raw.quarantined["reason"].value_counts(sort=True).iter_rows()
    return ", ".join(f"{reason}: {count:,}" for reason, count in counts)


def _completed(summary: dict[str, Any], raw: RawDocuments, origin: str, file: str, out: Path) -> dict[str, Any]:
    """The summary with what happened before the rules, written over the first one.

    Raises:
        AssertionError: rows were lost or made; a fault of this program, never of the data.
    """
    from lake.atomic import write_text

    reasons = raw.quarantined["reason"].value_counts().sort("reason")
    counted = summary["checked"] + sum(summary["excluded"].values()) + raw.quarantined.height
    if counted != raw.rows_in:
        raise AssertionError(f"{file}: {raw.rows_in} rows in, {counted} counted")
    whole = {
        **summary,
        "file": file,
        "as_of_from": origin,
        "rows": raw.rows_in,
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
