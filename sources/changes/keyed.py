"""Keyed hashes of bytes and of rows. Who does not have the key cannot confirm a guessed value by them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

NONE = 0
_DIGEST = 16
_KEY = 32
# Rows at a time: the numbers of a block stay in the processor's nearest memory.
_BLOCK = 1 << 14
_CONSTANTS = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
_ONE_WORD = 8 << 56
_CODED = (pl.Categorical, pl.Enum, pl.Null)


@dataclass(frozen=True)
class KeyedHashes:
    """Hashes that depend on a secret key.

    Attributes:
        key: 32 secret bytes.
    """

    key: bytes = field(repr=False)

    def mark(self, *parts: bytes | memoryview | str) -> str:
        """32 hexadecimal digits that are equal where all parts are."""
        told = hashlib.blake2b(key=self.key, digest_size=_DIGEST)
        for part in parts:
            data = part.encode() if isinstance(part, str) else part
            told.update(len(data).to_bytes(8, "little"))
            told.update(data)
        return told.hexdigest()

    def rows(self, frame: pl.DataFrame, purpose: str) -> Any:
        """64 bits for each row, equal where all columns are; rows hashed for other purposes share none.

        A quick hash makes a number of each row, and SipHash of that number lets nobody without the key tell which.
        """
        if not frame.width:
            return np.zeros(frame.height, dtype=np.uint64)
        coded = [name for name, kind in frame.schema.items() if isinstance(kind, _CODED)]
        quick = frame.with_columns(pl.col(coded).cast(pl.String)).hash_rows().to_numpy()
        key = hashlib.blake2b(purpose.encode(), key=self.key, digest_size=_DIGEST).digest()
        return siphash(key, quick)


def siphash(key: bytes, words: Any) -> Any:
    """SipHash-2-4 of each of some 64-bit words, taken as eight bytes in little-endian order.

    Args:
        key: 16 bytes.
        words: shape (n,), unsigned 64-bit numbers.
    """
    found = np.empty(len(words), dtype=np.uint64)
    for start in range(0, len(words), _BLOCK):
        found[start : start + _BLOCK] = _of_block(key, words[start : start + _BLOCK])
    return found


def _of_block(key: bytes, words: Any) -> Any:
    halves = np.frombuffer(key, dtype="<u8")
    state = [
        np.full(len(words), int(halves[place % 2]) ^ constant, dtype=np.uint64)
        for place, constant in enumerate(_CONSTANTS)
    ]
    spare = np.empty(len(words), dtype=np.uint64)
    for word in (words, np.uint64(_ONE_WORD)):
        state[3] ^= word
        _rounds(state, spare, 2)
        state[0] ^= word
    state[2] ^= np.uint64(0xFF)
    _rounds(state, spare, 4)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _rounds(state: list[Any], spare: Any, number: int) -> None:
    a, b, c, d = state
    for _ in range(number):
        _mix(a, b, spare, 13)
        _turn(a, spare, 32)
        _mix(c, d, spare, 16)
        _mix(a, d, spare, 21)
        _mix(c, b, spare, 17)
        _turn(c, spare, 32)


def _mix(one: Any, other: Any, spare: Any, bits: int) -> None:
    one += other
    _turn(other, spare, bits)
    other ^= one


def _turn(words: Any, spare: Any, bits: int) -> None:
    """Turn the bits of each word to the left, in place."""
    np.right_shift(words, np.uint64(64 - bits), out=spare)
    np.left_shift(words, np.uint64(bits), out=words)
    words |= spare
