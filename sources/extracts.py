"""A county's own extracts (CSV, Parquet, SQL) read into the raw shape of a contract table.

The county file says which column is which; nothing here knows a vendor. What cannot be read as a whole raises
`ExtractError`; single rows that cannot be read are set aside with their number and reason.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from counties.schema import County, ExtractMapping
from sources.contract_shape import POLARS_TYPES, Column, Contract
from sources.contracts import CONTRACTS
from sources.delimited import MAX_COLUMNS, ExtractError, read_delimited
from sources.file_kinds import other_kind
from sources.quarantine import FILE, ROW, empty_quarantine, rejected
from sources.sql import read_query
from sources.typed import Format, to_kind, unreadable_reason

__all__ = ["Extract", "ExtractError", "MissingExtractError", "read_extract", "read_extract_file"]

_FOOTER_LIMIT = 64 << 20
_HEAD_BYTES = 4096
_PARQUET_MARK = b"PAR1"
_PARQUET_ENDINGS = (".parquet", ".pq")


class MissingExtractError(ExtractError):
    """No file of the landing folder fits the county file's pattern."""


@dataclass(frozen=True)
class Extract:
    """One extract in the raw shape of its contract.

    Attributes:
        frame: the raw contract columns, typed, with `_file` and `_row` (CSV: the header is row 1).
        read_rows: rows in the origin: `frame.height + problems.height`.
        files: names of the files read, or `query`.
        problems: quarantine rows of what could not be read (`sources.quarantine.SCHEMA`).
        absent: optional columns that a file does not have; they are empty in `frame`.
    """

    frame: pl.DataFrame
    read_rows: int
    files: tuple[str, ...]
    problems: pl.DataFrame
    absent: tuple[str, ...] = ()


def read_extract(mapping: ExtractMapping, folder: Path, county: County) -> Extract:
    """Read what one mapping of the county file names.

    Args:
        mapping: the extract's mapping.
        folder: the landing folder.
        county: the county, for messages.

    Raises:
        MissingExtractError: no file fits the pattern.
        ExtractError: an unknown table or column, or a file that is empty, binary, cut off or absurd.
    """
    if mapping.table not in CONTRACTS:
        raise ExtractError(
            f"{county.slug}.yaml: extract of unknown table '{mapping.table}'; expected one of "
            f"{', '.join(CONTRACTS)}"
        )
    contract = CONTRACTS[mapping.table]
    _check_mapping(mapping, contract, county)
    if mapping.query is not None:
        raw = read_query(mapping.query, mapping.url_env or "", table=contract.name)
        return _shape(raw, empty_quarantine(), "query", mapping, contract)
    paths = sorted(folder.glob(mapping.files or ""))
    if not paths:
        raise MissingExtractError(
            f"extract of {contract.name}: no file '{mapping.files}' in the landing folder of {county.slug}; "
            "deliver it or correct 'files' in the county file"
        )
    return _together([_read_file(path, mapping, contract) for path in paths])


def read_extract_file(path: Path, mapping: ExtractMapping) -> Extract:
    """Read one file by the columns of a mapping, whatever the file's name.

    Args:
        path: the file.
        mapping: what the file's columns are; its own `files` or `query` is not looked at.

    Raises:
        ExtractError: a column is missing, or the file is empty, binary, cut off or absurd.
    """
    return _read_file(path, mapping, CONTRACTS[mapping.table])


def _check_mapping(mapping: ExtractMapping, contract: Contract, county: County) -> None:
    names = {column.name for column in contract.raw_columns}
    for part, given in (
        ("columns", mapping.columns),
        ("values", mapping.values),
        ("constants", mapping.constants),
    ):
        if unknown := sorted(set(given) - names):
            raise ExtractError(
                f"{county.slug}.yaml: extract of {contract.name}: '{unknown[0]}' under {part} is no column of the "
                f"table; expected one of {', '.join(sorted(names))}"
            )


def _together(parts: list[Extract]) -> Extract:
    if len(parts) == 1:
        return parts[0]
    return Extract(
        pl.concat([part.frame for part in parts]),
        sum(part.read_rows for part in parts),
        tuple(name for part in parts for name in part.files),
        pl.concat([part.problems for part in parts]),
        tuple(dict.fromkeys(name for part in parts for name in part.absent)),
    )


def _read_file(path: Path, mapping: ExtractMapping, contract: Contract) -> Extract:
    wanted = _wanted(mapping, contract)
    if _is_parquet(path):
        return _shape(_read_parquet(path, wanted), empty_quarantine(), path.name, mapping, contract)
    text = read_delimited(path, tuple(wanted.values()), delimiter=mapping.delimiter, encoding=mapping.encoding)
    broken = pl.DataFrame({FILE: path.name, ROW: list(text.broken)}, schema={FILE: pl.String, ROW: pl.Int64})
    every = pl.Series([True], dtype=pl.Boolean).new_from_index(0, broken.height)
    problems = rejected(broken, table=contract.name, reasons=[("", "wrong_number_of_fields", every)])
    return _shape(text.frame, problems, path.name, mapping, contract)


def _is_parquet(path: Path) -> bool:
    """Whether a file is Parquet by its ending or its first bytes."""
    with path.open("rb") as file:
        return path.suffix.lower() in _PARQUET_ENDINGS or file.read(len(_PARQUET_MARK)) == _PARQUET_MARK


def _wanted(mapping: ExtractMapping, contract: Contract) -> dict[str, str]:
    """Contract column -> column of the extract, for every raw column that is no constant."""
    names = (column.name for column in contract.raw_columns)
    return {name: mapping.columns.get(name, name) for name in names if name not in mapping.constants}


def _read_parquet(path: Path, wanted: dict[str, str]) -> pl.DataFrame:
    _check_parquet(path)
    try:
        schema = pl.read_parquet_schema(path)
        if len(schema) > MAX_COLUMNS:
            raise ExtractError(f"{path.name}: {len(schema):,} columns; expected at most {MAX_COLUMNS:,}")
        present = list(dict.fromkeys(name for name in wanted.values() if name in schema))
        frame = pl.read_parquet(path, columns=present, hive_partitioning=False, use_pyarrow=False)
    except (pl.exceptions.PolarsError, OSError):
        raise ExtractError(
            f"{path.name}: not a readable Parquet file; it is damaged or cut off; export or copy it again"
        ) from None
    if frame.height == 0 and present:
        raise ExtractError(f"{path.name}: no rows; expected at least one; export it again")
    rows = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True).alias("row")
    return frame.with_columns(rows) if present else pl.DataFrame({"row": rows})


def _check_parquet(path: Path) -> None:
    size = path.stat().st_size
    if size == 0:
        raise ExtractError(f"{path.name}: the file is empty; expected a Parquet file; export it again")
    with path.open("rb") as file:
        start = file.read(_HEAD_BYTES)
        file.seek(max(0, size - 8))
        tail = file.read(8)
    if not start.startswith(_PARQUET_MARK):
        kind, mend = other_kind(start) or ("not a Parquet file", "export it again")
        raise ExtractError(f"{path.name}: this is {kind}; expected a Parquet file by its ending; {mend}")
    if size < 12 or tail[4:] != _PARQUET_MARK:
        raise ExtractError(f"{path.name}: the Parquet file is cut off; export or copy it again")
    footer = struct.unpack("<I", tail[:4])[0]
    if footer > min(_FOOTER_LIMIT, size):
        raise ExtractError(
            f"{path.name}: the Parquet footer takes {footer:,} bytes; expected at most {MAX_COLUMNS:,} columns; "
            "export only the columns of the county file's mapping"
        )


def _shape(
    raw: pl.DataFrame, problems: pl.DataFrame, origin: str, mapping: ExtractMapping, contract: Contract
) -> Extract:
    wanted = _wanted(mapping, contract)
    _check_present(raw, wanted, mapping, contract, origin)
    form = Format(decimal=mapping.decimal, date_format=mapping.date_format)
    raw = raw.with_columns(pl.lit(origin).alias(FILE), pl.col("row").alias(ROW))
    columns, faults = [], []
    for column in contract.raw_columns:
        source = _source(raw, column, wanted, mapping)
        typed = to_kind(source, column, form)
        columns.append(typed.alias(column.name))
        if (reason := unreadable_reason(column)) and typed.null_count() > source.null_count():
            faults.append((column.name, reason, typed.is_null() & source.is_not_null()))
    frame = pl.DataFrame(columns).hstack(raw.select(FILE, ROW))
    unread = rejected(raw, table=contract.name, reasons=faults)
    if unread.height:
        frame = frame.join(unread.select(pl.col("row").alias(ROW)), on=ROW, how="anti", maintain_order="left")
    return Extract(
        frame,
        raw.height + problems.height,
        (origin,),
        pl.concat([problems, unread]) if problems.height else unread,
        tuple(name for name, source in wanted.items() if source not in raw.columns),
    )


def _check_present(
    raw: pl.DataFrame, wanted: dict[str, str], mapping: ExtractMapping, contract: Contract, origin: str
) -> None:
    optional = {column.name for column in contract.raw_columns if column.nullable}
    for name, source in wanted.items():
        if source not in raw.columns and (name not in optional or name in mapping.columns):
            raise ExtractError(
                f"{origin}: no column '{source}' for {contract.name}.{name}; map it under 'columns' in the county "
                "file, give it under 'constants', or export it"
            )


def _source(raw: pl.DataFrame, column: Column, wanted: dict[str, str], mapping: ExtractMapping) -> pl.Series:
    """The extract's values of one contract column, blanks as null, values mapped, not yet typed."""
    if column.name in mapping.constants:
        return pl.Series([mapping.constants[column.name]]).new_from_index(0, raw.height)
    if wanted[column.name] not in raw.columns:
        return pl.Series([None], dtype=POLARS_TYPES[column.kind]).new_from_index(0, raw.height)
    series = raw[wanted[column.name]]
    mapped = mapping.values.get(column.name)
    if mapped:
        series = series.cast(pl.String)
    if series.dtype == pl.String:
        series = series.str.strip_chars() if column.kind not in ("string", "json") else series
        series = series.set(series == "", None)
    return series.replace(mapped) if mapped else series
