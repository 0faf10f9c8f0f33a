"""A county's own extracts (CSV, Parquet, SQL) read into the raw shape of a contract table.

The county file says which column is which; nothing here knows a vendor. What cannot be read as a whole raises
`ExtractError`; single rows that cannot be read are set aside with their number and reason.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from counties.schema import County, ExtractMapping
from sources.contract_shape import POLARS_TYPES, Column, Contract
from sources.contracts import CONTRACTS
from sources.delimited import ExtractError
from sources.quarantine import FILE, ROW, empty_quarantine, rejected
from sources.raw_delimited import delimited_file
from sources.raw_files import RawFile
from sources.raw_parquet import is_parquet, parquet_file
from sources.sql import read_query
from sources.typed import Format, to_kind, unreadable_reason

__all__ = ["Extract", "ExtractError", "MissingExtractError", "read_extract", "read_extract_file"]


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
        rows = read_query(mapping.query, mapping.url_env or "", table=contract.name)
        _check_present(rows.columns, wanted_columns(mapping, contract), mapping, contract, "query")
        return shaped(rows, "query", mapping, contract)
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
    raw = raw_extract(path, mapping, contract)
    return shaped(raw.read(raw.kinds), raw.name, mapping, contract, broken=raw.broken)


def raw_extract(path: Path, mapping: ExtractMapping, contract: Contract) -> RawFile:
    """A file of which the columns of a mapping can be read as they were delivered.

    Raises:
        ExtractError: a column is missing, or the file is empty, binary, cut off or absurd.
    """
    wanted = wanted_columns(mapping, contract)
    names = tuple(dict.fromkeys(wanted.values()))
    raw: RawFile = (
        parquet_file(path, names)
        if is_parquet(path)
        else delimited_file(
            path, names, table=contract.name, delimiter=mapping.delimiter, encoding=mapping.encoding
        )
    )
    _check_present(raw.kinds, wanted, mapping, contract, raw.name)
    return raw


def wanted_columns(mapping: ExtractMapping, contract: Contract) -> dict[str, str]:
    """Contract column -> column of the extract, for every raw column that is no constant."""
    names = (column.name for column in contract.raw_columns)
    return {name: mapping.columns.get(name, name) for name in names if name not in mapping.constants}


def shaped(
    rows: pl.DataFrame,
    origin: str,
    mapping: ExtractMapping,
    contract: Contract,
    *,
    broken: pl.DataFrame | None = None,
    only: Collection[str] | None = None,
) -> Extract:
    """Rows as they were delivered in the raw shape of their contract.

    Args:
        rows: columns of the extract, with the number of each row (`row`).
        origin: name of the file, or `query`.
        mapping: what the columns are.
        contract: the contract table.
        broken: quarantine rows of what was no row of the table.
        only: raw columns that are made; all when None.
    """
    wanted, form = wanted_columns(mapping, contract), Format(mapping.decimal, mapping.date_format)
    rows = rows.with_columns(pl.lit(origin).alias(FILE), pl.col("row").alias(ROW))
    columns, faults, problems = [], [], empty_quarantine() if broken is None else broken
    asked = [column for column in contract.raw_columns if only is None or column.name in only]
    for column in asked:
        source = _source(rows, column, wanted, mapping)
        typed = to_kind(source, column, form)
        columns.append(typed.alias(column.name))
        if (reason := unreadable_reason(column)) and typed.null_count() > source.null_count():
            faults.append((column.name, reason, typed.is_null() & source.is_not_null()))
    frame = pl.DataFrame(columns).hstack(rows.select(FILE, ROW))
    unread = rejected(rows, table=contract.name, reasons=faults)
    if unread.height:
        frame = frame.join(unread.select(pl.col("row").alias(ROW)), on=ROW, how="anti", maintain_order="left")
    return Extract(
        frame,
        rows.height + problems.height,
        (origin,),
        pl.concat([problems, unread]) if problems.height else unread,
        tuple(c.name for c in asked if c.name in wanted and wanted[c.name] not in rows.columns),
    )


def _check_present(
    present: Collection[str], wanted: dict[str, str], mapping: ExtractMapping, contract: Contract, origin: str
) -> None:
    optional = {column.name for column in contract.raw_columns if column.nullable}
    for name, source in wanted.items():
        if source not in present and (name not in optional or name in mapping.columns):
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
