"""Partitions: one per wellbeing services county (21) and Helsinki.

Editions are releases, not partitions; services and months are columns.
"""

from __future__ import annotations

import csv
from pathlib import Path

import dagster as dg

_COUNTIES = Path(__file__).resolve().parents[1] / "counties" / "reference" / "counties.csv"
_ALAND = "91"  # no wellbeing services county: health and social care are the autonomous region's own


def _slugs() -> list[str]:
    with _COUNTIES.open(encoding="utf-8", newline="") as file:
        return [row["slug"] for row in csv.DictReader(file) if row["county"] != _ALAND]


county_partitions = dg.StaticPartitionsDefinition(_slugs())
