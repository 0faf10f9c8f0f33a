"""Dagster's event log on SQLite, with the engine of each file made once.

Dagster makes an engine for every event, which costs more than storing it. Named in `dagster.yaml` in place of its
own class; files and tables are the same.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._serdes import ConfigurableClassData
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool

MOST_ENGINES = 8
SECONDS_TO_WAIT = 30  # for another process that writes


class EventLog(SqliteEventLogStorage):
    """The event log; a file's first use in a process, which makes its tables, is left to Dagster."""

    def __init__(self, *given: Any, **named: Any) -> None:
        self._engines: dict[str, Engine] = {}
        self._one_at_a_time = threading.Lock()
        super().__init__(*given, **named)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> EventLog:
        """From the configuration in `dagster.yaml`; Dagster's own method makes its own class."""
        return cls(inst_data=inst_data, **config_value)

    def run_connection(self, run_id: str | None = None) -> AbstractContextManager[Connection]:
        """A transaction on the file of a run."""
        return self._transaction(str(run_id), super().run_connection(run_id))

    def index_connection(self) -> AbstractContextManager[Connection]:
        """A transaction on the file that all runs share."""
        return self._transaction(INDEX_SHARD_NAME, super().index_connection())

    def wipe(self) -> None:
        """Take all files away."""
        self._engines.clear()
        super().wipe()

    @contextmanager
    def _transaction(self, shard: str, first: AbstractContextManager[Connection]) -> Iterator[Connection]:
        with self._one_at_a_time:
            engine = self._engines.get(shard)
            with engine.begin() if engine else first as connection:
                yield connection
            if engine is None:
                self._remember(shard)

    def _remember(self, shard: str) -> None:
        while len(self._engines) >= MOST_ENGINES:
            self._engines.pop(next(iter(self._engines))).dispose()
        waiting = {"timeout": SECONDS_TO_WAIT}
        # No pool: a connection must not pass from thread to thread.
        self._engines[shard] = create_engine(
            self.conn_string_for_shard(shard), poolclass=NullPool, connect_args=waiting
        )
