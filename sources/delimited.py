"""Delimited text (CSV) from outside: encoding, delimiter and shape are judged before anything is parsed.

Files are read as bytes once. Records are found by quote parity, so a broken row is named and set aside, a cut-off
file is refused, and ten million columns are refused from the first megabyte alone.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from sources.file_kinds import other_kind

MAX_COLUMNS = 2_000
HEADER_BYTES = 1 << 20
_BLOCK = 1 << 24
_DELIMITERS = (";", ",", "\t", "|")
_DELIMITERS_TOLD = "semicolon, comma, tab or |"
_UTF8_MARK = b"\xef\xbb\xbf"


class ExtractError(ValueError):
    """An extract that cannot be read: which file, what was expected, how to mend it."""


@dataclass(frozen=True)
class Delimited:
    """Text columns of a delimited file.

    Attributes:
        frame: the wanted columns as text, with `row` (the header is row 1).
        broken: numbers of the rows with a wrong number of fields.
        rows: data rows in the file, broken ones too.
    """

    frame: pl.DataFrame
    broken: tuple[int, ...]
    rows: int


def read_delimited(
    path: Path, wanted: tuple[str, ...], *, delimiter: str | None = None, encoding: str | None = None
) -> Delimited:
    """Read the `wanted` columns of a delimited text file as text.

    Args:
        path: the file.
        wanted: columns to read; those the file lacks are left out of the result.
        delimiter: its delimiter; found from the header when None.
        encoding: `utf-8` or `latin-1`; told apart when None.

    Raises:
        ExtractError: empty, binary, cut off, or with an absurd header.
    """
    head = _checked_head(path)
    data = _as_utf8(path, encoding)
    delimiter = delimiter or _delimiter_of(_header_line(path, head))
    records = _records(data, delimiter, path)
    names = _header_names(data[: records.ends[0]], delimiter, path)
    if len(names) == 1 < len(wanted) and names[0] not in wanted:
        raise ExtractError(
            f"{path.name}: the first row names no columns of the table; expected column names with "
            f"{_DELIMITERS_TOLD} between them, or a Parquet file; export it as CSV in UTF-8"
        )
    whole, broken = _judge_rows(records, len(names), path)
    if not whole.any() and not broken:
        raise ExtractError(f"{path.name}: a header and no rows; expected at least one row; export it again")
    repeated = sorted({name for name in wanted if names.count(name) > 1})
    if repeated:
        raise ExtractError(f"{path.name}: the column '{repeated[0]}' is in the header twice; rename one of them")
    present = [name for name in wanted if name in names]
    try:
        frame = _parse(data, records, whole, names, present, delimiter)
    except pl.exceptions.PolarsError:
        raise ExtractError(
            f"{path.name}: the quotes do not pair up within the rows; double every quote inside a text and export "
            "it again"
        ) from None
    return Delimited(frame, tuple(broken), records.rows)


@dataclass(frozen=True)
class _Records:
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    fields: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]
    blank_lines: bool
    ends_with_newline: bool

    @property
    def rows(self) -> int:
        return len(self.starts) - 1


def _checked_head(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
    if not head.strip(b" \t\r\n" + _UTF8_MARK):
        raise ExtractError(f"{path.name}: the file is empty; expected a header row and data rows; export it again")
    if other := other_kind(head):
        kind, mend = other
        raise ExtractError(f"{path.name}: this is {kind}; expected delimited text (CSV) or Parquet; {mend}")
    control = sum(head.count(bytes([code])) for code in (0, 1, 2, 3, 4, 5, 6, 7, 8, 14, 15, 16, 127))
    if b"\x00" in head or control > len(head) // 100:
        raise ExtractError(
            f"{path.name}: the file is binary; expected delimited text (CSV) or Parquet; save it as CSV in UTF-8"
        )
    _header_line(path, head)
    return head


def _header_line(path: Path, head: bytes) -> bytes:
    line = head.removeprefix(_UTF8_MARK).lstrip(b"\r\n").split(b"\n", 1)[0]
    if len(line) >= HEADER_BYTES - len(_UTF8_MARK) - 2:
        raise ExtractError(
            f"{path.name}: the header row is longer than {HEADER_BYTES:,} bytes; expected column names in one line"
        )
    columns = 1 + max(line.count(mark.encode()) for mark in _DELIMITERS)
    if columns > MAX_COLUMNS:
        raise ExtractError(
            f"{path.name}: the header has {columns:,} columns; expected at most {MAX_COLUMNS:,}; "
            "export only the columns of the county file's mapping"
        )
    return line


def _delimiter_of(header: bytes) -> str:
    return max(_DELIMITERS, key=lambda mark: header.count(mark.encode()))


def _as_utf8(path: Path, encoding: str | None) -> bytes:
    data = path.read_bytes().removeprefix(_UTF8_MARK).lstrip(b"\r\n")
    if encoding == "latin-1":
        return data.decode("latin-1").encode()
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        if encoding == "utf-8":
            line = data.count(b"\n", 0, error.start) + 1
            raise ExtractError(
                f"{path.name}, line {line}: not UTF-8; give 'encoding: latin-1' in the county file or export UTF-8"
            ) from None
        return data.decode("latin-1").encode()
    return data


def _records(data: bytes, delimiter: str, path: Path) -> _Records:
    """Records by newlines outside quotes, and the fields of each."""
    bytes_ = np.frombuffer(data, dtype=np.uint8)
    quoted = 0
    newlines, delimiters = [], []
    for start in range(0, len(bytes_), _BLOCK):
        block = bytes_[start : start + _BLOCK]
        is_newline, is_delimiter, is_quote = block == 10, block == ord(delimiter), block == 34
        if quoted or is_quote.any():
            outside = (np.bitwise_xor.accumulate(is_quote.view(np.uint8)) ^ quoted) == 0
            quoted = int(not outside[-1])
            is_newline &= outside
            is_delimiter &= outside
        newlines.append(np.flatnonzero(is_newline) + start)
        delimiters.append(np.flatnonzero(is_delimiter) + start)
    ends = np.concatenate(newlines).astype(np.int64)
    if quoted:
        raise ExtractError(
            f"{path.name}: a quote opened in or after row {len(ends) + 1} is never closed; the file is cut off, "
            'or a quote inside a text is not doubled (""); export it again'
        )
    ends_with_newline = bool(len(ends)) and ends[-1] == len(data) - 1
    if not ends_with_newline:
        ends = np.append(ends, len(data))
    starts = np.concatenate([[0], ends[:-1] + 1])
    marks = np.concatenate(delimiters)
    fields = np.searchsorted(marks, ends) - np.searchsorted(marks, starts) + 1
    lengths = ends - starts
    filled = (lengths > 1) | ((lengths == 1) & (bytes_[np.minimum(starts, len(bytes_) - 1)] != 13))
    filled[0] = True
    numbers = np.flatnonzero(filled) + 1
    return _Records(
        starts[filled], ends[filled], fields[filled], numbers, len(numbers) < len(filled), ends_with_newline
    )


def _header_names(header: bytes, delimiter: str, path: Path) -> list[str]:
    names = next(csv.reader(io.StringIO(header.decode("utf-8")), delimiter=delimiter))
    names = [name.strip() for name in names]
    if not any(names):
        raise ExtractError(f"{path.name}: the header row is empty; expected column names")
    return names


def _judge_rows(records: _Records, width: int, path: Path) -> tuple[npt.NDArray[np.bool_], list[int]]:
    whole = records.fields == width
    whole[0] = True
    if not whole[-1] and not records.ends_with_newline and records.fields[-1] < width:
        raise ExtractError(
            f"{path.name}: the last row ({records.numbers[-1]}) has {records.fields[-1]} of {width} fields and no "
            "line end; the file is cut off; export or copy it again"
        )
    return whole[1:], [int(n) for n in records.numbers[~whole]]


def _parse(
    data: bytes,
    records: _Records,
    whole: npt.NDArray[np.bool_],
    names: list[str],
    present: list[str],
    delimiter: str,
) -> pl.DataFrame:
    keep = np.flatnonzero(whole) + 1
    if not len(keep) or not present:
        schema = {**dict.fromkeys(present, pl.String), "row": pl.Int64}
        return pl.DataFrame(schema=schema)
    if len(keep) == records.rows and not records.blank_lines:
        body = data[records.ends[0] + 1 :]
    else:
        body = _only(data, records, keep)
    columns = {f"column_{names.index(name)}": name for name in present}
    frame = pl.read_csv(
        body, separator=delimiter, has_header=False, columns=list(columns), infer_schema=False, quote_char='"'
    )
    return frame.select(pl.col(old).alias(new) for old, new in columns.items()).with_columns(
        pl.Series("row", records.numbers[keep], dtype=pl.Int64)
    )


def _only(data: bytes, records: _Records, keep: npt.NDArray[np.int64]) -> bytes:
    spans = zip(records.starts[keep], records.ends[keep], strict=True)
    return b"".join(data[start : end + 1] for start, end in spans)
