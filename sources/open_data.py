"""Open data with a memory: every answer rests in the raw store, and a question is not asked twice.

Small answers that tell what is current (metadata) are asked on every run; large ones are asked once per
(table, query, updated). Offline, all come from the store.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from lake.fingerprint import fingerprint
from lake.raw import RawStore
from sources.http_client import FetchError, HttpClient, RefusedError, Request

TOO_LARGE = 403


@dataclass(frozen=True)
class Publisher:
    """Who publishes the data.

    Attributes:
        name: short name, the folder of the raw store.
        title: name to show.
        licence: licence to show.
    """

    name: str
    title: str
    licence: str

    @property
    def source(self) -> str:
        """Text of the `source` column."""
        return f"{self.title}, {self.licence}"


STATISTICS_FINLAND = Publisher("statfin", "Statistics Finland (Tilastokeskus)", "CC BY 4.0")
SOTKANET = Publisher("sotkanet", "THL Sotkanet", "CC BY 4.0")
STATISTICS_SWEDEN = Publisher("scb", "Statistics Sweden (SCB)", "CC0")


class NotFetchedError(FetchError):
    """Offline, and the question was never answered before."""


@dataclass(frozen=True)
class Kept:
    """An answer and the day it was first fetched."""

    data: Any
    fetched_on: date


@dataclass(frozen=True)
class OpenDataClient:
    """Questions to publishers, answered from the raw store when they can be.

    Attributes:
        http: the client that asks.
        raw: folder of the raw store.
        fetched_on: the day to note beside what is fetched now.
        offline: answer from the store alone.
    """

    http: HttpClient
    raw: Path
    fetched_on: date
    offline: bool = False

    def current(self, publisher: Publisher, request: Request) -> Kept:
        """Ask now (offline: give the latest answer). For small answers that tell whether others have changed.

        Raises:
            NotFetchedError: offline and never asked before.
            FetchError: no usable answer.
        """
        key = fingerprint("current", request.identity)
        return self._kept(publisher, key, request) if self.offline else self._ask(publisher, key, request)

    def versioned(self, publisher: Publisher, request: Request, table: str, updated: str) -> Kept:
        """Answer of a query to one release of a table; asked once, then read from the store.

        Args:
            publisher: who answers.
            request: the query.
            table: the table's name, part of the key.
            updated: the release of the table, part of the key.

        Raises:
            RefusedError: refused now, or refused as too large (403) before; that is remembered too.
        """
        key = fingerprint("versioned", table, updated, request.identity)
        if reason := self._store(publisher).refusal(key):
            raise RefusedError(reason, TOO_LARGE)
        try:
            return self._kept(publisher, key, request)
        except NotFetchedError:
            if self.offline:
                raise
        try:
            return self._ask(publisher, key, request)
        except RefusedError as error:
            if error.status == TOO_LARGE:
                self._store(publisher).refuse(key, str(error))
            raise

    def _kept(self, publisher: Publisher, key: str, request: Request) -> Kept:
        answer = self._store(publisher).answer(key)
        if answer is None:
            raise NotFetchedError(
                f"{request.address}: never fetched into {self._store(publisher).folder}, expected "
                f"{request.expected}; run once with a network"
            )
        return Kept(json.loads(answer[0]), answer[1])

    def _ask(self, publisher: Publisher, key: str, request: Request) -> Kept:
        answer = self.http.fetch(request)
        store = self._store(publisher)
        path = store.put(answer.body, request.address, self.fetched_on, publisher.licence)
        store.remember(key, path.name, self.fetched_on)
        return Kept(answer.data, self.fetched_on)

    def _store(self, publisher: Publisher) -> RawStore:
        return RawStore(self.raw, publisher.name)


@contextmanager
def open_data_client(raw: Path, fetched_on: date, *, offline: bool = False) -> Iterator[OpenDataClient]:
    """A client with the default manners, closed at the end.

    Args:
        raw: folder of the raw store, `data/raw`.
        fetched_on: today, given by the caller.
        offline: answer from the store alone.
    """
    with HttpClient() as http:
        yield OpenDataClient(http, raw, fetched_on, offline)
