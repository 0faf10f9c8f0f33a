"""Report model -> tagged PDF (PDF/UA-1) through typst: bundled fonts only, fixed timestamp, equal bytes."""

from __future__ import annotations

import json
import threading
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reporting.pdf.blocks import Block, Bullets, Figure, Heading, KeyFigures, Note, Paragraph, Report, Table

if TYPE_CHECKING:
    from typst import Compiler

FOLDER = Path(__file__).parent
KINDS: dict[type[Block], str] = {
    Heading: "heading",
    Paragraph: "paragraph",
    Note: "note",
    Bullets: "bullets",
    KeyFigures: "key_figures",
    Table: "table",
    Figure: "figure",
}


class TypesettingError(RuntimeError):
    """A report that typst refused, with its title and typst's own words."""


def pdf_bytes(report: Report, *, as_of: date) -> bytes:
    """Print a report as PDF/UA-1.

    Args:
        report: the report; its strings are data to the template, so no markup in them is ever read.
        as_of: day written as the file's creation date; the clock is not asked.

    Raises:
        TypesettingError: typst refused the document.
    """
    from typst import TypstError

    stamp = datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC)
    try:
        pdf = _compiler().compile(
            format="pdf", pdf_standards=["ua-1"], timestamp=stamp, sys_inputs={"report": _as_json(report)}
        )
    except TypstError as error:
        raise TypesettingError(f"report '{report.title}' ({report.language}): {error}") from error
    assert isinstance(pdf, bytes)  # noqa: S101 (one output format gives one file)
    return pdf


_own = threading.local()


def _compiler() -> Compiler:
    """One compiler for each thread: the fonts are read once in it."""
    from typst import Compiler

    if not hasattr(_own, "compiler"):
        _own.compiler = Compiler(
            FOLDER / "template.typ", root=FOLDER, font_paths=[FOLDER / "fonts"], ignore_system_fonts=True
        )
    compiler: Compiler = _own.compiler
    return compiler


def plain(report: Report) -> dict[str, Any]:
    """The report as a mapping, each block with its kind; what is inside blocks is not copied."""
    return {**vars(report), "blocks": [{**vars(block), "kind": KINDS[type(block)]} for block in report.blocks]}


def _as_json(report: Report) -> str:
    return json.dumps(plain(report), ensure_ascii=False, default=vars)
