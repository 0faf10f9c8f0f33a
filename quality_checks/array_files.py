"""Files of plain arrays: written whole, read only where they are looked at."""

from __future__ import annotations

import os
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import numpy as np

from quality_checks.files import written_whole


def write_array(values: Any, path: Path) -> None:
    """Write the numbers of an array, without its shape."""
    with written_whole(path) as temporary:
        values.tofile(temporary)


def mapped_array(path: Path, dtype: Any) -> Any:
    """The numbers of a file; shape (numbers,)."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return np.zeros(0, dtype=dtype)
        return np.frombuffer(mmap(file.fileno(), 0, access=ACCESS_READ), dtype=dtype)
