"""An optional column that is not delivered, perhaps under another name, is told and never passed over."""

import polars as pl

from assets.progress import warn_of_absent
from counties import ExtractMapping
from sources.extracts import read_extract_file


def test_absent_optional_columns_are_told_by_name(tmp_path, capsys):
    rows = {
        "client_id": ["a"],
        "service": ["dental_visit"],
        "municipality": ["398"],
        "waiting_since": ["2025-01-02"],
    }
    from sources.contracts import CONTRACTS

    contract = CONTRACTS["waiting_list"]
    needed = {c.name: rows.get(c.name, ["x"]) for c in contract.raw_columns if not c.nullable}
    optional = [c.name for c in contract.raw_columns if c.nullable]
    pl.DataFrame(needed | {f"{optional[0]}_renamed": ["1"]}).write_csv(tmp_path / "waiting.csv")
    extract = read_extract_file(tmp_path / "waiting.csv", ExtractMapping(table="waiting_list", files="*"))
    assert list(extract.absent) == optional
    warn_of_absent("waiting_list", extract.absent)
    told = capsys.readouterr().err
    assert f"no column '{optional[0]}' was delivered" in told
    whole = needed | {name: [None] for name in optional}
    pl.DataFrame(whole).write_csv(tmp_path / "whole.csv")
    assert read_extract_file(tmp_path / "whole.csv", ExtractMapping(table="waiting_list", files="*")).absent == ()
