"""Draws that are kept outside memory until they are summed up: quantiles stay exact however many draws there are.

Draws come in batches. One batch is summed up at once; of several, each is written to a temporary file, and rows
are read back a few at a time with all their draws. What is in memory does not grow with the number of draws.
"""

from __future__ import annotations

import os
import pickle
import tempfile
import weakref
from collections.abc import Callable, Hashable
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Summary = Callable[[NDArray[Any]], FloatArray]
"""From draws on the last axis, (..., draws), to numbers, (..., numbers); it may sort what it is given."""

READ_AT_ONCE = 2**22
"""Bytes of draws read back at a time."""


class Spill:
    """A temporary file that grows at its end and is read anywhere; it goes with its owner, and may be pickled."""

    def __init__(self, content: bytes = b"") -> None:
        self._file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as this object)
        weakref.finalize(self, self._file.close)
        self._size = 0
        if content:
            self.append(memoryview(content))

    def append(self, content: memoryview) -> int:
        """Write at the end; returns where it begins."""
        begin = self._size
        done = 0
        while done < content.nbytes:
            done += os.pwrite(self._file.fileno(), content[done:], begin + done)
        self._size = begin + content.nbytes
        return begin

    def read(self, begin: int, size: int) -> bytearray:
        """So many bytes from a place; threads may read together."""
        found = bytearray(size)
        view, done = memoryview(found), 0
        while done < size:
            got = os.preadv(self._file.fileno(), [view[done:]], begin + done)
            if got == 0:
                raise OSError(f"a temporary file of draws ends at {begin + done} of {begin + size} bytes")
            done += got
        return found

    def __reduce__(self) -> tuple[type[Spill], tuple[bytes]]:
        return Spill, (bytes(self.read(0, self._size)),)


class _Piece(NamedTuple):
    """One batch of one name: where its rows begin, and of what kind they are."""

    begin: int
    rows: int
    draws: int
    dtype: np.dtype[Any]

    def cut(self, spill: Spill, first: int, last: int) -> NDArray[Any]:
        width = self.draws * self.dtype.itemsize
        part = spill.read(self.begin + first * width, (last - first) * width)
        return np.frombuffer(part, dtype=self.dtype).reshape(last - first, self.draws)


class DrawStore:
    """Draws by name, added batch by batch and summed up when asked for.

    Args:
        batches: how many batches every name gets.
    """

    def __init__(self, batches: int) -> None:
        self._spill = Spill() if batches > 1 else None
        self._kept: dict[Hashable, NDArray[Any]] = {}
        self._pieces: dict[Hashable, list[_Piece]] = {}
        self._shapes: dict[Hashable, tuple[int, ...]] = {}

    def add(self, name: Hashable, draws: NDArray[Any], summary: Summary | None = None) -> None:
        """The next batch of a name, shape (..., draws); `summary` is what will be asked, None for the draws."""
        if self._spill is None:
            self._kept[name] = draws.copy() if summary is None else summary(draws)
            return
        rows = np.ascontiguousarray(draws).reshape(-1, draws.shape[-1])
        begin = self._spill.append(memoryview(rows.data).cast("B"))
        self._pieces.setdefault(name, []).append(_Piece(begin, *rows.shape, rows.dtype))
        self._shapes[name] = draws.shape[:-1]

    def summed_up(self, name: Hashable, summary: Summary) -> FloatArray:
        """The summary of all draws of a name, shape (..., numbers)."""
        if self._spill is None:
            return self._kept[name]
        pieces = self._pieces[name]
        width = sum(p.draws * p.dtype.itemsize for p in pieces)
        step = max(1, READ_AT_ONCE // width)
        parts = [summary(self._rows(name, first, first + step)) for first in range(0, pieces[0].rows, step)]
        found = np.concatenate(parts)
        return found.reshape(*self._shapes[name], *found.shape[1:])

    def draws(self, name: Hashable) -> NDArray[Any]:
        """All draws of a name that was added without a summary, shape (..., draws)."""
        if self._spill is None:
            return self._kept[name]
        rows = self._rows(name, 0, self._pieces[name][0].rows)
        return rows.reshape(*self._shapes[name], -1)

    def _rows(self, name: Hashable, first: int, last: int) -> NDArray[Any]:
        if self._spill is None:
            raise ValueError("draws of a single batch are not in a file")
        pieces = self._pieces[name]
        last = min(last, pieces[0].rows)
        return np.concatenate([p.cut(self._spill, first, last) for p in pieces], axis=-1)


class ObjectStore:
    """Objects in a temporary file, loaded anew by their number; arrays are written as they are."""

    def __init__(self) -> None:
        self._spill = Spill()
        self._places: list[list[tuple[int, int]]] = []

    def append(self, thing: object) -> None:
        """Keep one more object."""
        buffers: list[pickle.PickleBuffer] = []
        head = pickle.dumps(thing, protocol=5, buffer_callback=buffers.append)
        parts = [memoryview(head), *(b.raw() for b in buffers)]
        self._places.append([(self._spill.append(part), part.nbytes) for part in parts])

    def load(self, number: int) -> Any:
        """The object of a number."""
        head, *buffers = (self._spill.read(*place) for place in self._places[number])
        return pickle.loads(head, buffers=buffers)  # noqa: S301  (written by this process, in a file without a name)
