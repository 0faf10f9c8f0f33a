"""New, fixed and persisting findings: this edition's against the last one's, by document and stable rule id.

A finding of a rule whose definition has changed since is neither new nor fixed: nothing tells whether the document
or the rule has changed. A rule that did not stand in the edition before counts as changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date

import polars as pl

from quality_checks.rules import Catalogue

KEPT_EDITIONS = 3
KEY = ("document_id", "rule_id")
# Every rule of an edition has a row of no document, so that a rule without findings keeps its version too.
NO_DOCUMENT = ""
HISTORY_SCHEMA: dict[str, pl.DataType] = {
    "edition": pl.String(),
    "as_of": pl.Date(),
    **dict.fromkeys((*KEY, "rule_version", "unit", "area", "severity"), pl.String()),
    "first_seen": pl.Date(),
}
COUNTS = ("new", "persisting", "fixed", "gone", "rule_changed")
CHANGE_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("edition", "against", "unit", "area", "rule_id", "severity"), pl.String()),
    **dict.fromkeys(COUNTS, pl.Int64()),
}


def rule_versions(catalogue: Catalogue) -> dict[str, str]:
    """A short fingerprint of what each active rule asks and of whom; its wording and weight do not count."""
    asked = ("applies", "fails", "document_types", "statuses", "valid_from", "valid_to")
    return {
        rule.id: hashlib.sha256(repr([getattr(rule, name) for name in asked]).encode()).hexdigest()[:12]
        for rule in catalogue.active
    }


def with_edition(
    history: pl.DataFrame | None,
    violations: pl.DataFrame,
    versions: Mapping[str, str],
    *,
    edition: str,
    as_of: date,
) -> pl.DataFrame:
    """The findings of the latest editions with this one's in place of an earlier run's of the same name.

    Args:
        history: findings kept so far, or None.
        violations: this edition's, each with the day it was first seen on.
        versions: as `rule_versions` gives.
        edition: name of this edition.
        as_of: day of its judgement.

    Returns:
        edition, as_of, document_id, rule_id, rule_version, unit, area, severity, first_seen of at most three
        editions.
    """
    rules = pl.DataFrame({"rule_id": list(versions), "rule_version": list(versions.values())})
    asked = rules.with_columns(
        document_id=pl.lit(NO_DOCUMENT), unit=pl.lit(""), area=pl.lit(""), severity=pl.lit(""),
        first_seen=pl.lit(None, dtype=pl.Date),
    )  # fmt: skip
    rows = violations.select(*KEY, "unit", "area", "severity", "first_seen").join(rules, on="rule_id", how="left")
    both = pl.concat([rows, asked.select(rows.columns)]).with_columns(edition=pl.lit(edition), as_of=pl.lit(as_of))
    own = both.select(pl.col(name).cast(kind) for name, kind in HISTORY_SCHEMA.items())
    if history is None or history.is_empty():
        return own.sort("edition", *KEY)
    together = pl.concat([_dated(history).filter(pl.col("edition") != edition).select(own.columns), own])
    latest = together.select("edition", "as_of").unique().sort("as_of", "edition").tail(KEPT_EDITIONS)
    return together.join(latest, on=["edition", "as_of"], how="semi").sort("as_of", "edition", *KEY)


def last_findings(history: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Findings of the latest edition up to a day, with the day each was first seen on.

    An edition without documents leaves the history as it is, so that the one before it is the latest.

    Args:
        history: as `with_edition` gives; what an earlier version kept was first seen on the day of its edition.
        as_of: the day.
    """
    known = _dated(history).filter(pl.col("as_of") <= as_of)
    latest = known.select("as_of", "edition").unique().sort("as_of", "edition").tail(1)
    found = known.join(latest, on=["as_of", "edition"], how="semi")
    return found.filter(pl.col("document_id") != NO_DOCUMENT).select(*KEY, "first_seen")


def _dated(history: pl.DataFrame) -> pl.DataFrame:
    """With the day of first sight."""
    return history if "first_seen" in history.columns else history.with_columns(first_seen="as_of")


def finding_changes(history: pl.DataFrame, doc_checks: pl.DataFrame, *, edition: str, as_of: date) -> pl.DataFrame:
    """What has become of findings since the edition before.

    Args:
        history: as `with_edition` gives, this edition included.
        doc_checks: this edition's verdicts: what is judged in order now is fixed, what is not judged any more is
            gone (the document has left the extract, or the rule does not apply to it any more).
        edition: name of this edition.
        as_of: day of its judgement.

    Returns:
        edition, against (the edition before; empty when there is none, and then every count but `new` is zero),
        unit, area, rule_id, severity, new, persisting, fixed, gone, rule_changed.
    """
    now = history.filter(pl.col("edition") == edition)
    same_day = (pl.col("as_of") == as_of) & (pl.col("edition") < edition)
    earlier = history.filter((pl.col("as_of") < as_of) | same_day)
    against = "" if earlier.is_empty() else earlier.sort("as_of", "edition")["edition"][-1]
    before = earlier.filter(pl.col("edition") == against)
    changed = _changed_rules(now, before) if against else []
    now, before = (table.filter(pl.col("document_id") != NO_DOCUMENT) for table in (now, before))
    both = now.join(before, on=KEY, how="full", suffix="_before", coalesce=True)
    judged = _judged(doc_checks, before)
    found = both.join(judged, on=KEY, how="left").with_columns(_status(changed)).with_columns(
        pl.coalesce(name, f"{name}_before").alias(name) for name in ("unit", "area", "severity")
    )  # fmt: skip
    counted = found.group_by("unit", "area", "rule_id", "severity").agg(
        (pl.col("status") == name).sum().cast(pl.Int64).alias(name) for name in COUNTS
    )
    named = counted.with_columns(edition=pl.lit(edition), against=pl.lit(against))
    return named.select(pl.col(name).cast(kind) for name, kind in CHANGE_SCHEMA.items()).sort(
        "area", "unit", "rule_id", "severity"
    )


def _judged(doc_checks: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Present verdicts on the documents and rules of the earlier findings."""
    rules = [r for r in before["rule_id"].unique().sort().to_list() if r in doc_checks.columns]
    documents = doc_checks.select("document_id", *rules).join(before, on="document_id", how="semi")
    long = documents.unpivot(rules, index="document_id", variable_name="rule_id", value_name="ok")
    return long.select(*KEY, pl.col("ok").cast(pl.Boolean)).drop_nulls("ok")


def _changed_rules(now: pl.DataFrame, before: pl.DataFrame) -> list[str]:
    """Rules that are new, gone or ask something else than in the edition before."""
    version, old = (
        dict(table.filter(pl.col("document_id") == NO_DOCUMENT).select("rule_id", "rule_version").iter_rows())
        for table in (now, before)
    )
    return sorted(rule for rule in {*version, *old} if version.get(rule) != old.get(rule))


def _status(changed: list[str]) -> pl.Expr:
    """What became of each finding."""
    is_now, was = pl.col("edition").is_not_null(), pl.col("edition_before").is_not_null()
    return (
        pl.when(pl.col("rule_id").is_in(changed))
        .then(pl.lit("rule_changed"))
        .when(is_now & was)
        .then(pl.lit("persisting"))
        .when(is_now)
        .then(pl.lit("new"))
        .when(pl.col("ok").fill_null(value=False))
        .then(pl.lit("fixed"))
        .otherwise(pl.lit("gone"))
        .alias("status")
    )
