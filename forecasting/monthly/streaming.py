"""Forecasts of a file with any number of series, in bounded memory: part by part, each part a panel of its own.

A series belongs to a part by a checksum of its name, so what it shares its evidence with, and its forecast, depend
on the file alone: not on the order of rows, nor on who works on which part. A file of up to `TOGETHER` series is
one part; in larger ones a part still holds more series than pooled figures need.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from forecasting.monthly.backtest import panel_sums, scores_by_step
from forecasting.monthly.explain import explain_prepared
from forecasting.monthly.forecast import Prepared, SeriesForecast, forecast_panel
from forecasting.monthly.panel import SeriesError
from forecasting.tables import check_ending, read_series, write_table, written_aside

if TYPE_CHECKING:
    import polars as pl

TOGETHER = 20_000
"""Series in one part at most (on average, in a file of several parts)."""
ROW_BYTES = 9
"""Least bytes of a row of text (`a,2020,1`): what cannot hold more than one part is not counted first."""
NOTES = 5
"""Notes that are told on the console; the output has them all."""
Report = Callable[[str], None]


@dataclass(frozen=True)
class FileForecast:
    """What was written, without the forecasts themselves.

    Attributes:
        series: number of series forecast.
        noted: number of series with a note (mended, or a fallback).
        refused: unique_id, reason.
        notes: unique_id, note: the first series of each of the first few notes that differ.
    """

    series: int
    noted: int
    refused: pd.DataFrame
    notes: pd.DataFrame


def forecast_file(
    source: Path,
    target: Path,
    *,
    explain: Path | None = None,
    backtest: Path | None = None,
    together: int = TOGETHER,
    report: Report | None = None,
    **settings: Any,
) -> FileForecast:
    """Forecast every series of a file into another, atomically.

    Args:
        source: Parquet or CSV with unique_id, ds, y.
        target: Parquet or CSV by its ending.
        explain: where the parts of each forecast go (`explain_series`).
        backtest: where the scores at earlier origins go (`backtest_series`), pooled over the parts of the file.
        together: series in one part.
        report: told of each finished part of a large file.
        settings: as for `forecast_series`.

    Returns:
        Numbers of series, and the refused ones.

    Raises:
        SeriesError: no series can be forecast, or a setting is not possible.
        ValueError: the file is not such a table.
    """
    for path in (target, explain, backtest):
        if path is not None:
            check_ending(path)
    parts = _parts(source, together)
    number = 1 if parts is None else parts[1]
    counted: list[FileForecast] = []
    with _outputs(target, explain, backtest) as add:
        for part, rows in _part_tables(source, parts):
            try:
                prepared, result = forecast_panel(rows, **settings)
            except SeriesError as error:
                if error.refused is None or number == 1:  # nothing to do with the part's series, or with no others
                    raise
                counted.append(FileForecast(0, 0, error.refused, _first_notes([])))
                continue
            add(prepared, result)
            counted.append(_summary(result))
            if report is not None and number > 1:
                report(f"part {part + 1} of {number}: {counted[-1].series} series")
        if not any(one.series for one in counted):
            raise SeriesError(
                f"{source}: no series can be forecast; the first: {counted[0].refused['reason'].iloc[0]}"
            )
    refused = pd.concat([one.refused for one in counted], ignore_index=True)
    notes = _first_notes([one.notes for one in counted])
    return FileForecast(sum(one.series for one in counted), sum(one.noted for one in counted), refused, notes)


def part_of(name: str, parts: int) -> int:
    """The part that a series belongs to."""
    return zlib.crc32(name.encode("utf-8")) % parts


def _summary(result: SeriesForecast) -> FileForecast:
    names = result.forecast[["unique_id", "note"]].drop_duplicates()
    noted = names[names["note"] != ""]
    return FileForecast(len(names), len(noted), result.refused, _first_notes([noted]))


def _first_notes(tables: list[pd.DataFrame]) -> pd.DataFrame:
    if not tables:
        return pd.DataFrame({"unique_id": [], "note": []}, dtype=str)
    return pd.concat(tables, ignore_index=True).drop_duplicates("note", ignore_index=True).head(NOTES)


def _parts(source: Path, together: int) -> tuple[pl.DataFrame, int] | None:
    """Names of the series with their parts, and the number of parts; None for a file that is one part."""
    if not source.exists() or _rows_at_most(source) <= together:
        return None
    import polars as pl

    try:
        names = _scan(source).select(pl.col("unique_id").cast(pl.String)).unique().collect(engine="streaming")
    except (pl.exceptions.PolarsError, OSError):  # reading it whole tells what is wrong
        return None
    number = math.ceil(names.height / together)
    if number < 2:
        return None
    part = [part_of(name or "", number) for name in names.get_column("unique_id").to_list()]
    return names.with_columns(part=pl.Series(part, dtype=pl.Int64)), number


def _rows_at_most(source: Path) -> float:
    """Rows that a file can hold at most; what cannot be told without reading it, or at all, may be any number."""
    name = source.name.lower()
    if name.endswith((".csv", ".txt")):
        return source.stat().st_size / ROW_BYTES
    if name.endswith((".parquet", ".pq")):
        import pyarrow as pa
        import pyarrow.parquet as pq

        with suppress(pa.ArrowException):
            return int(pq.read_metadata(source).num_rows)
    return math.inf


def _scan(source: Path) -> pl.LazyFrame:
    import polars as pl

    from forecasting.tables import delimiter_of

    name = source.name.lower()
    if name.endswith((".parquet", ".pq")):
        return pl.scan_parquet(source).select("unique_id", "ds", "y")
    missing = ["", "NA", "NaN", "nan", "NULL", "null", "None", "N/A"]
    frame = pl.scan_csv(source, separator=delimiter_of(source), infer_schema=False, null_values=missing)
    return frame.select("unique_id", "ds", "y")


def _part_tables(source: Path, parts: tuple[pl.DataFrame, int] | None) -> Iterator[tuple[int, pd.DataFrame]]:
    """Number and rows of each part that has any; the whole file when it is one part."""
    if parts is None:
        yield 0, read_series(source)
        return
    names, number = parts
    for part in range(number):
        rows = _part_rows(source, names, part)
        if not rows.empty:
            yield part, rows


def _part_rows(source: Path, names: pl.DataFrame, part: int) -> pd.DataFrame:
    """Rows of a part's series, those without a name too (they are refused), in the order of the file."""
    import polars as pl

    mine = names.filter(pl.col("part") == part).select("unique_id").lazy()
    rows = _scan(source).with_columns(pl.col("unique_id").cast(pl.String))
    kept = rows.join(mine, on="unique_id", how="semi", nulls_equal=True, maintain_order="left")
    return kept.collect(engine="streaming").to_pandas()


@contextmanager
def _outputs(
    target: Path, explain: Path | None, backtest: Path | None
) -> Iterator[Callable[[Prepared, SeriesForecast], None]]:
    """A function that adds a part to all files that are asked for; they take their places when all is done."""
    sums: list[pd.DataFrame] = []
    with ExitStack() as stack:
        writers = {
            path: stack.enter_context(_part_by_part(path)) for path in (target, explain) if path is not None
        }

        def add(prepared: Prepared, result: SeriesForecast) -> None:
            writers[target].add(result.forecast)
            if explain is not None:
                writers[explain].add(explain_prepared(prepared, result.forecast))
            if backtest is not None:
                sums.extend(panel_sums(prepared))

        yield add
        if backtest is not None:
            write_table(scores_by_step(sums), backtest)


@contextmanager
def _part_by_part(path: Path) -> Iterator[_Writer]:
    with written_aside(path) as temporary, closing(_Writer(temporary, path.suffix)) as writer:
        yield writer


class _Writer:
    """Forecasts of part after part into one file."""

    def __init__(self, path: Path, suffix: str) -> None:
        self._path, self._suffix = path, suffix
        self._parquet: Any = None
        self._begun = False

    def add(self, table: pd.DataFrame) -> None:
        if self._suffix == ".csv":
            table.to_csv(self._path, index=False, mode="a", header=not self._begun)
        else:
            import pyarrow as pa
            import pyarrow.parquet as pq

            rows = pa.Table.from_pandas(table, preserve_index=False)
            if self._parquet is None:
                self._parquet = pq.ParquetWriter(self._path, rows.schema)
            self._parquet.write_table(rows.cast(self._parquet.schema))
        self._begun = True

    def close(self) -> None:
        if self._parquet is not None:
            self._parquet.close()
            self._parquet = None
