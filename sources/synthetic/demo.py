"""Writing the synthetic county: the tables a county would deliver, the open data beside them, and the truth."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from counties import County
from lake.atomic import folder_replaced
from lake.settings import SYNTHETIC_MARKER, is_synthetic
from sources.synthetic import truth_tables
from sources.synthetic.counts import counts_table, draw_counts
from sources.synthetic.documents import make_documents
from sources.synthetic.events import find_pools, make_events
from sources.synthetic.geography import county_shape, demo_county, language_statuses
from sources.synthetic.persons import make_register
from sources.synthetic.population import (
    FIRST_YEAR,
    future_table,
    languages_table,
    population_table,
    projection_table,
    simulate_people,
)
from sources.synthetic.proposals import proposals
from sources.synthetic.service_truth import FIRST_MONTH, state_truth
from sources.synthetic.surroundings import observations, uptake, waiting_list, wellbeing_referrals
from sources.synthetic.units import delay_table, make_units

GENERATOR_VERSION = "1"
EVENT_MONTHS = 24
AS_OF = date(2026, 10, 31)
"""Last day that has happened, unless another is given."""
EARLIEST, LATEST = date(2020, 1, 31), date(2030, 12, 31)


@dataclass(frozen=True)
class DemoSummary:
    """What was written.

    Attributes:
        folder: where.
        county: code of the county.
        slug: its slug.
        seed: seed of every draw.
        scale: people, events and documents relative to the real size.
        as_of: last day that has happened.
        persons: people at the end of the last known year.
        rows: rows of each table by file name.
        defects: planted defects by kind.
    """

    folder: Path
    county: str
    slug: str
    seed: int
    scale: float
    as_of: date
    persons: int
    rows: dict[str, int]
    defects: dict[str, int]

    def lines(self) -> list[str]:
        """What was written, for a person at a terminal; the kinds of defects stand in the folder's marker."""
        return [
            f"Synthetic county {self.slug} ({self.county}): {self.persons:,} persons, seed {self.seed}, "
            f"scale {self.scale:g}, as of {self.as_of}",
            *(f"  {name:<34}{rows:>12,} rows" for name, rows in self.rows.items()),
            f"Planted defects: {sum(self.defects.values()):,} of {len(self.defects)} kinds",
            f"Written to {self.folder}. Use it: palvelutarve run --county {self.slug} --data {self.folder}",
        ]


def write_demo(
    county_slug: str, out: Path, *, seed: int = 1, scale: float = 1.0, as_of: date = AS_OF
) -> DemoSummary:
    """Write a synthetic county with known truth; equal arguments give equal bytes.

    Args:
        county_slug: one of the 21 counties or helsinki.
        out: folder to write; a synthetic one that stands there is replaced at once, anything else is refused.
        seed: seed of every draw.
        scale: people, events and documents relative to the real size (0.1 is ten times smaller).
        as_of: last day that has happened (2020-2030).

    Returns:
        What was written.

    Raises:
        UnknownCountyError: no such county.
        FileExistsError: `out` holds something that is not a synthetic county.
        ValueError: a scale or day outside what can be made.
    """
    if not 0 < scale <= 20:
        raise ValueError(f"scale {scale}: expected a number above 0 and at most 20")
    if not EARLIEST <= as_of <= LATEST:
        raise ValueError(f"as_of {as_of}: expected a day from {EARLIEST} to {LATEST}")
    county = demo_county(county_slug)
    _refuse_other_folders(out)
    with folder_replaced(out) as staging:
        (staging / "truth").mkdir()
        summary = _fill(staging, county, seed, scale, as_of)
    return DemoSummary(folder=out, **summary)


def _fill(folder: Path, county: County, seed: int, scale: float, as_of: date) -> dict[str, Any]:
    """Make and write every table; each part draws from a stream of its own."""
    streams = iter(np.random.default_rng(seed).spawn(12))
    base_year = as_of.year if (as_of.month, as_of.day) == (12, 31) else as_of.year - 1
    vintage = f"synthetic, seed {seed}, known on {as_of}"
    status = language_statuses(county.code)
    writer = _Writer(folder, {})

    people = simulate_people(county_shape(county), base_year, scale, next(streams))
    writer.table("population.parquet", population_table(people, vintage))
    writer.table("projection.parquet", projection_table(people, vintage))
    writer.table("languages.parquet", languages_table(people, status, vintage, next(streams)))
    writer.table("truth/population_future.parquet", future_table(people))

    truth = state_truth(county, people, next(streams))
    register = make_register(people, status, next(streams))
    units = make_units(people, truth, next(streams))
    until = (as_of.year - FIRST_MONTH.year) * 12 + as_of.month
    window = slice(until - EVENT_MONTHS, until)
    pools = find_pools(register, people, county, truth.months[window])
    counts = draw_counts(truth, pools.size, window, next(streams))
    before = counts_table(counts.recorded, truth, people, county, slice(0, window.start))
    writer.table("service_counts.parquet", before)
    writer.table("truth/rates.parquet", truth_tables.rates_table(truth, people, county))
    writer.table("truth/monthly_counts.parquet", truth_tables.monthly_table(truth, counts, people, until))
    writer.table("truth/future_counts.parquet", truth_tables.future_counts_table(truth, counts, people))
    writer.table("truth/shocks.parquet", truth_tables.shocks_table(truth, people))
    writer.table("truth/drift.parquet", truth_tables.drift_table(truth, people))
    writer.table("truth/debt.parquet", truth_tables.debt_table(truth))
    writer.table("truth/delays.parquet", delay_table())

    stream = next(streams)
    events = make_events(county, people, truth, register, units, counts, pools, window, as_of, stream)
    writer.table("service_events.parquet", events)
    del events
    documents, defects, documenting = make_documents(county, register, as_of, next(streams))
    writer.table("documents.parquet", documents)
    writer.table("truth/defects.parquet", defects)
    writer.csv("waiting_list.csv", waiting_list(county, register, as_of, next(streams)))
    writer.csv("wellbeing_referrals.csv", wellbeing_referrals(county, register, as_of, next(streams)))
    persons = people.trend[base_year - FIRST_YEAR].sum(axis=(1, 2))
    observed, phenomena = observations(county, persons, as_of, next(streams))
    writer.csv("observations.csv", observed)
    writer.csv("proposals.csv", proposals(county, as_of, next(streams)))

    writer.json("truth/phenomena.json", phenomena)
    writer.json("truth/trends.json", truth_tables.trends(truth, people))
    writer.json("truth/breaks.json", truth_tables.breaks(truth, county))
    writer.json("truth/continuity.json", truth_tables.continuity(truth, units, people))
    writer.json("truth/units.json", truth_tables.unit_rows(truth, units, people, documenting))
    writer.json("truth/uptake.json", dict(zip(county.municipalities, uptake(county).tolist(), strict=True)))
    summary = {
        "county": county.code,
        "slug": county.slug,
        "seed": seed,
        "scale": scale,
        "as_of": as_of,
        "persons": int(persons.sum()),
        "rows": dict(writer.rows),
        "defects": dict(sorted(defects.group_by("defect").len().iter_rows())),
    }
    note = "Invented data. No person, client, professional or document in it is real."
    marked = {"synthetic": True, "note": note, "generator_version": GENERATOR_VERSION}
    writer.json(SYNTHETIC_MARKER, {**marked, **summary, "as_of": str(as_of)})
    return summary


@dataclass(frozen=True)
class _Writer:
    """Writes the tables of one folder and counts their rows."""

    folder: Path
    rows: dict[str, int]

    def table(self, name: str, frame: pl.DataFrame) -> None:
        frame.write_parquet(self.folder / name, compression="zstd", compression_level=1)
        self.rows[name] = frame.height

    def csv(self, name: str, frame: pl.DataFrame) -> None:
        frame.write_csv(self.folder / name)
        self.rows[name] = frame.height

    def json(self, name: str, value: Any) -> None:
        text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        (self.folder / name).write_text(text, encoding="utf-8")


def _refuse_other_folders(out: Path) -> None:
    if out.exists() and not is_synthetic(out) and (not out.is_dir() or any(out.iterdir())):
        raise FileExistsError(f"{out} holds something else than a synthetic county; name another folder")
