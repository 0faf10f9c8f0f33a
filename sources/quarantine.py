"""The quarantine: one row per rejected input row, with where it stood and why, and never with a value."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

FILE, ROW = "_file", "_row"
PROVENANCE = (FILE, ROW)

SCHEMA: dict[str, pl.DataType] = {
    "table": pl.String(),
    "file": pl.String(),
    "row": pl.Int64(),
    "key": pl.String(),
    "column": pl.String(),
    "reason": pl.String(),
    "other_reasons": pl.String(),
}

REASONS: dict[str, str] = {
    "wrong_number_of_fields": "the row has more or fewer fields than the header",
    "not_a_date": "the text is no date in the expected form",
    "not_a_datetime": "the text is no date and time in the expected form",
    "not_a_number": "the text is no number",
    "not_a_whole_number": "the number is not whole",
    "not_a_truth_value": "the text is neither true nor false",
    "not_json": "the text is not JSON",
    "identity_code": "a personal identity code stands where none may be",
    "missing": "a value that must be there is missing",
    "not_allowed": "the value is outside the closed set of the contract",
    "out_of_range": "the number is outside the range of the contract",
    "dates_out_of_order": "a later date stands before an earlier one",
    "future_date": "the date is after the day of the run",
    "unknown_code": "the code is in no code list of the county file",
    "unknown_municipality": "the municipality code does not exist",
    "other_county": "the municipality belongs to another county",
    "not_a_pseudonym": "the identifier is not a keyed pseudonym",
    "duplicate": "the same row stands in the input already; the first one was kept",
    "conflicting_key": "the key stands on rows with different contents; none of them was kept",
}


def empty_quarantine() -> pl.DataFrame:
    """A quarantine without rows."""
    return pl.DataFrame(schema=SCHEMA)


def rejected(
    frame: pl.DataFrame,
    *,
    table: str,
    reasons: Sequence[tuple[str, str, pl.Series]],
    key: pl.Series | None = None,
) -> pl.DataFrame:
    """Quarantine rows of `frame` (with its provenance columns) for the masks that hold.

    Args:
        frame: rows with `_file` and `_row`.
        table: the contract table.
        reasons: (column, reason, mask) in order of weight; the first that holds names the row's reason, the
            others are listed as `column:reason`.
        key: the rows' keys as text where they may be shown.

    Returns:
        One quarantine row for each row of `frame` with at least one mask that holds.
    """
    if not reasons or frame.is_empty():
        return empty_quarantine()
    names = [f"{column}:{reason}" for column, reason, _ in reasons]
    marks = pl.DataFrame([mask.fill_null(value=False).alias(str(i)) for i, (_, _, mask) in enumerate(reasons)])
    hit = marks.select(pl.any_horizontal(pl.all())).to_series()
    if not hit.any():
        return empty_quarantine()
    keys = key if key is not None else pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
    listed = marks.filter(hit).select(
        pl.concat_list([pl.when(pl.col(str(i))).then(pl.lit(name)) for i, name in enumerate(names)])
        .list.drop_nulls()
        .alias("all")
    )
    return (
        frame.select(pl.col(FILE).alias("file"), pl.col(ROW).cast(pl.Int64).alias("row"))
        .with_columns(keys.cast(pl.String).alias("key"), pl.lit(table).alias("table"))
        .filter(hit)
        .hstack(listed)
        .with_columns(
            pl.col("all").list.first().str.splitn(":", 2).struct.field("field_0").alias("column"),
            pl.col("all").list.first().str.splitn(":", 2).struct.field("field_1").alias("reason"),
            pl.col("all").list.slice(1).list.join(",").alias("other_reasons"),
        )
        .select(list(SCHEMA))
    )
