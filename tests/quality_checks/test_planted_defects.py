"""The comparison of found and planted defects, by hand."""

import polars as pl

from benchmarks.planted_defects import Judgement, compared


def test_recall_and_precision_by_rule():
    planted = pl.DataFrame({"document_id": ["a", "b", "c"], "rule_id": ["r", "r", "s"]})
    found = pl.DataFrame({"document_id": ["a", "x", "c"], "rule_id": ["r", "r", "s"]})
    table = compared(planted, found, ["r", "s", "t"])
    rows = {row["rule_id"]: row for row in table.iter_rows(named=True)}
    assert (rows["r"]["recall"], rows["r"]["precision"]) == (0.5, 0.5)
    assert (rows["s"]["recall"], rows["s"]["precision"]) == (1.0, 1.0)
    assert (rows["t"]["recall"], rows["t"]["precision"]) == (None, None)
    assert Judgement(table, 4).wrong["rule_id"].to_list() == ["r"]
