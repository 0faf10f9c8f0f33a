"""What a recipient may see of an edition: the files of the bundle, named as the recipient gets them."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from counties import County, Recipient
from reporting.quality.work_lists import file_name
from reporting.tables import METADATA, csv_text, metadata_text

PERSONAL = "work_lists"


@dataclass(frozen=True)
class Bundle:
    """Files for one recipient: name within the bundle -> content."""

    files: dict[str, bytes]

    @property
    def personal(self) -> bool:
        """Whether records of persons (a unit's work list) are among them."""
        return any(name.startswith(f"{PERSONAL}/") for name in self.files)

    @property
    def fingerprint(self) -> str:
        """Fingerprint of names and contents."""
        digest = hashlib.sha256()
        for name, content in sorted(self.files.items()):
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()


def granted(recipient: Recipient, county: County, edition: Path, restricted: Path) -> Bundle:
    """The files of an edition that a recipient may see.

    Who has the county's own code among the areas sees the whole county; others see their areas alone: the reports
    of the areas, and the tables without rows of other areas.

    Args:
        recipient: from the county file.
        county: the county.
        edition: folder of the published edition.
        restricted: folder of the units' work lists, one folder a unit.
    """
    whole = county.code in recipient.areas
    found: dict[str, bytes] = {}
    for kind in _KINDS[recipient.role]:
        if whole or kind in ("tables", "structural", "quality"):
            found |= dict(_files(kind, recipient, county, edition))
    if recipient.role == "lead":
        found |= dict(_work_lists(recipient, restricted))
    return Bundle(dict(sorted(found.items())))


# An edition's folders and files that each role reads.
_KINDS = {
    "planner": ("situation", "workbook", "tables", "structural"),
    "lead": ("structural", "quality"),
    "engineer": ("edition.json", "tables", "quality"),
}


def _files(kind: str, recipient: Recipient, county: County, edition: Path) -> Iterator[tuple[str, bytes]]:
    if kind == "tables" and county.code not in recipient.areas:
        yield from _tables_of(recipient.areas, edition / kind)
        return
    place = edition / kind
    for path in [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file()):
        if _is_theirs(path, kind, recipient, county):
            yield str(path.relative_to(edition)), path.read_bytes()


def _is_theirs(path: Path, kind: str, recipient: Recipient, county: County) -> bool:
    """Reports and workbooks in the recipient's language; of reports on areas, those of the recipient's areas."""
    if kind in ("structural", "quality"):
        every = [area.code for area in county.service_areas] if county.code in recipient.areas else []
        return any(path.stem == f"{kind}_{area}_{recipient.language}" for area in (*recipient.areas, *every))
    if kind == "workbook":
        return path.stem.endswith((f"_{recipient.language}", f"-{recipient.language}"))
    return True


def _tables_of(areas: tuple[str, ...], folder: Path) -> Iterator[tuple[str, bytes]]:
    """Published tables with the rows of these areas; tables without areas are left out, for they speak of all."""
    kept: list[str] = []
    for path in sorted(folder.glob("*.parquet")):
        table = pq.read_table(path)
        if "area" in table.column_names:
            rows = table.filter(
                pc.is_in(table["area"], value_set=pa.array(areas, table.schema.field("area").type))
            )
            packed = io.BytesIO()
            pq.write_table(rows, packed, compression="zstd")  # with the meanings of the columns
            yield f"{folder.name}/{path.name}", packed.getvalue()
            yield f"{folder.name}/{path.stem}.csv", csv_text(pl.DataFrame(pl.from_arrow(rows))).encode()
            kept.append(f"{path.stem}.csv")
    described = folder / METADATA
    if kept and described.exists():
        about = json.loads(described.read_text(encoding="utf-8"))
        about["tables"] = [table for table in about["tables"] if table["url"] in kept]
        yield f"{folder.name}/{METADATA}", metadata_text(about).encode()


def units_not_found(recipient: Recipient, restricted: Path) -> tuple[str, ...]:
    """Units of a recipient that have neither a report nor a work list in the recipient's language."""
    return tuple(unit for unit in recipient.units if not _of_unit(unit, recipient.language, restricted))


def _work_lists(recipient: Recipient, restricted: Path) -> Iterator[tuple[str, bytes]]:
    for unit in recipient.units:
        for path in _of_unit(unit, recipient.language, restricted):
            yield f"{PERSONAL}/{path.parent.name}/{path.name}", path.read_bytes()


def _of_unit(unit: str, language: str, restricted: Path) -> list[Path]:
    return sorted((restricted / file_name(unit)).glob(f"*_{language}.*"))
