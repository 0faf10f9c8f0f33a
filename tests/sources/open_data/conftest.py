"""The replay server and clients that do not really wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from sources.http_client import HttpClient, RateLimit, RetryPolicy
from sources.open_data import OpenDataClient
from tests.replay.server import ReplayServer, replaying


@dataclass
class Clock:
    """A clock that moves only when someone sleeps."""

    now: float = 0.0
    sleeps: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def replay() -> Iterator[ReplayServer]:
    with replaying() as server:
        yield server


@pytest.fixture
def recorded_replay(real_data: Path) -> Iterator[ReplayServer]:
    with replaying(real_data) as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def http(clock: Clock) -> Iterator[HttpClient]:
    with HttpClient(
        read_timeout=0.5,
        rate=RateLimit(1000, 1.0),
        retry=RetryPolicy(),
        sleep=clock.sleep,
        clock=clock,
        trust_env=False,
    ) as client:
        yield client


@pytest.fixture
def client(http: HttpClient, tmp_path: Path) -> OpenDataClient:
    return OpenDataClient(http, tmp_path / "raw", date(2026, 11, 22))


@pytest.fixture
def offline(http: HttpClient, tmp_path: Path) -> Callable[[], OpenDataClient]:
    return lambda: OpenDataClient(http, tmp_path / "raw", date(2027, 1, 1), offline=True)
