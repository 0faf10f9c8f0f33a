"""Defects that make several documents of a case fail, or that two documents make together."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from sources.synthetic.defect_kinds import DECISION, DRAFT_OR_FINAL, FINAL, NOTE, NOTIFICATION, RARE
from sources.synthetic.planting import Planting

_TIMES = ("event_at", "created_at", "signed_at")


def plant_in_cases(state: Planting, as_of: date, rng: np.random.Generator) -> None:
    """Plant every kind."""
    _overlapping_decisions(state, rng)
    _other_client(state, rng)
    _after_closing(state, as_of, rng)
    _service_before_decision(state, rng)


def _other_client(state: Planting, rng: np.random.Generator) -> None:
    """An entry under the identity code of a person from another case: every document of the case is in doubt."""
    rows = state.choose_cases(NOTE & FINAL & (pl.col("round") > 0), RARE, rng)
    clients = state.header["client_id"]
    strangers = clients.gather((rows + len(clients) // 2) % len(clients))
    different = (strangers != clients.gather(rows)).to_numpy()
    rows = rows[different]
    state.scatter(rows, {"client_id": strangers.filter(pl.Series(different))})
    state.record("client_of_other_case", ("case_has_one_client",), state.same_case(rows, DRAFT_OR_FINAL))


def _after_closing(state: Planting, as_of: date, rng: np.random.Generator) -> None:
    """An entry about what happened weeks after the case was closed."""
    closed = pl.col("ended") < pl.lit(as_of - timedelta(days=60))
    rows = state.choose_cases(NOTE & FINAL & (pl.col("round") > 0) & closed, RARE, rng)
    moved = pl.col("ended") + pl.duration(days=21) - pl.col("event_at").dt.date()
    state.write(rows, {name: pl.col(name) + moved for name in _TIMES})
    state.record("entry_after_closing", ("no_notes_after_closing",), rows)


def _service_before_decision(state: Planting, rng: np.random.Generator) -> None:
    """The first entry of a service that began the day after the plan, before there was a decision."""
    rows = state.choose_cases(NOTE & FINAL & (pl.col("round") == 0) & ~pl.col("urgent"), RARE, rng)
    moved = pl.col("planned") + pl.duration(days=1) - pl.col("event_at").dt.date()
    state.write(rows, {name: pl.col(name) + moved for name in _TIMES})
    name = "service_before_decision"
    state.record(name, ("decision_before_service",), state.same_case(rows, NOTIFICATION))
    state.record(name, ("phase_order",), state.same_case(rows, DECISION))


def _overlapping_decisions(state: Planting, rng: np.random.Generator) -> None:
    """Of a client with two cases the later decision grants the service that the earlier one grants already."""
    fields = state.contents["decision"].select("row", "service", "valid_from", "valid_to")
    free = state.header.filter(pl.Series(state.free(DECISION & FINAL)))
    decisions = free.select("row", "client_id", "document_id").join(fields, on="row")
    pairs = (
        decisions.sort("client_id", "valid_from", "document_id")
        .with_columns(
            before=pl.col("service").shift(1).over("client_id"),
            row_before=pl.col("row").shift(1).over("client_id"),
            held_to=pl.col("valid_to").shift(1).over("client_id"),
            decisions=pl.len().over("client_id"),
        )
        .filter(pl.col("before").is_not_null(), pl.col("valid_from") < pl.col("held_to"), pl.col("decisions") == 2)
        .sort("row")
    )
    rows = pairs["row"].to_numpy().astype(np.int64)
    chosen = np.sort(rng.permutation(len(rows))[: max(3, int(len(rows) * RARE))])
    for row, service in zip(rows[chosen].tolist(), pairs["before"].gather(chosen).to_list(), strict=True):
        state.write_fields("decision", np.array([row]), {"service": service})
    state.taken[rows[chosen]] = True
    state.taken[pairs["row_before"].gather(chosen).to_numpy().astype(np.int64)] = True
    state.record("decisions_overlap", ("decisions_do_not_overlap",), rows[chosen])
