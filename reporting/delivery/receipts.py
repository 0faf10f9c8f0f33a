"""Receipts: who got what of which edition, or why not. They name recipients by reference, never by address."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from lake.atomic import written_atomically

DELIVERED, FAILED = "delivered", "failed"
SCHEMA: dict[str, type[pl.DataType]] = {
    "edition": pl.String,
    "recipient": pl.String,
    "role": pl.String,
    "channel": pl.String,
    "language": pl.String,
    "status": pl.String,
    "files": pl.Int64,
    "bytes": pl.Int64,
    "personal": pl.Boolean,
    "fingerprint": pl.String,
    "attempts": pl.Int64,
    "reason": pl.String,
    "at": pl.String,
}
KEY = ("edition", "recipient")


@dataclass(frozen=True)
class Receipt:
    """One delivery.

    Attributes:
        edition, recipient: the key; the recipient is a reference.
        status: `delivered` or `failed`; `reason` says why it failed.
        personal: whether a unit's work list was among the files.
        fingerprint: of the files.
        attempts: tries of the last run.
        at: when, UTC.
    """

    edition: str
    recipient: str
    role: str
    channel: str
    language: str
    status: str
    files: int
    bytes: int
    personal: bool
    fingerprint: str
    attempts: int
    reason: str
    at: str


def read_receipts(path: Path) -> pl.DataFrame:
    """All receipts of a county; an empty table when there are none."""
    return pl.read_parquet(path) if path.exists() else pl.DataFrame(schema=SCHEMA)


def keep(path: Path, receipt: Receipt) -> None:
    """Write a receipt in place of an earlier one of the same edition and recipient."""
    known = read_receipts(path)
    same = (pl.col("edition") == receipt.edition) & (pl.col("recipient") == receipt.recipient)
    table = pl.concat([known.filter(~same), pl.DataFrame([asdict(receipt)], schema=SCHEMA)]).sort(KEY)
    with written_atomically(path) as temporary:
        table.write_parquet(temporary)


def has_received(path: Path, edition: str, recipient: str) -> bool:
    """Whether the edition has reached the recipient."""
    return not read_receipts(path).filter(edition=edition, recipient=recipient, status=DELIVERED).is_empty()
