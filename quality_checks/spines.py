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
        kept = [_kept(name) for name in _KEPT if name in spine.columns]
        told = spine.select(*kept, *self._status(spine), *self._needs(spine))
        for name, (_, _, missing) in _KEPT.items():
            found[name] = told[name].to_numpy() if name in told.columns else missing
        known = np.ones(spine.height, dtype=bool)
        found["status"] = MISSING_FLAG
        if "status" in spine.columns:
            found["status"] = told["status"].to_numpy()
            known &= found["status"] != len(self.statuses)
        if "needs_listed" in spine.columns:
            bits = told["needs"].to_numpy()
            found["needs"] = np.where(told["listed"].to_numpy(), bits | LISTED, np.uint64(0))
            known &= told["different"].to_numpy() == told["told"].to_numpy()
        found["known"] = known
        return found

    def _status(self, spine: pl.DataFrame) -> list[pl.Expr]:
        """Place in the code set, behind its end for a code that is not in it."""
        if "status" not in spine.columns:
            return []
        codes = pl.Series(self.statuses, dtype=pl.String)
        place = pl.col("status").replace_strict(
            codes, pl.Series(range(len(codes)), dtype=pl.Int16), default=len(codes), return_dtype=pl.Int16
        )
        return [pl.when(pl.col("status").is_null()).then(MISSING_FLAG).otherwise(place).alias("status")]

    def _needs(self, spine: pl.DataFrame) -> list[pl.Expr]:
        """A bit for each code of the set, and how many there are and are told."""
        if "needs_listed" not in spine.columns:
            return []
        listed, nothing = pl.col("needs_listed"), pl.lit(0, dtype=pl.UInt64)
        bits = pl.sum_horizontal(
            nothing,
            *(
                pl.when(listed.list.contains(code)).then(pl.lit(1 << place, dtype=pl.UInt64)).otherwise(nothing)
                for place, code in enumerate(self.needs)
            ),
        )
        return [
            listed.is_not_null().alias("listed"),
            listed.list.drop_nulls().list.n_unique().fill_null(0).alias("different"),
            bits.alias("needs"),
            bits.bitwise_count_ones().alias("told"),
        ]

    def spine(self, records: Any, keys: Mapping[str, Any]) -> pl.DataFrame:
        """The spine again.

        Args:
            records: of documents that have one.
            keys: hashes of the same documents, those of `HASHED`; 0 where a document has none.
        """
        columns = [pl.Series(name, records[name]) for name in _KEPT]
        table = pl.DataFrame([*columns, *(pl.Series(name, keys[source]) for name, source in HASHED.items())])
        table = table.select(
            *(_without(name, missing).cast(kind) for name, (_, kind, missing) in _KEPT.items()),
            *(_without(name, 0) for name in HASHED),
        )
        status = np.where(records["status"] == MISSING_FLAG, len(self.statuses), records["status"])
        told = pl.Series([*self.statuses, None], dtype=pl.String).gather(status).alias("status")
        return table.with_columns(told, self._listed(records["needs"]))

    def _listed(self, bits: Any) -> pl.Series:
        different, places = np.unique(bits, return_inverse=True)
        lists = [
            [code for place, code in enumerate(self.needs) if int(own) >> place & 1] if own & LISTED else None
            for own in different
        ]
        return pl.Series("needs_listed", lists, dtype=pl.List(pl.String)).gather(places)


def _kept(name: str) -> pl.Expr:
    kind, _, missing = _KEPT[name]
    values = pl.col(name).to_physical()
    if kind == "i4":
        values = values.cast(pl.Int64).clip(MISSING_INT + 1, -(MISSING_INT + 1))
    return (values.cast(pl.Int8) if kind == "i1" else values).fill_null(missing)


def _without(name: str, missing: int) -> pl.Expr:
    """The values with null for the one that stands for none."""
    return pl.when(pl.col(name) != missing).then(pl.col(name))


def records_in_rows(coding: SpineCoding, height: int, groups: Sequence[tuple[pl.Series, pl.DataFrame]]) -> Any:
    """Records of groups of documents in the order of the rows they stand in; documents without one have zeros.

    Args:
        coding: between spines and records.
        height: number of rows.
        groups: rows of each group, with its spine.
    """
    found = np.zeros(height, dtype=RECORD)
    if groups:
        rows = np.concatenate([rows.to_numpy() for rows, _ in groups])
        spines = pl.concat([spine for _, spine in groups], how="diagonal")
        whole(found)[rows] = whole(coding.records(spines))
    return found


def whole(records: Any) -> Any:
    """Records as one value each, so that they are moved at once and not number by number."""
    return records.view(f"V{RECORD.itemsize}")
