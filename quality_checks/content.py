"""Reads the structured fields of documents into columns. No text is kept: its length, or that it is missing, is.

Contents are told apart here, and each reader gets its own: those of the ordinary shape go to `ordinary_content`;
those that are no object or list something that says nothing go to `odd_content`, which looks at every element.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from quality_checks.content_columns import (
    ANY_MARK,
    LENGTH,
    MARKED,
    MARKS,
    READABLE,
    all_columns,
    expr,
    exprs,
    fields_for,
    marks_in,
)
from quality_checks.odd_content import NOTHING, PLACEHOLDER, read_odd_content
from quality_checks.ordinary_content import read_ordinary_content
from quality_checks.schema import content_kinds

# Share of distinct contents above which finding the others costs more than reading them.
MOSTLY_DISTINCT = 0.75
# What is told of texts beside them.
_HASH, _PLAIN = "_hash", "_plain"
_RECORD_OF_NOTHING = rf'\{{\s*("[^"]*"\s*:\s*({NOTHING})\s*,?\s*)*\}}'
_ELEMENT_OF_NOTHING = rf'[\[,]\s*(""|\[\]|"{PLACEHOLDER}")\s*[,\]]'


def read_content(contents: pl.Series, columns: Collection[str] | None = None) -> pl.DataFrame:
    """Columns of the structured fields, in the order of the contents.

    Args:
        contents: JSON objects as text, or null.
        columns: names among `all_columns`; all of them when None.

    Returns:
        The columns asked for: `content_readable`, fields (texts as their length in characters, lists as the number
        of elements that say something, both null when missing), the facts of `schema.CONTENT_FACTS` and
        `needs_listed` (list of codes, null when there is none).
    """
    everything = pl.int_range(len(contents), dtype=pl.UInt32, eager=True)
    (found,) = read_contents(contents, [(everything, columns)])
    return found


def read_contents(
    contents: pl.Series, lots: Sequence[tuple[pl.Series, Collection[str] | None]]
) -> list[pl.DataFrame]:
    """As `read_content`, of several lots of the contents: each lot is read by itself, but odd ones of all at once.

    Args:
        contents: JSON objects as text, or null.
        lots: places of contents, in order and in one lot at most, and the columns that are wanted of them.
    """
    wanted = [tuple(name for name in all_columns() if c is None or name in c) for _, c in lots]
    asked = np.zeros(len(contents), dtype=bool)
    for places, _ in lots:
        asked[places.to_numpy()] = True
    looked_at = _looked_at(contents.filter(pl.Series(asked)), frozenset().union(*wanted))
    place = np.cumsum(asked, dtype=np.uint32) - np.uint32(1)
    own = [
        _Lot.of(looked_at[pl.Series(place[places.to_numpy()])], names)
        for (places, _), names in zip(lots, wanted, strict=True)
    ]
    odd = [lot.odd for lot in own]
    ends = np.cumsum([len(texts) for texts in odd]).tolist()
    fields = [name for name in content_kinds() if any(name in lot.fields for lot in own)]
    read = read_odd_content(pl.concat(odd), fields) if any(ends) else pl.DataFrame()
    return [lot.read(read[start:end]) for lot, start, end in zip(own, [0, *ends], ends, strict=False)]


def _looked_at(contents: pl.Series, wanted: Collection[str]) -> pl.DataFrame:
    """Contents with what is told of their texts alone, looked at in the order in which they lie in memory.

    In any other order it takes several times as long.
    """
    text = pl.col("content")
    nothing = text.str.contains(f"{_RECORD_OF_NOTHING}|{_ELEMENT_OF_NOTHING}")
    plain = pl.when(text.is_null()).then(True).otherwise(text.str.starts_with("{") & ~nothing)
    columns = [text.hash().alias(_HASH), *((plain.alias(_PLAIN),) if _reads(wanted) else ())]
    if LENGTH in wanted:
        columns.append(expr(LENGTH))
    if MARKS.keys() & wanted:
        columns.append(text.str.contains(ANY_MARK).fill_null(value=False).alias(MARKED))
    return contents.alias("content").to_frame().with_columns(columns)


@dataclass(frozen=True)
class _Lot:
    """Contents of which the same columns are wanted.

    Attributes:
        contents: what `_looked_at` gave of each distinct one once, or of all.
        wanted: columns in the order of `all_columns`.
        fields: to be read out of the contents.
        places: of each row among the contents; None when they are all of them.
    """

    contents: pl.DataFrame
    wanted: tuple[str, ...]
    fields: tuple[str, ...]
    places: pl.Series | None

    @classmethod
    def of(cls, contents: pl.DataFrame, wanted: tuple[str, ...]) -> _Lot:
        fields = fields_for(wanted)
        # Forms filled in alike say the same: where they are many, each distinct content is read once.
        first = contents[_HASH].arg_unique()
        if not wanted or len(first) > MOSTLY_DISTINCT * contents.height:
            return cls(contents, wanted, fields, None)
        place = contents[first].select(_HASH).with_row_index("_place")
        places = contents.select(_HASH).join(place, on=_HASH, how="left", maintain_order="left")["_place"]
        return cls(contents[first], wanted, fields, places)

    @property
    def odd(self) -> pl.Series:
        """Contents that are not plain; none when nothing is read out of them."""
        texts = self.contents["content"]
        return texts.filter(~self.contents[_PLAIN]) if _reads(self.wanted) else texts.clear()

    def read(self, odd: pl.DataFrame) -> pl.DataFrame:
        """The columns wanted.

        Args:
            odd: what `read_odd_content` gave of the odd ones.
        """
        table = self._read(odd)
        return table if self.places is None else table[self.places]

    def _read(self, odd: pl.DataFrame) -> pl.DataFrame:
        if not _reads(self.wanted):
            return self.contents.with_columns(marks_in(self.contents, self.wanted)).select(self.wanted)
        if not odd.height:
            return read_ordinary_content(self.contents, self.fields, self.wanted)
        plain = self.contents[_PLAIN]
        ordinary = read_ordinary_content(self.contents.filter(plain), self.fields, self.wanted)
        order = pl.concat([plain.arg_true(), (~plain).arg_true()])
        return pl.concat([ordinary, odd.select(exprs(self.wanted))], rechunk=True)[order.arg_sort()]


def _reads(wanted: Iterable[str]) -> bool:
    """Whether anything is read out of contents, were it only whether it can be."""
    return READABLE in wanted or bool(fields_for(wanted))
