"""All that the outcome of a row by itself rests on beside the row and the day, as one keyed mark."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

import polars as pl

import sources
from counties.registry import boundary_change_rows
from counties.schema import ExtractMapping
from sources.changes.keyed import KeyedHashes
from sources.contract_shape import Contract
from sources.raw_files import RawFile

_ELSEWHERE = {"files", "query", "url_env"}


def terms_of(
    raw: RawFile,
    mapping: ExtractMapping,
    contract: Contract,
    codes: tuple[Mapping[str, Collection[str]], Mapping[str, Collection[str]]],
    keyed: KeyedHashes,
) -> str:
    """A mark that is equal where the same row has the same outcome on the same day.

    Args:
        raw: the file; its columns and their types count.
        mapping: what its columns are.
        contract: the contract table.
        codes: codes that may stand in its columns, and those that exist elsewhere.
        keyed: makes the mark.
    """
    listed = [{name: sorted(own) for name, own in sorted(side.items())} for side in codes]
    read_as = (
        mapping.model_dump_json(exclude=_ELSEWHERE),
        sorted((name, str(kind)) for name, kind in raw.kinds.items()),
    )
    made_by = program(), pl.__version__, sys.version_info[:2]
    return keyed.mark(repr((read_as, contract, listed, boundary_change_rows(), made_by)))


@cache
def program() -> str:
    """A hash of this package as it is written: any change of it may change what becomes of a row."""
    folder, told = Path(sources.__file__).parent, sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".yaml") and path.is_file():
            told.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    return told.hexdigest()
