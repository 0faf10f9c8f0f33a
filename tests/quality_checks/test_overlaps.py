"""Decisions that begin while an earlier one still holds, against looking at every pair."""

from datetime import date, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from quality_checks.case_facts import case_facts
from quality_checks.facts import hash_of

DAY = st.integers(-40_000, -39_990).map(lambda n: date(1970, 1, 1) + timedelta(days=n))
DECISION = st.fixed_dictionaries(
    {
        "client": st.sampled_from([None, 1, 2]), "service": st.sampled_from([None, "a", "b"]),
        "valid_from": DAY, "valid_to": st.none() | DAY, "status": st.sampled_from(["final", "final", "draft"]),
        "type": st.sampled_from(["decision", "decision", "case_note"]).map(hash_of),
    }
)  # fmt: skip
KINDS = {
    "client": pl.UInt64(), "service": pl.String(), "valid_from": pl.Date(), "valid_to": pl.Date(),
    "status": pl.String(), "type": pl.UInt64(),
}  # fmt: skip


def by_pairs(rows: list[dict]) -> list[bool]:
    """Whether each overlaps an earlier one; of those that begin on one day the later id is the later."""

    def judged(row: dict) -> bool:
        whole = row["service"] is not None and row["valid_to"] is not None
        return whole and row["status"] == "final" and row["type"] == hash_of("decision")

    def reaches(other: dict, n: int, number: int) -> bool:
        same = (other["client"], other["service"]) == (rows[n]["client"], rows[n]["service"])
        before = (other["valid_from"], number) < (rows[n]["valid_from"], n)
        return same and before and other["valid_to"] >= rows[n]["valid_from"]

    return [
        judged(row) and any(judged(other) and reaches(other, n, m) for m, other in enumerate(rows))
        for n, row in enumerate(rows)
    ]


@given(st.lists(DECISION, max_size=12))
def test_overlapping_decisions_are_those_that_pairs_show(rows):
    spine = pl.DataFrame(rows, schema=KINDS).with_row_index("document").with_columns(
        pl.col("document").cast(pl.UInt64), case=pl.lit(1, dtype=pl.UInt64), live=pl.lit(value=True),
        date=pl.lit(date(2026, 1, 1)), created=pl.col("document").cast(pl.Int64),
    )  # fmt: skip
    facts = case_facts(spine, ["decision_overlaps"])
    assert facts.by_document["decision_overlaps"].to_list() == by_pairs(rows)
