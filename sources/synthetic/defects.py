"""Planted defects: known kinds, known documents, more of them in a few units that document badly.

A document carries at most one planted defect of its own; a case with a defect of its course carries no other.
What a defect causes elsewhere is recorded too, so that a document not listed is clean.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from sources.synthetic.cases import Cases
from sources.synthetic.defect_kinds import COMMON_RATE, FIELD_DEFECTS, FINAL, NOTE, RARE, header_defects
from sources.synthetic.persons import identity_codes
from sources.synthetic.working_days import working_days_after

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
BAD_UNIT_FACTOR = 8.0
BAD_UNIT_SHARE = 0.06
FEWEST = 3


@dataclass(frozen=True)
class Drafts:
    """Documents in the making: `header` with one row each, and the fields of their contents by type."""

    header: pl.DataFrame
    contents: dict[str, pl.DataFrame]


@dataclass
class _Planting:
    """State while planting: which documents are taken, and what was planted."""

    unit: Ints
    taken: Bools
    records: list[tuple[str, str, Ints]] = field(default_factory=list)

    def choose(self, fits: Bools, rate: float, factor: npt.NDArray[np.float64], rng: np.random.Generator) -> Ints:
        """Rows that get a defect: each with chance `rate` times its unit's factor, at least `FEWEST`."""
        free = np.flatnonzero(fits & ~self.taken)
        chance = rng.random(len(free)) / factor[self.unit[free]]
        count = max(int((chance < rate).sum()), min(FEWEST, len(free)))
        rows = np.sort(free[np.argsort(chance, kind="stable")[:count]])
        self.taken[rows] = True
        return rows

    def record(self, name: str, rule: str, rows: Ints) -> None:
        self.records.append((name, rule, rows))


def plant_defects(
    drafts: Drafts, cases: Cases, as_of: date, rng: np.random.Generator
) -> tuple[Drafts, pl.DataFrame, pl.DataFrame]:
    """Plant every kind of defect.

    Returns:
        The documents with their defects; the list (document_id, defect, rule, unit, document_type); the units
        (unit, documents, defect_multiplier).
    """
    header, contents = drafts.header, dict(drafts.contents)
    unit = cases.unit[header["case"].to_numpy()]
    factor, sizes = _unit_factors(unit, len(cases.unit_codes), rng)
    state = _Planting(unit, np.zeros(header.height, dtype=bool))
    for defect in FIELD_DEFECTS:
        fits = ((header["document_type"] == defect.document_type) & (header["status"] == "final")).to_numpy()
        rows = state.choose(fits, defect.rate, factor, rng)
        contents[defect.document_type] = _written(
            contents[defect.document_type], rows, {name: pl.lit(text) for name, text in defect.fields.items()}
        )
        state.record(defect.name, defect.rule, rows)
    for spoilt in header_defects(as_of):
        fits = header.select(spoilt.fits.fill_null(value=False)).to_series().to_numpy()
        rows = state.choose(fits, spoilt.rate, factor, rng)
        header = _written(header, rows, spoilt.columns)
        state.record(spoilt.name, spoilt.rule, rows)
    for plant in (_recorded_late, _identity_code_in_text, _copied_text, _duplicate_id, _bulk_signed):
        header = plant(header, state, factor, as_of, rng)
    return Drafts(header, contents), _listed(header, state), _unit_table(cases, factor, sizes)


def _unit_factors(unit: Ints, count: int, rng: np.random.Generator) -> tuple[npt.NDArray[np.float64], Ints]:
    """Defect multiplier of each unit: 1, or more in a few units of fair size."""
    sizes = np.bincount(unit, minlength=count)
    fair = np.flatnonzero(sizes >= np.quantile(sizes, 0.4))
    bad = rng.choice(fair, max(1, round(count * BAD_UNIT_SHARE)), replace=False)
    factor = np.ones(count)
    factor[bad] = BAD_UNIT_FACTOR
    return factor, sizes


def _written(frame: pl.DataFrame, rows: Ints, columns: dict[str, pl.Expr]) -> pl.DataFrame:
    here = pl.col("row").is_in(rows.tolist())
    return frame.with_columns(
        pl.when(here).then(value.cast(frame.schema[name])).otherwise(pl.col(name)).alias(name)
        for name, value in columns.items()
    )


def _final_notes(header: pl.DataFrame, as_of: date, days: int) -> Bools:
    before = pl.lit(as_of).cast(pl.Datetime("us")) - pl.duration(days=days)
    return header.select(NOTE & FINAL & (pl.col("created_at") < before)).to_series().to_numpy()


def _recorded_late(
    header: pl.DataFrame, state: _Planting, factor: npt.NDArray[np.float64], as_of: date, rng: np.random.Generator
) -> pl.DataFrame:
    """Entries written 6-15 working days after the event."""
    rows = state.choose(_final_notes(header, as_of, 40), COMMON_RATE, factor, rng)
    event = header["event_at"].to_numpy()[rows]
    day = working_days_after(event.astype("datetime64[D]"), rng.integers(6, 16, len(rows)))
    created = day.astype("datetime64[m]") + rng.integers(8 * 60, 15 * 60, len(rows))
    state.record("recorded_late", "recorded_in_time", rows)
    made = pl.Series(created.astype("datetime64[us]"))
    return _scattered(header, rows, created_at=made, signed_at=made + timedelta(minutes=11))


def _identity_code_in_text(
    header: pl.DataFrame, state: _Planting, factor: npt.NDArray[np.float64], as_of: date, rng: np.random.Generator
) -> pl.DataFrame:
    """Another (artificial) person's identity code in the narrative."""
    rows = state.choose(_final_notes(header, as_of, 0), RARE, factor, rng)
    born = np.datetime64("1950-01-01") + rng.integers(0, 15_000, len(rows))
    codes = identity_codes(born, rng.integers(0, 2, len(rows)))
    state.record("identity_code_in_text", "text_identity_code", rows)
    return _scattered(header, rows, text=(header["text"].gather(rows) + " Samassa taloudessa " + codes + "."))


def _copied_text(
    header: pl.DataFrame, state: _Planting, factor: npt.NDArray[np.float64], as_of: date, rng: np.random.Generator
) -> pl.DataFrame:
    """One narrative in the documents of several clients; the first of each group is the original."""
    rows = state.choose(_final_notes(header, as_of, 0), COMMON_RATE / 2, factor, rng)
    clients = header["client_id"].gather(rows)
    rows = rows[clients.is_first_distinct().to_numpy()]
    original = np.arange(len(rows)) % max(1, len(rows) // 3)
    state.record("text_copied", "text_copied", rows)
    return _scattered(header, rows, text=header["text"].gather(rows).gather(original))


def _duplicate_id(
    header: pl.DataFrame, state: _Planting, factor: npt.NDArray[np.float64], as_of: date, rng: np.random.Generator
) -> pl.DataFrame:
    """Two documents of different cases with one id."""
    rows = state.choose(_final_notes(header, as_of, 0), COMMON_RATE / 8, factor, rng)
    rows = rows[: len(rows) // 2 * 2]
    state.record("duplicate_id", "document_id_unique", rows)
    ids = header["document_id"].gather(rows).gather(np.arange(len(rows)) // 2 * 2)
    return _scattered(header, rows, document_id=ids)


def _bulk_signed(
    header: pl.DataFrame, state: _Planting, factor: npt.NDArray[np.float64], as_of: date, rng: np.random.Generator
) -> pl.DataFrame:
    """Ten entries of one author signed within one minute, days after they were written."""
    fits = pl.Series(_final_notes(header, as_of, 30) & ~state.taken)
    busy = (
        header.filter(fits)
        .with_columns(week=pl.col("created_at").dt.truncate("1w"))
        .group_by("author_id", "week", maintain_order=True)
        .agg(pl.col("row").head(10), signed=pl.col("created_at").head(10).max())
        .filter(pl.col("row").list.len() == 10)
        .sort("author_id", "week")
    )
    chosen = (
        busy[np.sort(rng.choice(busy.height, min(busy.height, 12), replace=False)).tolist()]
        if busy.height
        else busy
    )
    long = chosen.explode("row")
    rows = long["row"].to_numpy().astype(np.int64)
    if len(rows) == 0:
        return header
    state.taken[rows] = True
    state.record("bulk_signed", "bulk_signing", rows)
    base = long["signed"].to_numpy().astype("datetime64[D]").astype("datetime64[s]") + 16 * 3600
    when = base + np.arange(len(rows)) % 10 * 4
    return _scattered(header, rows, signed_at=pl.Series(when.astype("datetime64[us]")))


def _scattered(header: pl.DataFrame, rows: Ints, **columns: pl.Series) -> pl.DataFrame:
    """The header with new values in the rows (rows are positions: `row` counts from 0 in order)."""
    return header.with_columns(
        header[name].scatter(rows, values.cast(header.schema[name])).alias(name)
        for name, values in columns.items()
    )


def _listed(header: pl.DataFrame, state: _Planting) -> pl.DataFrame:
    parts = [
        header.select("document_id", "unit", "document_type", "row")[rows.tolist()].with_columns(
            defect=pl.lit(name), rule=pl.lit(rule)
        )
        for name, rule, rows in state.records
        if len(rows)
    ]
    listed: pl.DataFrame = pl.concat(parts)
    columns = ("document_id", "defect", "rule", "unit", "document_type")
    return listed.select(columns).sort("defect", "document_id")


def _unit_table(cases: Cases, factor: npt.NDArray[np.float64], sizes: Ints) -> pl.DataFrame:
    return pl.DataFrame({"unit": cases.unit_codes, "documents": sizes, "defect_multiplier": factor})
