"""What facts across documents are made from, kept from one check to the next as numbers, a record per document.

Records of one length let the few documents that tell of a changed one be found among very many without reading
their rows: a record is a piece of one page of a file. Ids stand in it as hashes, codes as their place in a code
set; a document whose codes no code set knows has no record, and is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from quality_checks.facts import SPINE_DAYS
from quality_checks.registers import Registers

MISSING_INT, MISSING_LONG, MISSING_FLAG = np.iinfo(np.int32).min, np.iinfo(np.int64).min, -1
# Columns of the spine by how they are kept: type of the record, type of the spine, what stands for null.
_KEPT: dict[str, tuple[str, pl.DataType, int]] = {
    **{name: ("u8", pl.UInt64(), 0) for name in ("client", "author", "type", "task", "service")},
    **{name: ("i8", pl.Int64(), MISSING_LONG) for name in ("created", "minute")},
    **{name: ("i4", pl.Date(), MISSING_INT) for name in ("date", *SPINE_DAYS)},
    **{name: ("i4", pl.Int64(), MISSING_INT) for name in ("rank", "text_length")},
    **{name: ("i1", pl.Boolean(), MISSING_FLAG) for name in ("live", "urgency")},
}
# `known`: the document has a record; `status`: place in the code set; `needs`: a bit for each code of the set.
RECORD = np.dtype(
    [*((name, kind) for name, (kind, *_) in _KEPT.items()), *(("status", "i1"), ("needs", "u8"), ("known", "?"))]
)
# Columns of the spine that hashes of documents give (`document_hashes.KEYS`).
HASHED = {"case": "case", "document": "document", "text": "text", "replaced": "replaced"}
LISTED = np.uint64(1) << np.uint64(63)
MOST_NEEDS, MOST_STATUSES = 63, 127


@dataclass(frozen=True)
class SpineCoding:
    """Between spines and records.

    Attributes:
        statuses: codes of the set `statuses`.
        needs: codes of the set `support_needs`.
    """

    statuses: tuple[str, ...]
    needs: tuple[str, ...]

    @classmethod
    def of(cls, registers: Registers) -> SpineCoding:
        """By the code sets of a register."""
        return cls(registers.codes("statuses")[:MOST_STATUSES], registers.codes("support_needs")[:MOST_NEEDS])

    def records(self, spine: pl.DataFrame) -> Any:
        """Records of the rows of a spine (`facts.spine_of`); shape (rows,), of the type `RECORD`."""
        found = np.zeros(spine.height, dtype=RECORD)
        for name, (kind, _, missing) in _KEPT.items():
            values = spine[name].to_physical() if name in spine.columns else None
            if values is None:
                found[name] = missing
            elif kind == "i4":
                found[name] = (
                    values.cast(pl.Int64).clip(MISSING_INT + 1, -(MISSING_INT + 1)).fill_null(missing).to_numpy()
                )
            else:
                found[name] = (values.cast(pl.Int8) if kind == "i1" else values).fill_null(missing).to_numpy()
        found["known"] = True
        self._status(spine, found)
        self._needs(spine, found)
        return found

    def _status(self, spine: pl.DataFrame, found: Any) -> None:
        if "status" not in spine.columns:
            found["status"] = MISSING_FLAG
            return
        codes = pl.Series(self.statuses, dtype=pl.String)
        places = spine["status"].replace_strict(
            codes, pl.Series(range(len(codes)), dtype=pl.Int16), default=len(codes), return_dtype=pl.Int16
        )
        is_missing = spine["status"].is_null().to_numpy()
        found["status"] = np.where(is_missing, MISSING_FLAG, places.to_numpy())
        found["known"] &= is_missing | (places != len(codes)).to_numpy()

    def _needs(self, spine: pl.DataFrame, found: Any) -> None:
        if "needs_listed" not in spine.columns:
            return
        listed = pl.col("needs_listed")
        bits = (
            pl.when(listed.list.contains(code))
            .then(pl.lit(1 << place, dtype=pl.UInt64))
            .otherwise(pl.lit(0, dtype=pl.UInt64))
            for place, code in enumerate(self.needs)
        )
        rows = spine.select(
            listed.is_not_null().alias("listed"),
            listed.list.drop_nulls().list.n_unique().fill_null(0).alias("different"),
            pl.sum_horizontal(pl.lit(0, dtype=pl.UInt64), *bits).alias("bits"),
        )
        told = rows["bits"].to_numpy()
        found["needs"] = np.where(rows["listed"].to_numpy(), told | LISTED, np.uint64(0))
        found["known"] &= rows["different"].to_numpy() == rows["bits"].bitwise_count_ones().to_numpy()

    def spine(self, records: Any, keys: Mapping[str, Any]) -> pl.DataFrame:
        """The spine again.

        Args:
            records: of documents that have one.
            keys: hashes of the same documents, those of `HASHED`; 0 where a document has none.
        """
        columns = []
        for name, (_, kind, missing) in _KEPT.items():
            values = records[name]
            column = pl.Series(name, values)
            columns.append(_without(column, missing).cast(kind))
        columns += [_without(pl.Series(name, keys[source]), 0) for name, source in HASHED.items()]
        status = _without(pl.Series(records["status"]), MISSING_FLAG).cast(pl.UInt32)
        columns.append(pl.Series(self.statuses, dtype=pl.String).gather(status).alias("status"))
        columns.append(self._listed(records["needs"]))
        return pl.DataFrame(columns)

    def _listed(self, bits: Any) -> pl.Series:
        different, places = np.unique(bits, return_inverse=True)
        lists = [
            [code for place, code in enumerate(self.needs) if int(own) >> place & 1] if own & LISTED else None
            for own in different
        ]
        return pl.Series("needs_listed", lists, dtype=pl.List(pl.String)).gather(places)


def _without(values: pl.Series, missing: int) -> pl.Series:
    """The values with null for the one that stands for none."""
    return values.to_frame().select(pl.when(pl.first() != missing).then(pl.first())).to_series()


def in_rows(height: int, groups: Sequence[tuple[pl.Series, Any]]) -> Any:
    """Records of groups of documents in the order of the rows they stand in; documents without one have zeros.

    Args:
        height: number of rows.
        groups: rows of each group, with its records.
    """
    found = np.zeros(height, dtype=RECORD)
    for rows, records in groups:
        whole(found)[rows.to_numpy()] = whole(records)
    return found


def whole(records: Any) -> Any:
    """Records as one value each, so that they are moved at once and not number by number."""
    return records.view(f"V{RECORD.itemsize}")
