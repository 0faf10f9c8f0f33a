"""What has become of findings since the edition before: new, still there, fixed, as they may be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from reporting.disclosure import Margin, protect

FINDING_COLUMNS = ("against", "unit", "area", "rule_id", "severity", "new", "persisting", "fixed")
COUNTS = ("new", "persisting", "fixed")
SEVERITIES = ("fatal", "convention", "characterization")


@dataclass(frozen=True)
class FindingFacts:
    """What has become of the findings of one severity since the edition before; None where hidden."""

    severity: str
    new: int | None
    persisting: int | None
    fixed: int | None


def findings_by_place(
    findings: pl.DataFrame | None, county: str, areas: Sequence[str], *, k: int
) -> tuple[dict[str, tuple[FindingFacts, ...]] | None, str]:
    """Counts by severity of the county and each area, and the edition they are compared with.

    Each kind is protected over the areas. New and persisting findings are hidden together, because their sum is
    the number of defects, which is published.

    Args:
        findings: see `FINDING_COLUMNS`; None, or compared with nothing (`against` empty), gives None.
        county: the county's code.
        areas: its service areas.
        k: smallest count shown.
    """
    against = "" if findings is None or findings.is_empty() else str(findings["against"][0] or "")
    if findings is None or not against:
        return None, ""
    shown = {
        (r["area"], r["severity"], r["kind"]): r["count"]
        for r in _protected(findings, county, areas, k).iter_rows(named=True)
    }
    severities = [s for s in SEVERITIES if any(key[1] == s for key in shown)]
    told = {
        place: tuple(
            _facts(severity, [shown[place, severity, kind] for kind in COUNTS]) for severity in severities
        )
        for place in (county, *areas)
    }
    return told, against


def _facts(severity: str, counts: list[int | None]) -> FindingFacts:
    new, persisting, fixed = counts
    if new is None or persisting is None:
        new = persisting = None
    return FindingFacts(severity, new, persisting, fixed)


def _protected(findings: pl.DataFrame, county: str, areas: Sequence[str], k: int) -> pl.DataFrame:
    """Counts by area, severity and kind with county totals; small ones and those that would tell them are null."""
    known = findings.filter(pl.col("area").is_in(areas))
    by_area = known.group_by("area", "severity").agg(pl.col(COUNTS).sum())
    every = pl.DataFrame({"area": list(areas)}).join(known.select("severity").unique(), how="cross")
    parts = every.join(by_area, on=["area", "severity"], how="left").with_columns(pl.col(COUNTS).fill_null(0))
    whole = parts.group_by("severity").agg(pl.col(COUNTS).sum()).with_columns(pl.lit(county).alias("area"))
    table = pl.concat([parts, whole.select(parts.columns)]).unpivot(
        COUNTS, index=["area", "severity"], variable_name="kind", value_name="count"
    )
    table = table.sort("severity", "kind", "area")
    return protect(table, count="count", by=[Margin("area", total=county)], within=["severity", "kind"], k=k)
