"""Raw downloads: immutable, content-addressed, with a manifest."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from lake.raw import DamagedRawFileError, RawStore

DAY = date(2026, 11, 22)


def test_bytes_rest_under_their_own_digest(tmp_path: Path) -> None:
    path = RawStore(tmp_path, "statfin").put(b"abc", "https://example.org/a", DAY, "CC BY 4.0")
    assert path == tmp_path / "statfin" / hashlib.sha256(b"abc").hexdigest()
    assert path.read_bytes() == b"abc"


def test_the_manifest_tells_where_each_came_from(tmp_path: Path) -> None:
    store = RawStore(tmp_path, "statfin")
    store.put(b"abc", "https://example.org/a", DAY, "CC BY 4.0")
    store.put(b"defg", "https://example.org/b", DAY, "CC0")
    lines = (tmp_path / "statfin" / "manifest.jsonl").read_text().splitlines()
    assert [json.loads(line)["url"] for line in lines] == ["https://example.org/a", "https://example.org/b"]
    assert [(r.size, r.licence, r.fetched_on) for r in store.records()] == [
        (3, "CC BY 4.0", "2026-11-22"),
        (4, "CC0", "2026-11-22"),
    ]


def test_the_same_download_is_kept_and_noted_once(tmp_path: Path) -> None:
    store = RawStore(tmp_path, "statfin")
    first = store.put(b"abc", "u", DAY, "CC0")
    born = first.stat().st_mtime_ns
    assert store.put(b"abc", "u", DAY, "CC0") == first
    assert first.stat().st_mtime_ns == born
    assert len(store.records()) == 1


def test_a_damaged_file_is_noticed_and_replaced_by_the_next_download(tmp_path: Path) -> None:
    store = RawStore(tmp_path, "statfin")
    path = store.put(b"abc", "u", DAY, "CC0")
    store.remember("question", path.name, DAY)
    path.write_bytes(b"ab")
    with pytest.raises(DamagedRawFileError, match="delete the file and fetch again"):
        store.read(path.name)
    assert store.answer("question") is None
    store.put(b"abc", "u", DAY, "CC0")
    assert store.answer("question") == (b"abc", DAY)


def test_writers_at_the_same_time_lose_no_manifest_line(tmp_path: Path) -> None:
    store = RawStore(tmp_path, "sotkanet")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: store.put(f"{i}".encode(), f"u{i}", DAY, "CC0"), range(40)))
    assert sorted(r.url for r in store.records()) == sorted(f"u{i}" for i in range(40))


def test_writers_of_the_same_bytes_do_not_trip_each_other(tmp_path: Path) -> None:
    store = RawStore(tmp_path, "sotkanet")
    with ThreadPoolExecutor(8) as pool:
        paths = set(pool.map(lambda _: store.put(b"same", "u", DAY, "CC0"), range(40)))
    assert [path.read_bytes() for path in paths] == [b"same"]
    assert len(store.records()) == 1
