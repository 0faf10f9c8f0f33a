"""Reading json-stat2 answers into long frames. Who sent them, and what the codes mean, is not known here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl

UNMARKED = "unmarked"


class JsonStatError(ValueError):
    """An answer that is not a readable json-stat2 dataset; the message says what was expected."""


def is_dataset(answer: Any) -> bool:
    """Whether an answer is a json-stat2 dataset with values."""
    return isinstance(answer, Mapping) and all(part in answer for part in ("id", "size", "dimension", "value"))


def read_cube(dataset: Mapping[str, Any]) -> pl.DataFrame:
    """Long frame of a json-stat2 dataset: one column of codes per dimension, `value`, `missing`.

    Values stand in row-major order: the last dimension runs fastest. `missing` keeps the publisher's mark of a
    value that is not there (`.` not applicable, `..` not available or too uncertain, `...` confidential, `-`
    nothing, or less than half of the unit); a mark beside a value that is there is a note, not a reason.

    Args:
        dataset: the parsed answer.

    Returns:
        Columns: the dimensions' codes (strings) under their names, `value` (float), `missing` (string or null).

    Raises:
        JsonStatError: parts are missing or their sizes do not agree.
    """
    names, sizes = _shape(dataset)
    codes = [category_codes(dataset, name) for name in names]
    for name, size, found in zip(names, sizes, codes, strict=True):
        if len(found) != size:
            raise JsonStatError(
                f"{_label(dataset)}: dimension '{name}' has {len(found)} categories, expected its size {size}"
            )
    cells = math.prod(sizes)
    values, marks = _values(dataset, cells)
    columns: dict[str, pl.Series] = {}
    repeat = cells
    for name, size, found in zip(names, sizes, codes, strict=True):
        repeat //= max(size, 1)
        index = np.tile(np.repeat(np.arange(size), repeat), cells // max(size * repeat, 1))
        columns[name] = pl.Series(name, found, dtype=pl.String).gather(index)
    return pl.DataFrame(
        [*columns.values(), pl.Series("value", values, pl.Float64), pl.Series("missing", marks, pl.String)]
    )


def category_codes(dataset: Mapping[str, Any], name: str) -> list[str]:
    """Codes of a dimension in order; `category.index` may be a list, a dict or, for one category, left out."""
    try:
        category = dataset["dimension"][name]["category"]
    except (KeyError, TypeError):
        raise JsonStatError(f"{_label(dataset)}: dimension '{name}' has no category; expected its codes") from None
    index = category.get("index", category.get("label", {}))
    if isinstance(index, Mapping) and "index" in category:
        if sorted(index.values()) != list(range(len(index))):
            raise JsonStatError(f"{_label(dataset)}: positions of dimension '{name}' are not 0..{len(index) - 1}")
        return sorted(index, key=lambda code: int(index[code]))
    return [str(code) for code in index]


def category_labels(dataset: Mapping[str, Any], name: str) -> list[str]:
    """Labels of a dimension in the order of its codes; a category without one is labelled by its code."""
    labels = dataset["dimension"][name]["category"].get("label", {})
    return [str(labels.get(code, code)) for code in category_codes(dataset, name)]


def _shape(dataset: Mapping[str, Any]) -> tuple[list[str], list[int]]:
    for part in ("id", "size", "dimension", "value"):
        if part not in dataset:
            raise JsonStatError(f"{_label(dataset)}: no '{part}'; expected a json-stat2 dataset")
    names, sizes = list(dataset["id"]), [int(n) for n in dataset["size"]]
    if len(names) != len(sizes):
        raise JsonStatError(f"{_label(dataset)}: {len(names)} dimensions but {len(sizes)} sizes")
    return names, sizes


def _values(dataset: Mapping[str, Any], cells: int) -> tuple[list[float | None], list[str | None]]:
    raw, status = dataset["value"], dataset.get("status")
    if isinstance(raw, Mapping):
        entries: list[Any] = [None] * cells
        for position, value in _positions(dataset, raw.items(), cells):
            entries[position] = value
    else:
        entries = list(raw)
    if len(entries) != cells:
        raise JsonStatError(
            f"{_label(dataset)}: {len(entries)} values, expected {cells} (the product of the sizes); "
            "the answer is cut off or filtered"
        )
    marks = _statuses(dataset, status, cells)
    values: list[float | None] = []
    missing: list[str | None] = []
    for entry, mark in zip(entries, marks, strict=True):
        value = _number(entry)
        values.append(value)
        missing.append(None if value is not None else _mark(entry, mark))
    return values, missing


def _statuses(dataset: Mapping[str, Any], status: Any, cells: int) -> list[str | None]:
    if status is None or isinstance(status, str):
        return [status] * cells
    marks: list[str | None] = [None] * cells
    entries = status.items() if isinstance(status, Mapping) else enumerate(status)
    for position, mark in _positions(dataset, entries, cells):
        marks[position] = mark
    return marks


def _positions(
    dataset: Mapping[str, Any], entries: Iterable[tuple[Any, Any]], cells: int
) -> Iterable[tuple[int, Any]]:
    for position, entry in entries:
        if not 0 <= int(position) < cells:
            raise JsonStatError(f"{_label(dataset)}: position {position} is outside the {cells} cells")
        yield int(position), entry


def _number(entry: Any) -> float | None:
    try:
        number = float(entry)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _mark(entry: Any, mark: str | None) -> str:
    """The publisher's mark of a missing value: in its place, beside it, or none at all."""
    return str(entry) if isinstance(entry, str) and entry.strip() else mark or UNMARKED


def _label(dataset: Mapping[str, Any]) -> str:
    return f"json-stat2 answer '{dataset.get('label', 'without a label')}'"
