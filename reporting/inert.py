"""Text from data that nothing reads as a command: no formula in a spreadsheet, no markup in a script."""

from __future__ import annotations

import re

import polars as pl

_BREAKS = r"[\r\n\t\v\f\x1c-\x1e\x85\u2028\u2029]+"
_FORMULA = r"^\s*[=+\-@]"


def inert(value: object) -> object:
    """A value for a spreadsheet's file: text that it would read as a formula gets an apostrophe before it.

    Line breaks become spaces, None an empty text; what is no text stays.
    """
    if not isinstance(value, str):
        return "" if value is None else value
    flat = re.sub(_BREAKS, " ", value)
    return f"'{flat}" if re.match(_FORMULA, flat) else flat


def inert_table(table: pl.DataFrame) -> pl.DataFrame:
    """The same for every text of a table; null stays null."""
    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    flat = {name: pl.col(name).str.replace_all(_BREAKS, " ") for name in texts}
    return table.with_columns(
        pl.when(text.str.contains(_FORMULA)).then("'" + text).otherwise(text).alias(name)
        for name, text in flat.items()
    )


def inert_json(text: str) -> str:
    """JSON text in which no name can end the script that holds it."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
