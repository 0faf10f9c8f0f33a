"""Where heavy calculations run: threads of this process, or the workers of a Dask scheduler.

A calculation hands over one function and many items (services, origins of a backtest). Randomness comes from seeds
that depend on names, so the results are the same however the work is split.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from distributed import Client

LOCAL = "local"
SECONDS_TO_ANSWER = 30
Item = TypeVar("Item")
Result = TypeVar("Result")


class ComputeError(RuntimeError):
    """The configured cluster cannot be used; the message says which, and how to mend it."""


class Compute(Protocol):
    """A compute resource."""

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Results of a picklable function in the order of the items; the first failure is raised."""
        ...


class LocalThreads:
    """Threads of this process: numpy and Polars release the lock where the work is."""

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or min(2, os.cpu_count() or 1)

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """See `Compute.map`."""
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(function, items))


class DaskCluster:
    """Workers of a Dask scheduler; the function with the tables it holds is sent to each worker once."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """See `Compute.map`."""
        shared = self.client.scatter(function, broadcast=True, hash=False)  # type: ignore[no-untyped-call]
        futures = [self.client.submit(_applied, shared, item, pure=False) for item in items]
        results: list[Result] = self.client.gather(futures)  # type: ignore[no-untyped-call]
        return results


@contextmanager
def computing(address: str) -> Iterator[Compute]:
    """The compute resource of an installation, for one heavy step.

    Args:
        address: `local`, or a Dask scheduler's address such as `tcp://scheduler:8786`; its workers need this
            package at the same version.

    Raises:
        ComputeError: no scheduler answers, it has no workers, or their packages differ.
    """
    if address == LOCAL:
        yield LocalThreads()
        return
    client = _connected(address)
    try:
        yield DaskCluster(client)
    finally:
        client.close()  # type: ignore[no-untyped-call]


def _connected(address: str) -> Client:
    from distributed import Client

    try:
        client = Client(address, timeout=SECONDS_TO_ANSWER, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        raise ComputeError(
            f"compute {address}: no Dask scheduler answers ({type(error).__name__}); start it, or set "
            "'compute: local'"
        ) from None
    try:
        client.wait_for_workers(1, timeout=SECONDS_TO_ANSWER)
        client.get_versions(check=True)
    except (OSError, TimeoutError, ValueError) as error:
        client.close()  # type: ignore[no-untyped-call]
        raise ComputeError(
            f"compute {address}: no worker with these packages ({type(error).__name__}); start workers from the "
            "same lock, or set 'compute: local'"
        ) from None
    return client


def _applied(function: Callable[[Any], Any], item: Any) -> Any:
    return function(item)
