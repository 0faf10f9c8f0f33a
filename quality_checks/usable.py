"""Which documents can be judged, and of those that cannot, why; each document is counted once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from quality_checks.extracts import Extract
from quality_checks.repeats import repeated

IDENTITY_CODE = r"(?i)\d{6}[+\-A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]"
SAFE_CODE = r"^[0-9A-Za-zÅÄÖåäö._:-]{1,64}$"
NUMBERS = r"^[0-9.]{1,64}$"
REASONS = (
    "no_document_id",
    "unusable_document_id",
    "no_creation_time",
    "same_id_same_content",
    "same_id_other_content",
)


@dataclass(frozen=True)
class Usable:
    """Documents that can be judged.

    Attributes:
        reasons: 0 for a document that is judged, else one more than the place of its reason. Shape (documents,).
        keys: hash of the id of each document.
        copies: different documents under the id of each document: 1 but for those that share an id.
    """

    reasons: Any
    keys: Any
    copies: Any

    @property
    def kept(self) -> Any:
        """Whether each document is judged. Shape (documents,)."""
        return self.reasons == 0

    def and_all(self, rows: pl.DataFrame) -> Usable:
        """With more documents, each of which is judged and alone under its id."""
        judged, alone = np.zeros(rows.height, self.reasons.dtype), np.ones(rows.height, self.copies.dtype)
        keys = rows["document_id"].hash().to_numpy()
        return Usable(np.r_[self.reasons, judged], np.r_[self.keys, keys], np.r_[self.copies, alone])

    @property
    def counts(self) -> dict[str, int]:
        """Documents, checked and one key per reason of exclusion; they add up."""
        return counts_of(self.reasons)


def counts_of(reasons: Any) -> dict[str, int]:
    """Documents, checked and one key per reason of exclusion, from the reasons of all documents."""
    checked, *excluded = (int(np.count_nonzero(reasons == place)) for place in range(len(REASONS) + 1))
    return {"documents": len(reasons), "checked": checked, **dict(zip(REASONS, excluded, strict=True))}


def usable_documents(extract: Extract, part: int) -> Usable:
    """Find the documents that can be judged.

    Of documents with one id the latest made is judged; exact copies and other contents under the same id are set
    aside.

    Args:
        extract: the documents.
        part: documents read at a time.
    """
    height = extract.height
    reason, keys = np.zeros(height, dtype=np.int8), np.zeros(height, dtype=np.uint64)
    for start in range(0, height, part):
        rows = extract.read(("document_id", "created_at"), start, part)
        read = rows.select(reason=_reason(_usable(rows["document_id"])), key=pl.col("document_id").hash())
        reason[start : start + part] = read["reason"].to_numpy()
        keys[start : start + part] = read["key"].to_numpy()
    copies = np.ones(height, dtype=np.int64)
    shared = repeated(pl.Series(keys)).to_numpy()
    if shared.any():
        places = np.flatnonzero(shared)
        rows = extract.with_keys(pl.Series(keys[shared]), places).with_columns(pl.Series("_place", places))
        for place, why, different in _judge_copies(rows.filter(pl.Series(reason[places] == 0))):
            reason[place], copies[place] = why, different
    return Usable(reason, keys, copies)


def _usable(identities: pl.Series) -> pl.Series:
    """Ids that may stand in a table: short codes that hold no identity code."""
    numbers = identities.str.contains(NUMBERS)
    if numbers.all():  # no letter and no sign, so no identity code
        return numbers
    return identities.str.contains(SAFE_CODE) & ~identities.str.contains(IDENTITY_CODE)


def _reason(usable: pl.Series) -> pl.Expr:
    """0, or one more than the place of the reason."""
    identity = pl.col("document_id")
    return (
        pl.when(identity.is_null() | (identity.str.strip_chars() == ""))
        .then(1)
        .when(~usable)
        .then(2)
        .when(pl.col("created_at").is_null())
        .then(3)
        .otherwise(0)
        .cast(pl.Int8)
    )


def _judge_copies(rows: pl.DataFrame) -> list[tuple[int, int, int]]:
    """Place, reason (0 is judged) and number of different documents of each document that shares an id."""
    names = [name for name in rows.columns if name not in ("document_id", "_place")]
    fields = pl.concat_str([pl.col(n).cast(pl.String).fill_null("\x00") for n in names], separator="\x1f")
    first = pl.int_range(pl.len()).over("document_id") == 0
    same = pl.col("_all") == pl.col("_all").first().over("document_id")
    return (
        rows.with_columns(_all=fields)
        .sort("document_id", "created_at", "_all", descending=[False, True, True])
        .select(
            "_place",
            why=pl.when(first).then(0).when(same).then(4).otherwise(5),
            different=pl.when(first).then(pl.col("_all").n_unique().over("document_id")).otherwise(1),
        )
        .rows()
    )
