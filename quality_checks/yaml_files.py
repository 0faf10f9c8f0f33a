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


def read_keyed(path: Path, key: str, kind: type, holds: str, error: type[ValueError]) -> dict[str, Any]:
    """A file of keys and values, one of which must be there.

    Args:
        path: the file.
        key: the key that must be there.
        kind: of its value.
        holds: what it holds, for the message.
        error: raised with a message for people when the file cannot be used.
    """
    try:
        data = read_yaml(path)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as reason:
        raise error(f"{path.name}: cannot be read as YAML: {reason}; correct the file") from None
    if not isinstance(data, dict) or not isinstance(data.get(key), kind):
        raise error(f"{path.name}: expected a key `{key}` with {holds}")
    return data
