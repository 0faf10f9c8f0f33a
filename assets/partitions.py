"""Partitions: one per wellbeing services county (21) and Helsinki.

Editions are releases, not partitions; services and months are columns.
"""

from __future__ import annotations

import dagster as dg

from counties.registry import planned_slugs

county_partitions = dg.StaticPartitionsDefinition(list(planned_slugs()))
