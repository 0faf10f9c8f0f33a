"""YAML files as plain data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

# The parser in C reads in a tenth of the time; it is not built everywhere.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """What a file says, made of lists, keys and plain values.

    Raises:
        OSError: the file cannot be read.
        UnicodeDecodeError: it is not UTF-8.
        yaml.YAMLError: it is no YAML.
    """
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 (a safe loader)
