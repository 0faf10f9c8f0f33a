"""What kind of file its first bytes tell, when it is no delimited text, and how to make a table of it."""

from __future__ import annotations

import re

_CSV = "save it as CSV in UTF-8"
_SHEET = "save its sheet as CSV in UTF-8"
_UNPACK = "unpack it and give the CSV or Parquet file that is in it"
_EXPORT = "export it as CSV in UTF-8 (a header row, then one row each) or as Parquet"

_KINDS: tuple[tuple[re.Pattern[bytes], str, str], ...] = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), kind, mend)
    for pattern, kind, mend in (
        (rb"PK\x03\x04.{26}mimetypeapplication/vnd\.oasis\.opendocument", "an OpenDocument file", _SHEET),
        (rb"PK\x03\x04.*(\[Content_Types\]\.xml|xl/workbook)", "an Excel workbook or other Office file", _SHEET),
        (rb"PK(\x03\x04|\x05\x06)", "a ZIP archive", _UNPACK),
        (rb"\x1f\x8b", "a gzip archive", _UNPACK),
        (rb"BZh[1-9]1AY", "a bzip2 archive", _UNPACK),
        (rb"\xfd7zXZ\x00", "an xz archive", _UNPACK),
        (rb"\x28\xb5\x2f\xfd", "a Zstandard archive", _UNPACK),
        (rb"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
        (rb".{257}ustar", "a tar archive", _UNPACK),
        (rb"%PDF", "a PDF", _CSV),
        (rb"\xd0\xcf\x11\xe0", "an old Excel or Word file", _CSV),
        (rb"\xff\xfe|\xfe\xff", "UTF-16 text", _CSV),
        (rb"ARROW1", "an Arrow (Feather) file", "save it as Parquet"),
        (rb"SQLite format 3", "an SQLite database", _EXPORT),
        (rb"(\xef\xbb\xbf)?\s*(\{\s*[\"}]|\[\s*[\[{\"\d\]])", "JSON", _EXPORT),
        (rb"(\xef\xbb\xbf)?\s*(<!doctype html|<html)", "a web page (HTML)", _EXPORT),
        (rb"(\xef\xbb\xbf)?\s*<(\?xml|[a-z])", "XML", _EXPORT),
    )
)


def other_kind(head: bytes) -> tuple[str, str] | None:
    """The kind that the beginning of a file tells it to be, and the mend; None where it may be delimited text.

    Args:
        head: its first bytes, some thousands of them.
    """
    found = ((kind, mend) for pattern, kind, mend in _KINDS if pattern.match(head))
    return next(found, None)
