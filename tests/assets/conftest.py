"""One PostgreSQL server for the tests that need it."""

from collections.abc import Iterator

import pytest

from tests.postgres import postgres_server


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """URL of a server of the tests' own."""
    with postgres_server() as url:
        yield url
