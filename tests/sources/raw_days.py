"""Raw document extracts of several days: rows come, go, move, double, are mended and spoiled."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from sources.contracts import CONTRACTS

CONTRACT = CONTRACTS["documents"]
NOW = datetime(2026, 3, 2, 10)
CODE = "131052-308T"


def row(number: int, **changes: object) -> dict[str, object]:
    """A document that the gate accepts."""
    return {
        "document_id": f"1.2.{number}",
        "client_id": f"client-{number % 7}",
        "case_id": f"case-{number % 9}",
        "service_task": "elderly",
        "process_phase": "assessment",
        "document_type": "assessment",
        "status": "final",
        "unit": "U01",
        "municipality": "398",
        "language": "fi",
        "author_id": "author-1",
        "author_role": "social_worker",
        "event_at": NOW,
        "created_at": NOW + timedelta(minutes=number),
        "signed_at": None,
        "replaces": None,
        "content": '{"needs": ["1"], "other": "words of a client"}',
        "text": f"Asiakas {number} kertoi.",
        **changes,
    }


CHANGES: tuple[dict[str, object], ...] = (
    {"status": "draft"},
    {"language": "sv"},
    {"text": f"Tunnus {CODE}, puh. 040 7654321"},
    {"content": "{"},
    {"content": None, "text": None},
    {"unit": f"U {CODE}"},  # set aside at the door
    {"municipality": "999"},  # set aside at the gate
    {"municipality": "091"},  # of another county
    {"municipality": "98"},
    {"created_at": None},
    {"event_at": NOW + timedelta(days=40)},  # ahead of some days
    {"document_id": "1.2.1"},
    {"document_id": " 1.2.2 "},
    {"document_id": None},
)


def mutated(rows: list[dict[str, object]], rng: np.random.Generator) -> list[dict[str, object]]:
    """The extract of the next day."""
    rows = [dict(own) for own in rows]
    for _ in range(int(rng.integers(0, 4))):
        place = int(rng.integers(len(rows)))
        rows[place] |= CHANGES[int(rng.integers(len(CHANGES)))]
    for _ in range(int(rng.integers(0, 3))):  # mended, or spoiled no more
        place = int(rng.integers(len(rows)))
        rows[place] = row(int(rng.integers(60)), text=rows[place]["text"])
    for _ in range(int(rng.integers(0, 3))):  # the same again, or with a small difference
        copied = rows[int(rng.integers(len(rows)))]
        spelt = str(copied["text"] or "").upper()  # in the lake the same document
        other = [{}, {"text": spelt or None}, {"text": "Muuta."}][int(rng.integers(3))]
        rows.insert(int(rng.integers(len(rows) + 1)), copied | other)
    if rng.random() < 0.6:
        rows.append(row(int(rng.integers(1000))))
    if rng.random() < 0.4 and len(rows) > 3:
        del rows[int(rng.integers(len(rows)))]
    if rng.random() < 0.2:
        rows = [rows[place] for place in rng.permutation(len(rows))]
    if rng.random() < 0.2:
        middle = int(rng.integers(len(rows)))
        rows = rows[middle:] + rows[:middle]
    return rows


def stored(rows: list[dict[str, object]], path: Path, size: int, kinds: dict[str, pl.DataType]) -> Path:
    frame = pl.DataFrame(rows, schema=CONTRACT.raw_schema()).cast(kinds)  # type: ignore[arg-type]
    if path.suffix == ".csv":
        text = frame.write_csv(separator=";")
        path.write_text(text.replace("\n", "\n1;2\n", 1) if size % 2 else text, encoding="utf-8")
    else:
        frame.write_parquet(path, row_group_size=size)
    return path
