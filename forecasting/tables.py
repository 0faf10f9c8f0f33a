"""Reading and writing the plain tables of the command line: Parquet or CSV by the file's ending."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa

from forecasting.contracts import FILE_ROW, lacking_columns

HEAD_BYTES = 65_536
_MARK = b"\xef\xbb\xbf"
_OTHER_KINDS = {
    b"PAR1": "a Parquet file",
    b"PK\x03\x04": "a ZIP archive or an Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}
_CONTROLS = bytes((*range(9), 14, 15, 16, 127))


def read_table(path: Path, *, codes: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read a Parquet or CSV table.

    Args:
        path: the file; `.parquet`, or `.csv` (also compressed, such as `.csv.gz`).
        codes: columns that are codes: read as text, leading zeros kept.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is empty, binary, not UTF-8, not readable as a table, or of another kind.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    name = path.name.lower()
    try:
        if name.endswith((".parquet", ".pq")):
            _refuse_empty(path, path.stat().st_size == 0)
            frame = pd.read_parquet(path)
        elif ".csv" in name or name.endswith(".txt"):
            _refuse_other_kinds(path)
            frame = pd.read_csv(path, sep=delimiter_of(path), dtype=dict.fromkeys(codes, "str"))
        else:
            raise ValueError(f"{path}: expected a .parquet or .csv file")
    except UnicodeDecodeError:
        raise ValueError(f"{path}{_first_odd_line(path)}: not UTF-8; save it as CSV in UTF-8") from None
    except (
        pd.errors.ParserError,
        pd.errors.EmptyDataError,
        pa.ArrowException,
        OSError,
    ) as error:
        raise ValueError(f"{path}: cannot be read as a table ({type(error).__name__}); is it whole?") from None
    for column in codes:
        if column in frame.columns:
            frame[column] = frame[column].astype("str")
    return frame


def delimiter_of(path: Path) -> str:
    """The delimiter that stands most often in the header row: comma, semicolon or tab."""
    header = _head(path).decode("utf-8-sig", errors="replace").partition("\n")[0]
    return max(",;\t", key=header.count)


def with_file_rows(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    """The table as read, with an index that errors tell the row of the file by, where the rows are known.

    They are when a text file has neither empty lines nor line breaks within cells.
    """
    text = not path.name.lower().endswith((".parquet", ".pq"))
    return frame.rename_axis(index=FILE_ROW) if text and _lines(path) == len(frame) + 1 else frame


def _lines(path: Path) -> int:
    """Lines of a text file, without empty ones at its end."""
    breaks = at_end = 0
    with pa.input_stream(str(path), compression="detect") as stream:
        while block := stream.read(HEAD_BYTES):
            kept = block.rstrip(b"\r\n")
            tail = block[len(kept) :].count(b"\n")
            breaks, at_end = breaks + block.count(b"\n"), tail if kept else at_end + tail
    return breaks - at_end + 1


def _head(path: Path) -> bytes:
    with pa.input_stream(str(path), compression="detect") as stream:
        return bytes(stream.read(HEAD_BYTES))


def _refuse_empty(path: Path, empty: bool) -> None:
    if empty:
        raise ValueError(f"{path}: the file is empty; expected a header row and data rows; export it again")


def _refuse_other_kinds(path: Path) -> None:
    """Raise when a file named as CSV begins as none."""
    head = _head(path)
    _refuse_empty(path, not head.strip(b" \t\r\n" + _MARK))
    for signature, kind in _OTHER_KINDS.items():
        if head.startswith(signature):
            raise ValueError(f"{path}: this is {kind}, not delimited text; save it as CSV in UTF-8")
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if b"\x00" in head or controls > len(head) // 100:
        raise ValueError(f"{path}: the file is binary, not delimited text; save it as CSV in UTF-8")


def _first_odd_line(path: Path) -> str:
    """Where the first line stands that is not UTF-8."""
    decoder, line = codecs.getincrementaldecoder("utf-8")(), 1
    with pa.input_stream(str(path), compression="detect") as stream:
        while block := stream.read(HEAD_BYTES):
            try:
                line += decoder.decode(block).count("\n")
            except UnicodeDecodeError as error:
                before = error.object.count(b"\n", 0, error.start)
                return f", line {line + before}"
    return f", line {line}"  # a character cut off at the end


def require_columns(frame: pd.DataFrame, columns: tuple[str, ...], path: Path) -> None:
    """Raise when the table lacks a column.

    Raises:
        ValueError: naming the file, what is missing and what is there.
    """
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        found = ", ".join(map(str, frame.columns[:12]))
        raise ValueError(f"{path}: {lacking_columns(missing)}; found {found}")


def read_series(path: Path) -> pd.DataFrame:
    """Read a table of series: unique_id (text), ds, y.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not such a table.
    """
    frame = read_table(path, codes=("unique_id",))
    require_columns(frame, ("unique_id", "ds", "y"), path)
    return frame[["unique_id", "ds", "y"]]


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table atomically: aside, then renamed; Parquet or CSV by the ending.

    Raises:
        ValueError: another ending.
    """
    check_ending(path)
    with written_aside(path) as temporary:
        if path.suffix == ".parquet":
            frame.to_parquet(temporary, index=False)
        else:
            frame.to_csv(temporary, index=False)


def check_ending(path: Path) -> None:
    """Refuse a name whose ending does not say the kind of table.

    Raises:
        ValueError: another ending than .parquet or .csv.
    """
    if path.suffix not in (".parquet", ".csv"):
        raise ValueError(f"{path}: expected a name ending .parquet or .csv")


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A temporary name in the same folder; on success it is synced and takes the place of `path`, else removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.writing")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
