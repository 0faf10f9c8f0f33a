"""Planted defects: known kinds, known documents, more of them in a few units that document badly.

A document carries at most one planted defect of its own, and a case on a wrong course no other. What a defect
makes fail on another document is recorded too, so that a document not listed is clean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from sources.synthetic.cases import Cases
from sources.synthetic.courses import FEWEST, course_records
from sources.synthetic.defect_kinds import COMMON_RATE, FIELD_DEFECTS, FINAL, NOTE, RARE, header_defects
from sources.synthetic.persons import identity_codes
from sources.synthetic.working_days import working_days_after

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Drafts:
    """Documents in the making: `header` with one row each, and the fields of their contents by type.

    `row` counts from 0 in the order of the header.
    """

    header: pl.DataFrame
    contents: dict[str, pl.DataFrame]


@dataclass
class _Planting:
    """State while planting: which documents are taken, and what was planted."""

    header: pl.DataFrame
    chance: npt.NDArray[np.float64]
    taken: Bools
    records: list[tuple[str, str, Ints]] = field(default_factory=list)

    def choose(self, fits: Bools, rate: float, rng: np.random.Generator) -> Ints:
        """Rows that get a defect: each with chance `rate` times its unit's factor, at least `FEWEST`."""
        free = np.flatnonzero(fits & ~self.taken)
        drawn = rng.random(len(free)) / self.chance[free]
        count = max(int((drawn < rate).sum()), min(FEWEST, len(free)))
        rows = np.sort(free[np.argsort(drawn, kind="stable")[:count]])
        self.taken[rows] = True
        return rows

    def fits(self, condition: pl.Expr) -> Bools:
        return self.header.select(condition.fill_null(value=False)).to_series().to_numpy()

    def record(self, name: str, rules: tuple[str, ...], rows: Ints) -> None:
        self.records.extend((name, rule, rows) for rule in rules)

    def write(self, rows: Ints, columns: Mapping[str, pl.Expr]) -> None:
        """New values of expressions over the header, in the rows."""
        chosen = self.header[rows.tolist()].select(
            value.cast(self.header.schema[name]).alias(name) for name, value in columns.items()
        )
        self.scatter(rows, {name: chosen[name] for name in columns})

    def scatter(self, rows: Ints, columns: Mapping[str, pl.Series]) -> None:
        """New values, one for each of the rows."""
        schema = self.header.schema
        self.header = self.header.with_columns(
            self.header[name].scatter(pl.Series(rows), _as_long(values, len(rows)).cast(schema[name])).alias(name)
            for name, values in columns.items()
        )


def _as_long(values: pl.Series, size: int) -> pl.Series:
    return values.new_from_index(0, size) if len(values) == 1 and size != 1 else values


def plant_defects(
    drafts: Drafts, cases: Cases, as_of: date, rng: np.random.Generator
) -> tuple[Drafts, pl.DataFrame, pl.DataFrame]:
    """Plant every kind of defect.

    Returns:
        The documents with their defects; what fails where (document_id, defect, rule, unit, document_type), one
        row for each rule that fails on a document; the units (unit, documents, defect_multiplier).
    """
    header, contents = drafts.header, dict(drafts.contents)
    case = header["case"].to_numpy()
    unit = cases.unit[case]
    bent = cases.course[case] > 0
    state = _Planting(header, cases.factor[unit], bent.copy())
    state.records.extend(course_records(header, cases, as_of))
    for defect in FIELD_DEFECTS:
        fits = (pl.col("document_type") == defect.document_type) & FINAL
        if defect.review_only:
            fits &= pl.col("replaces").is_not_null()
        rows = state.choose(state.fits(fits), defect.rate, rng)
        contents[defect.document_type] = _emptied(contents[defect.document_type], rows, defect.fields)
        state.record(defect.name, defect.rules, rows)
    for spoilt in header_defects(as_of):
        rows = state.choose(state.fits(spoilt.fits), spoilt.rate, rng)
        state.write(rows, spoilt.columns)
        state.record(spoilt.name, spoilt.rules, rows)
    settled = NOTE & FINAL & (pl.col("created_at") < pl.lit(as_of - timedelta(days=45)))
    for plant in (_draft_left, _unknown_task, _recorded_late, _identity_code, _copied_text, _repeated_text,
                  _duplicate_id, _bulk_signed):  # fmt: skip
        plant(state, state.fits(settled), rng)
    documents = np.bincount(unit, minlength=len(cases.unit_codes))
    units = pl.DataFrame({"unit": cases.unit_codes, "documents": documents, "defect_multiplier": cases.factor})
    return Drafts(state.header, contents), _listed(state), units


def _emptied(contents: pl.DataFrame, rows: Ints, fields: Mapping[str, str]) -> pl.DataFrame:
    here = pl.col("row").is_in(rows.tolist())
    return contents.with_columns(
        pl.when(here).then(pl.lit(text)).otherwise(pl.col(name)).alias(name) for name, text in fields.items()
    )


def _same_case(state: _Planting, rows: Ints, kind: str) -> Ints:
    """Rows of the finished documents of a type in the cases of the rows."""
    header = state.header
    cases = header["case"].gather(rows).unique().implode()
    chosen = header.filter(pl.col("case").is_in(cases) & (pl.col("document_type") == kind) & FINAL)
    return chosen["row"].to_numpy().astype(np.int64)


def _draft_left(state: _Planting, fits: Bools, rng: np.random.Generator) -> None:
    """Entries left unsigned for weeks; a closing summary in the case fails too."""
    rows = state.choose(fits, COMMON_RATE, rng)
    state.write(rows, {"signed_at": pl.lit(None), "status": pl.lit("draft")})
    state.record("draft_left", ("draft_not_old",), rows)
    state.record("draft_left", ("closed_case_has_no_drafts",), _same_case(state, rows, "closing_summary"))


def _unknown_task(state: _Planting, fits: Bools, rng: np.random.Generator) -> None:
    """Entries with a service task that is in no code set, and entries with the task of another case."""
    rows = state.choose(fits, RARE, rng)
    state.write(rows, {"service_task": pl.lit("elder_care")})
    state.record("service_task_unknown", ("service_task_valid",), rows)
    rows = state.choose(fits, RARE, rng)
    task = pl.col("service_task")
    other = pl.when(task == "working_age").then(pl.lit("disability")).otherwise(pl.lit("working_age"))
    state.write(rows, {"service_task": other})
    state.record("service_task_of_other_case", ("case_in_one_task",), _same_case(state, rows, "notification"))


def _recorded_late(state: _Planting, fits: Bools, rng: np.random.Generator) -> None:
    """Entries written 6-15 working days after the event."""
    rows = state.choose(fits, COMMON_RATE, rng)
    event = state.header["event_at"].gather(rows).dt.date().to_numpy()
    day = working_days_after(event, rng.integers(6, 16, len(rows)))
    made = pl.Series(
        (day.astype("datetime64[m]") + rng.integers(8 * 60, 15 * 60, len(rows))).astype("datetime64[us]")
    )
    state.scatter(rows, {"created_at": made, "signed_at": made + timedelta(minutes=11)})
    state.record("recorded_late", ("note_recorded_without_delay",), rows)


def _identity_code(state: _Planting, fits: Bools, rng: np.random.Generator) -> None:
    """Another (artificial) person's identity code in the narrative."""
    rows = state.choose(fits, RARE, rng)
    born = np.datetime64("1950-01-01") + rng.integers(0, 15_000, len(rows))
    codes = identity_codes(born, rng.integers(0, 2, len(rows)))
    text = state.header["text"].gather(rows)
    state.scatter(rows, {"text": text + " Samassa taloudessa " + codes + "."})
    state.record("identity_code_in_text", ("no_identity_code_in_text",), rows)


def _copied_text(state: _Planting, fits: Bools, rng: np.random.Generator) -> None:
    """One narrative in the documents of two or more clients; the rule finds each of them."""
    rows = state.choose(fits, COMMON_RATE, rng)
    rows = rows[state.header["client_id"].gather(rows).is_first_distinct().to_numpy()]
    if len(rows) < 2:
        return
    original = np.arange(len(rows)) % (len(rows) // 2)
    text = state.header["text"].gather(rows).gather(original)
    state.scatter(rows, {"text": text})
    state.record("text_copied", ("text_not_copied_between_clients",), rows)


def _repeated_text(state: _Planting, fits: Bools, rng: np.random.Generator) -> None:
    """The narrative of another entry of the same case again."""
    free = pl.Series(fits & ~state.taken)
    pairs = (
        state.header.filter(free)
        .group_by("case", maintain_order=True)
        .agg(pl.col("row").head(2), pl.col("text").first())
        .filter(pl.col("row").list.len() == 2)
    )
    first = pairs["row"].list.first().to_numpy().astype(np.int64)
    chosen = np.flatnonzero(rng.random(len(first)) / state.chance[first] < COMMON_RATE * 2)
    chosen = chosen if len(chosen) else np.arange(min(1, len(first)))
    second = pairs["row"].list.last().to_numpy().astype(np.int64)[chosen]
    state.scatter(second, {"text": pairs["text"].gather(chosen)})
    rows = np.sort(np.concatenate([first[chosen], second]))
    state.taken[rows] = True
    state.record("text_repeated", ("text_not_repeated_in_case",), rows)


def _duplicate_id(state: _Planting, fits: Bools, rng: np.random.Generator) -> None:
    """Two documents with one id."""
    rows = state.choose(fits, RARE / 2, rng)
    rows = rows[: len(rows) // 2 * 2]
    ids = state.header["document_id"].gather(rows).gather(np.arange(len(rows)) // 2 * 2)
    state.scatter(rows, {"document_id": ids})
    state.record("duplicate_id", ("document_id_unique",), rows)


def _bulk_signed(state: _Planting, fits: Bools, rng: np.random.Generator) -> None:
    """Ten entries of one author signed within one minute, days after they were written."""
    busy = (
        state.header.filter(pl.Series(fits & ~state.taken))
        .with_columns(week=pl.col("created_at").dt.truncate("1w"))
        .group_by("author_id", "week", maintain_order=True)
        .agg(pl.col("row").head(10), signed=pl.col("created_at").head(10).max())
        .filter(pl.col("row").list.len() >= 6)
        .sort("author_id", "week")
    )
    if busy.is_empty():
        return
    chosen = busy[np.sort(rng.choice(busy.height, min(busy.height, 12), replace=False)).tolist()].explode("row")
    rows = chosen["row"].to_numpy().astype(np.int64)
    state.taken[rows] = True
    base = chosen["signed"].dt.truncate("1d").to_numpy().astype("datetime64[s]") + 16 * 3600
    when = base + np.arange(len(rows)) % 10 * 4
    state.scatter(rows, {"signed_at": pl.Series(when.astype("datetime64[us]"))})
    state.record("bulk_signed", ("not_signed_in_bulk",), rows)


def _listed(state: _Planting) -> pl.DataFrame:
    """One row for each rule that fails on a document, ids as they stand in the data."""
    parts = [
        state.header.select("document_id", "unit", "document_type")[rows.tolist()].with_columns(
            defect=pl.lit(name), rule=pl.lit(rule)
        )
        for name, rule, rows in state.records
        if len(rows)
    ]
    columns = ("document_id", "defect", "rule", "unit", "document_type")
    listed: pl.DataFrame = pl.concat(parts).select(columns).unique(maintain_order=True)
    return listed.sort("defect", "rule", "document_id")
