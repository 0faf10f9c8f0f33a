"""Which documents a unit should mend first: one list a unit, for its own lead alone, never in a shared report."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from reporting.inert import inert
from reporting.inputs import ReportInputs
from reporting.numbers import MISSING
from reporting.pdf.blocks import Block, Column, Report, Table
from reporting.pdf.html_page import html_page
from reporting.pdf.voice import Voice
from reporting.quality.extras import QualityExtras
from reporting.quality.rule_texts import RuleText, rule_texts, severity_mark, title_of

SEVERITY_WEIGHTS = {"fatal": 4, "convention": 2, "characterization": 1}
LONGEST = 500
FIRST = 10


def ranked(violations: pl.DataFrame, clients: pl.DataFrame | None = None) -> pl.DataFrame:
    """Documents to mend, the most serious and oldest first, for each unit one after another.

    Priority = severity (fatal 4, convention 2, other 1) x (1 + age in weeks, a year at most, none where no age is
    known), summed over the document's defects: a document with many defects comes first and is opened once.

    Returns:
        unit, priority (rank of the document in its unit), document_id, client_id (null when not given),
        document_type, rule_id, severity, since, age_days.
    """
    weight = pl.col("severity").replace_strict(SEVERITY_WEIGHTS, default=1, return_dtype=pl.Float64)
    rows = violations.with_columns(
        (weight * (1 + pl.col("age_days").fill_null(0).clip(0, 365) / 7)).alias("_points")
    )
    rows = rows.with_columns(pl.col("_points").sum().over("unit", "document_id").alias("_document"))
    ordered = rows.sort(
        "unit",
        "_document",
        "document_id",
        "_points",
        "rule_id",
        descending=[False, True, False, True, False],
    ).with_columns(
        (pl.col("document_id") != pl.col("document_id").shift(1))
        .fill_null(value=True)
        .cum_sum()
        .over("unit")
        .cast(pl.Int64)
        .alias("priority")
    )
    if clients is not None:
        named = clients.select("document_id", "client_id").join(ordered, on="document_id", how="semi")
        named = named.unique("document_id", keep="first", maintain_order=True)
        ordered = ordered.join(named, on="document_id", how="left", maintain_order="left")
    else:
        ordered = ordered.with_columns(pl.lit(None, pl.String).alias("client_id"))
    if "document_type" not in ordered.columns:
        ordered = ordered.with_columns(pl.lit(None, pl.String).alias("document_type"))
    return ordered.select(
        *("unit", "priority", "document_id", "client_id", "document_type"),
        *("rule_id", "severity", "since", "age_days"),
    )


def _mending(extras: QualityExtras, unit: str) -> pl.DataFrame | None:
    """What the unit should mend first, in that order; a unit in two areas has both lists as one."""
    if extras.mending is None:
        return None
    own = extras.mending.filter(pl.col("unit") == unit)
    return own.sort("index_gain", "rule_id", descending=[True, False], nulls_last=True).head(FIRST)


def _written(
    rows: pl.DataFrame,
    unit: str,
    voice: Voice,
    rules: Mapping[str, RuleText],
    out: Path,
    mending: pl.DataFrame | None = None,
) -> list[Path]:
    if rows.is_empty():
        return []
    folder = out / file_name(unit)
    folder.mkdir(parents=True, exist_ok=True)
    page, table = (folder / f"work_list_{voice.language}.{ending}" for ending in ("html", "csv"))
    page.write_text(html_page(_report(rows, unit, voice, rules, mending)), encoding="utf-8")
    table.write_bytes(_csv(rows, voice, rules).encode("utf-8-sig"))
    return [page, table]


def write_work_lists(
    inputs: ReportInputs, language: str, out: Path, *, extras: QualityExtras | None = None
) -> dict[str, list[Path]]:
    """Write the list of every unit that has something to mend, as a page and a CSV file into `out/<unit>/`.

    A unit's folder holds nothing of other units, so that it can be given to its lead as it is.

    Returns:
        Unit -> its files.
    """
    extras = extras or QualityExtras()
    if inputs.violations is None:
        return {}
    voice, rules = Voice(inputs, language), rule_texts(extras.rules, language)
    rows = ranked(inputs.violations.filter(pl.col("unit").is_not_null()), extras.clients)
    parts = rows.partition_by("unit", include_key=False, maintain_order=True, as_dict=True)
    return {
        str(unit): _written(rows, str(unit), voice, rules, out, _mending(extras, str(unit)))
        for (unit,), rows in parts.items()
    }


def file_name(unit: str) -> str:
    """A folder name made of a unit's code: letters, digits, dots and hyphens; different codes stay different."""
    safe = re.sub(r"[^A-Za-z0-9_-]", lambda found: f"~{ord(found[0]):x}", unit)
    return safe or "~"


def _mend_first(mending: pl.DataFrame | None, voice: Voice, rules: Mapping[str, RuleText]) -> list[Block]:
    """The checks whose mending gives back most: weight x number x share that can still be mended."""
    if mending is None or mending.is_empty():
        return []
    n = voice.numbers
    columns = (
        Column(voice.say("rq-check"), width=2.4),
        Column(voice.say("rq-mend"), width=2.4),
        Column(voice.say("rq-severity"), width=1),
        Column(voice.say("rq-defects-count"), "right", 0.9),
        Column(voice.say("rq-oldest"), "right", 0.9),
        Column(voice.say("rq-index-gain"), "right", 1),
    )
    cells = tuple(
        (
            title_of(r["rule_id"], rules, voice),
            rules[r["rule_id"]].mend if r["rule_id"] in rules else MISSING,
            severity_mark(r["severity"] or "", voice),
            n.integer(r["defects"]),
            n.integer(r["oldest_days"]),
            MISSING if r["index_gain"] is None else n.decimal(100 * r["index_gain"], 3),
        )
        for r in mending.iter_rows(named=True)
    )
    heading = voice.heading("rq-mend-first", 2)
    return [heading, voice.paragraph("rq-mend-first-intro"), Table(voice.say("rq-mend-first"), columns, cells)]


def _report(
    rows: pl.DataFrame,
    unit: str,
    voice: Voice,
    rules: Mapping[str, RuleText],
    mending: pl.DataFrame | None = None,
) -> Report:
    documents = rows["document_id"].n_unique()
    columns = tuple(
        Column(voice.say(m), "right" if m in ("rq-priority", "rq-age") else "left", w)
        for m, w in (
            ("rq-document", 2),
            ("rq-type", 1.4),
            ("rq-check", 2),
            ("rq-mend", 2),
            ("rq-severity", 1),
            ("rq-age", 0.8),
            ("rq-client", 1.6),
            ("rq-priority", 0.6),
        )
    )
    cells = tuple(
        (
            r["document_id"],
            _named("rq-type", r["document_type"], voice) or MISSING,
            title_of(r["rule_id"], rules, voice),
            rules[r["rule_id"]].mend if r["rule_id"] in rules else MISSING,
            severity_mark(r["severity"] or "", voice),
            voice.numbers.integer(r["age_days"]),
            r["client_id"] or MISSING,
            voice.numbers.integer(r["priority"]),
        )
        for r in rows.head(LONGEST).iter_rows(named=True)
    )
    blocks: list[Block] = [
        voice.heading("rq-work-list"),
        voice.note("rq-work-list-private", "poor", unit=voice.unit(unit)),
        voice.paragraph("rq-work-list-intro", documents=documents, defects=rows.height),
        *_mend_first(mending, voice, rules),
        Table(voice.say("rq-work-list-caption", unit=voice.unit(unit)), columns, cells),
    ]
    if rows.height > LONGEST:
        blocks.append(voice.small("rq-work-list-cut", shown=LONGEST, defects=rows.height))
    return Report(
        title=voice.say("rq-work-list"),
        subtitle=voice.unit(unit),
        language=voice.language,
        publisher=voice.areas[voice.inputs.county.code],
        frame=voice.frame,
        blocks=tuple(blocks),
    )


def _named(family: str, code: str | None, voice: Voice) -> str:
    """Name of a code; one that the catalogue does not have as itself."""
    return voice.texts.of(family, code) if code and voice.texts.has(family, code) else code or ""


def _csv(rows: pl.DataFrame, voice: Voice, rules: Mapping[str, RuleText]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(
        [
            voice.say(m)
            for m in (
                "rq-priority",
                "rq-document",
                "rq-client",
                "rq-type",
                "rq-check",
                "rq-severity",
                "rq-since",
                "rq-age",
            )
        ]
    )
    for r in rows.iter_rows(named=True):
        line = (
            r["priority"],
            r["document_id"],
            r["client_id"],
            _named("rq-type", r["document_type"], voice),
            title_of(r["rule_id"], rules, voice),
            _named("rq-severity", r["severity"], voice),
            r["since"].isoformat() if r["since"] else "",
            r["age_days"],
        )
        writer.writerow([inert(v) for v in line])
    return text.getvalue()
