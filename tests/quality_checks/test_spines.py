"""Spines come back from records as they were; what no code set knows has none."""

from datetime import date

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from quality_checks.array_files import mapped_array
from quality_checks.document_columns import Piece
from quality_checks.facts import SPINE_DAYS
from quality_checks.registers import load_registers
from quality_checks.spine_files import SpineWriter
from quality_checks.spines import HASHED, RECORD, SpineCoding

CODING = SpineCoding.of(load_registers())
HASHES, LONGS = st.integers(1, 2**64 - 1), st.integers(-(2**62), 2**62)
DAYS = st.dates(date(1900, 1, 1), date(2200, 1, 1))
KINDS: dict[str, tuple[pl.DataType, st.SearchStrategy]] = {
    **{name: (pl.UInt64(), HASHES) for name in ("client", "author", "type", "task", "service", *HASHED)},
    **{name: (pl.Int64(), LONGS) for name in ("created", "minute")},
    **{name: (pl.Date(), DAYS) for name in ("date", *SPINE_DAYS)},
    **{name: (pl.Int64(), st.integers(-9, 200_000)) for name in ("rank", "text_length")},
    **{name: (pl.Boolean(), st.booleans()) for name in ("live", "urgency")},
    "status": (pl.String(), st.sampled_from(CODING.statuses)),
    "needs_listed": (pl.List(pl.String()), st.lists(st.sampled_from(CODING.needs), max_size=4)),
}
ROW = st.fixed_dictionaries({name: st.none() | values for name, (_, values) in KINDS.items()})
SCHEMA = {name: kind for name, (kind, _) in KINDS.items()}


def in_order(spine: pl.DataFrame) -> pl.DataFrame:
    needs = pl.col("needs_listed").list.unique().list.sort()
    return spine.select(sorted(spine.columns)).with_columns(needs)


@settings(max_examples=50, deadline=None)
@given(st.lists(ROW, max_size=5))
def test_a_spine_comes_back_from_its_records(rows):
    spine = pl.DataFrame(rows, schema=SCHEMA)
    records = CODING.records(spine)
    keys = {name: spine[name].fill_null(0).to_numpy() for name in HASHED}
    again = CODING.spine(records, keys)
    assert records["known"].all()
    assert in_order(again).equals(in_order(spine))
    assert again.select(spine.columns).schema == spine.schema


def test_columns_that_a_spine_lacks_come_back_as_missing():
    spine = pl.DataFrame({"client": [7]}, schema={"client": pl.UInt64()})
    again = CODING.spine(CODING.records(spine), {name: np.zeros(1, dtype=np.uint64) for name in HASHED})
    assert again.drop("client").null_count().sum_horizontal().item() == again.width - 1
    assert again["client"].to_list() == [7]


def test_codes_that_no_code_set_knows_leave_no_record():
    odd = {"status": ["odd", "final", None, "final"], "needs_listed": [None, ["1", "odd"], ["1", "1"], []]}
    assert CODING.records(pl.DataFrame(odd))["known"].tolist() == [False, False, True, True]


def test_records_are_written_piece_by_piece_however_the_parts_lie(tmp_path):
    pieces = [("a", Piece(0, 3)), ("none", Piece(3, 0)), ("b", Piece(3, 4))]
    clients = pl.Series(range(1, 8), dtype=pl.UInt64)
    writer = SpineWriter(tmp_path, pieces, CODING)
    for start, length in ((0, 2), (2, 5)):
        order = pl.Series(range(length), dtype=pl.UInt32).shuffle(seed=1)
        groups = [(rows, clients.slice(start, length)[rows].to_frame("client")) for rows in (order[:1], order[1:])]
        writer.add(length, groups)
    found = {name: mapped_array(tmp_path / name, RECORD)["client"].tolist() for name, _ in pieces}
    assert found == {"a": [1, 2, 3], "none": [], "b": [4, 5, 6, 7]}
