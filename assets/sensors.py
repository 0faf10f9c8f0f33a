"""Sensors: what starts a run by itself. Off until an engineer turns them on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from assets.jobs import ingest_extracts
from assets.schedules import counties_with_a_file
from lake.settings import load_settings

SETTLED_SECONDS = 60


@dg.sensor(
    job=ingest_extracts,
    minimum_interval_seconds=120,
    description="Reads a county's extracts when files in its landing folder are new or changed and have settled.",
)
def landing_folder(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Ask for one run per county whose landing folder changed; the files' names, sizes and times are the key."""
    settings = load_settings()
    asked = False
    for slug in counties_with_a_file():
        state = landing_state(settings.landing(slug))
        if state:
            asked = True
            yield dg.RunRequest(run_key=f"{slug}:{state}", partition_key=slug)
    if not asked:
        yield dg.SkipReason("no landing folder has settled files")


def landing_state(folder: Path, *, now: float | None = None) -> str:
    """Fingerprint of the files in a landing folder; empty when there is none or one is still being written."""
    import time

    files = sorted(p for p in folder.glob("*") if p.is_file() and not p.name.startswith("."))
    moment = time.time() if now is None else now
    if not files or any(moment - p.stat().st_mtime < SETTLED_SECONDS for p in files):
        return ""
    facts = "\n".join(f"{p.name} {p.stat().st_size} {p.stat().st_mtime_ns}" for p in files)
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


ALL_SENSORS = [landing_folder]
