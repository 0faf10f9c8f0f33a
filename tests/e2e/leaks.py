"""Markers planted in a county's extracts, and the search for them in everything that a run writes."""

from __future__ import annotations

import base64
import binascii
import gzip
import re
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl

STEM = "qxmerkki"
IDENTITY_CODE, PHONE = "131052-308T", "040 7654321"
MISWRITTEN_CODE = "010170-123Z"
NEEDLES = (STEM, IDENTITY_CODE.lower(), MISWRITTEN_CODE.lower(), PHONE, PHONE.replace(" ", ""))
FREE_TEXT = f" Omainen Qxmerkkinimi Sukunimi, {IDENTITY_CODE}, puh. {PHONE}, qxmerkki@example.invalid."
FEW = 6
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{120,}={0,2}")
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


def plant(demo: Path, folder: Path) -> None:
    """Copy a synthetic county with a marker in every identifier, every text and some malformed values."""
    shutil.copytree(demo, folder, ignore=shutil.ignore_patterns("truth"))
    documents = pl.read_parquet(folder / "documents.parquet")
    first = pl.int_range(pl.len()) < FEW
    documents.with_columns(
        *(_marked(name) for name in ("case_id", "author_id")),
        _some("client_id", MISWRITTEN_CODE, start=40, others=_marked("client_id")),
        pl.col("text") + FREE_TEXT,
        _planted_content(first),
        *(
            pl.when(pl.int_range(pl.len()) % 97 == place)
            .then(pl.lit(f"{STEM}-{name}"))
            .otherwise(name)
            .alias(name)
            for place, name in enumerate(
                ("document_type", "status", "service_task", "process_phase", "author_role")
            )
        ),
        _some("unit", IDENTITY_CODE, start=60),
        _some("municipality", f"{STEM}-municipality", start=80),
    ).write_parquet(folder / "documents.parquet")
    events = pl.read_parquet(folder / "service_events.parquet")
    events.with_columns(
        *(_marked(name) for name in ("client_id", "professional_id")),
        _some("sex", f"{STEM}-sex", start=0),
        _some("service", f"{STEM}-service", start=20),
        _some("contact", f"{STEM}-contact", start=40),
        _some("unit", f"tiimi {IDENTITY_CODE}", start=60),
    ).write_parquet(folder / "service_events.parquet")
    for table, values in {
        "waiting_list": {
            "arrived_on": f"{STEM}-date",
            "urgency": f"{STEM}-urgency",
            "birth_date": f"{STEM}-birth",
        },
        "observations": {"need": f"{STEM}-need", "observed_on": f"{STEM}-day", "phenomenon": IDENTITY_CODE},
        "proposals": {"status": f"{STEM}-status", "outcome": f"luvattiin {IDENTITY_CODE}"},
        "wellbeing_referrals": {"outcome": f"{STEM}-outcome", "to_kind": f"x {IDENTITY_CODE}"},
    }.items():
        frame = _long_enough(pl.read_csv(folder / f"{table}.csv", infer_schema=False))
        names = [_marked("client_id")] if "client_id" in frame.columns else []
        spoiled = [_some(name, value, start=place, rows=1) for place, (name, value) in enumerate(values.items())]
        frame.with_columns(*names, *spoiled).write_csv(folder / f"{table}.csv")


def _long_enough(frame: pl.DataFrame, rows: int = 100) -> pl.DataFrame:
    """A short table with copies under keys of their own: a few spoiled rows then do not withdraw it whole."""
    key, copies = frame.columns[0], -(-rows // frame.height)
    return pl.concat([frame.with_columns(pl.col(key) + (f"-{copy}" if copy else "")) for copy in range(copies)])


def _marked(name: str) -> pl.Expr:
    return (pl.lit(f"{STEM}-") + pl.col(name)).alias(name)


def _some(name: str, value: str, start: int, rows: int = FEW, others: pl.Expr | None = None) -> pl.Expr:
    spoiled = pl.int_range(pl.len()).is_between(start, start + rows - 1)
    return pl.when(spoiled).then(pl.lit(value)).otherwise(pl.col(name) if others is None else others).alias(name)


def _planted_content(first: pl.Expr) -> pl.Expr:
    """Free text fields marked; in the first rows JSON that breaks, and fields no contract knows."""
    unknown = f'{{"{STEM}-field": "{STEM}-value", "description": "{IDENTITY_CODE}"}}'
    return (
        pl.when(first)
        .then(pl.lit(f'{{"description": "{STEM}-broken'))
        .when(pl.int_range(pl.len()) < 2 * FEW)
        .then(pl.lit(unknown))
        .otherwise(pl.col("content").str.replace('"description":"', f'"description":"{STEM} {IDENTITY_CODE} '))
        .alias("content")
    )


def found_in(file: Path) -> list[str]:
    """Markers in a file, whatever it is wrapped in."""
    hits = {needle for text in texts_of(file) for needle in NEEDLES if needle.encode() in text.lower()}
    return sorted(hits)


def texts_of(file: Path) -> Iterator[bytes]:
    """The file as it is, and what is inside it: tables, archives, databases, compressed and encoded parts."""
    data = file.read_bytes()
    yield data
    if data[:4] == b"PAR1":
        yield from _table(file)
    elif data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(file) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    elif data[:2] == b"\x1f\x8b":
        yield gzip.decompress(data)
    elif data[:16] == b"SQLite format 3\x00":
        yield from _rows(file)
    elif data[:5] == b"%PDF-":
        yield from (plain for part in _STREAM.findall(data) if (plain := _inflated(part)))
    yield from _decoded(data)


def _table(file: Path) -> Iterator[bytes]:
    frame = pl.read_parquet(file, hive_partitioning=False)
    for name in frame.columns:
        yield name.encode()
        if frame.schema[name] == pl.String:
            yield "\n".join(frame[name].drop_nulls().unique().to_list()).encode()
        elif frame.schema[name].is_nested():
            yield "\n".join(map(str, frame[name].to_list())).encode()


def _rows(file: Path) -> Iterator[bytes]:
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            for row in database.execute(f'select * from "{table}"'):
                for value in row:
                    text = value.encode() if isinstance(value, str) else value
                    if isinstance(text, bytes):
                        yield text
                        yield _inflated(text)
                        yield from _decoded(text)


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompress(data)
    except zlib.error:
        return b""


def _decoded(data: bytes) -> Iterator[bytes]:
    for match in _BASE64.finditer(data):
        encoded = match.group().rstrip(b"=")
        try:
            plain = base64.b64decode(encoded[: len(encoded) // 4 * 4])
        except binascii.Error:
            continue
        yield plain
        yield _inflated(plain)
