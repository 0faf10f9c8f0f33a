"""Defects in the versions of documents: who replaces whom, and what its status says."""

from __future__ import annotations

import numpy as np
import polars as pl

from sources.synthetic.courses import Ints
from sources.synthetic.defect_kinds import FINAL, NOTE, PLAN, RARE
from sources.synthetic.planting import Planting

_NEW_PLAN = PLAN & FINAL & pl.col("replaces").is_not_null()
_NOWHERE = "1.2.246.10.0.14.2026.0"


def plant_in_versions(state: Planting, rng: np.random.Generator) -> None:
    """Plant every kind: a replaced document unknown, of another client, not marked, or replaced twice."""
    rows = state.choose_cases(_NEW_PLAN, RARE, rng)
    state.record("replaced_unknown", ("replaced_has_successor",), _replaced(state, rows))
    state.write(rows, {"replaces": pl.lit(_NOWHERE)})
    state.record("replaced_unknown", ("replaced_document_exists",), rows)

    rows = state.choose_cases(_NEW_PLAN, RARE, rng)
    state.write(_replaced(state, rows), {"status": pl.lit("final")})
    state.record("replaced_not_marked", ("replaced_is_marked_replaced",), rows)
    _other_clients_plan(state, rng)
    _two_successors(state, rng)


def _replaced(state: Planting, rows: Ints) -> Ints:
    """Rows of the documents that the rows replace."""
    targets = state.header["replaces"].gather(rows).implode()
    chosen = state.header.filter(pl.col("document_id").is_in(targets))
    return chosen["row"].to_numpy().astype(np.int64)


def _other_clients_plan(state: Planting, rng: np.random.Generator) -> None:
    """A plan that replaces the standing plan of another client; its own predecessor is left without successor."""
    rows = state.choose_cases(_NEW_PLAN, RARE, rng)
    others = state.choose_cases(PLAN & FINAL, RARE, rng)
    clients = state.header["client_id"]
    size = min(len(rows), len(others))
    pairs = [(r, o) for r, o in zip(rows[:size], others[:size], strict=True) if clients[int(r)] != clients[int(o)]]
    mine = np.array([r for r, _ in pairs], dtype=np.int64)
    theirs = np.array([o for _, o in pairs], dtype=np.int64)
    name = "replaces_other_clients"
    state.record(name, ("replaced_has_successor",), _replaced(state, mine))
    state.scatter(mine, {"replaces": state.header["document_id"].gather(theirs)})
    state.record(name, ("replacement_of_own_client", "replaced_is_marked_replaced"), mine)


def _two_successors(state: Planting, rng: np.random.Generator) -> None:
    """Two entries of a case that replace the same third."""
    entries = NOTE & FINAL & (pl.col("round") > 0)
    rows = state.choose_cases(entries & (entries.sum().over("case") >= 3), RARE, rng)
    state.write(rows, {"status": pl.lit("replaced")})
    following = state.header.filter(
        pl.col("case").is_in(state.header["case"].gather(rows).implode())
        & entries
        & ~pl.col("row").is_in(rows.tolist())
    ).group_by("case", maintain_order=True).head(2)  # fmt: skip
    replaced = dict(zip(state.header["case"].gather(rows), state.header["document_id"].gather(rows), strict=True))
    ids = following["case"].replace_strict(replaced, return_dtype=pl.String)
    state.scatter(following["row"].to_numpy().astype(np.int64), {"replaces": ids})
    state.record("replaced_twice", ("one_successor_only",), rows)
