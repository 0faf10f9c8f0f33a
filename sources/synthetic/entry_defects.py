"""Defects of single entries that need others: late, copied, repeated, signed in bulk, with one id."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl

from sources.synthetic.defect_kinds import CLOSING, COMMON_RATE, FINAL, NOTIFICATION, RARE
from sources.synthetic.persons import identity_codes
from sources.synthetic.planting import Planting
from sources.synthetic.working_days import working_days_after


def plant_in_entries(state: Planting, fits: pl.Expr, rng: np.random.Generator) -> None:
    """Plant every kind into entries that fit."""
    for plant in (_draft_left, _unknown_task, _recorded_late, _identity_code, _copied_text, _repeated_text,
                  _duplicate_id, _bulk_signed):  # fmt: skip
        plant(state, fits, rng)


def _draft_left(state: Planting, fits: pl.Expr, rng: np.random.Generator) -> None:
    """Entries left unsigned for weeks; a closing summary in the case fails too."""
    rows = state.choose(fits, COMMON_RATE, rng)
    state.write(rows, {"signed_at": pl.lit(None), "status": pl.lit("draft")})
    state.record("draft_left", ("draft_not_old",), rows)
    state.record("draft_left", ("closed_case_has_no_drafts",), state.same_case(rows, CLOSING & FINAL))


def _unknown_task(state: Planting, fits: pl.Expr, rng: np.random.Generator) -> None:
    """Entries with a service task that is in no code set, and entries with the task of another case."""
    rows = state.choose(fits, RARE, rng)
    state.write(rows, {"service_task": pl.lit("elder_care")})
    state.record("service_task_unknown", ("service_task_valid",), rows)
    rows = state.choose(fits, RARE, rng)
    task = pl.col("service_task")
    other = pl.when(task == "working_age").then(pl.lit("disability")).otherwise(pl.lit("working_age"))
    state.write(rows, {"service_task": other})
    state.record("service_task_of_other_case", ("case_in_one_task",), state.same_case(rows, NOTIFICATION & FINAL))


def _recorded_late(state: Planting, fits: pl.Expr, rng: np.random.Generator) -> None:
    """Entries written 6-15 working days after the event."""
    rows = state.choose(fits, COMMON_RATE, rng)
    event = state.header["event_at"].gather(rows).dt.date().to_numpy()
    day = working_days_after(event, rng.integers(6, 16, len(rows)))
    made = pl.Series(
        (day.astype("datetime64[m]") + rng.integers(8 * 60, 15 * 60, len(rows))).astype("datetime64[us]")
    )
    state.scatter(rows, {"created_at": made, "signed_at": made + timedelta(minutes=11)})
    state.record("recorded_late", ("note_recorded_without_delay",), rows)


def _identity_code(state: Planting, fits: pl.Expr, rng: np.random.Generator) -> None:
    """Another (artificial) person's identity code in the narrative."""
    rows = state.choose(fits, RARE, rng)
    born = np.datetime64("1950-01-01") + rng.integers(0, 15_000, len(rows))
    codes = identity_codes(born, rng.integers(0, 2, len(rows)))
    text = state.header["text"].gather(rows)
    state.scatter(rows, {"text": text + " Samassa taloudessa " + codes + "."})
    state.record("identity_code_in_text", ("no_identity_code_in_text",), rows)


def _copied_text(state: Planting, fits: pl.Expr, rng: np.random.Generator) -> None:
    """One narrative in the documents of two or more clients; the rule finds each of them."""
    rows = state.choose(fits, COMMON_RATE, rng)
    rows = rows[state.header["client_id"].gather(rows).is_first_distinct().to_numpy()]
    if len(rows) < 2:
        return
    original = np.arange(len(rows)) % (len(rows) // 2)
    text = state.header["text"].gather(rows).gather(original)
    state.scatter(rows, {"text": text})
    state.record("text_copied", ("text_not_copied_between_clients",), rows)


def _repeated_text(state: Planting, fits: pl.Expr, rng: np.random.Generator) -> None:
    """The narrative of another entry of the same case again."""
    free = pl.Series(state.free(fits))
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


def _duplicate_id(state: Planting, fits: pl.Expr, rng: np.random.Generator) -> None:
    """Two documents with one id."""
    rows = state.choose(fits, RARE / 2, rng)
    rows = rows[: len(rows) // 2 * 2]
    ids = state.header["document_id"].gather(rows).gather(np.arange(len(rows)) // 2 * 2)
    state.scatter(rows, {"document_id": ids})
    state.record("duplicate_id", ("document_id_unique",), rows)


def _bulk_signed(state: Planting, fits: pl.Expr, rng: np.random.Generator) -> None:
    """Ten entries of one author signed within one minute, days after they were written."""
    busy = (
        state.header.filter(pl.Series(state.free(fits)))
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
