"""Reports as HTML and PDF: the PDFs are set beside each other while the next report is put together."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from pathlib import Path

from reporting.pdf.blocks import Report
from reporting.pdf.html_page import html_page
from reporting.pdf.typeset import pdf_bytes

SETTERS, WAITING = 2, 4  # the typesetter lets Python go on; few wait, so that not all reports are held at once


def print_reports(reports: Iterable[tuple[Path, Report]], *, as_of: date) -> list[Path]:
    """Write reports as HTML pages and PDFs; the same reports give the same bytes, however they are set.

    Args:
        reports: file name without ending, and the report.
        as_of: day written into the PDFs.

    Returns:
        The files in the order of the reports, `.html` before `.pdf`.

    Raises:
        reporting.pdf.typeset.TypesettingError: a report could not be set.
    """
    written: list[Path] = []
    waiting: list[Future[None]] = []
    with ThreadPoolExecutor(SETTERS) as setters:
        for stem, report in reports:
            html, pdf = (stem.with_name(f"{stem.name}.{ending}") for ending in ("html", "pdf"))
            html.parent.mkdir(parents=True, exist_ok=True)
            html.write_text(html_page(report), encoding="utf-8")
            waiting.append(setters.submit(_set, report, pdf, as_of))
            written += [html, pdf]
            if len(waiting) > WAITING:
                waiting.pop(0).result()
        for job in waiting:
            job.result()
    return written


def _set(report: Report, path: Path, as_of: date) -> None:
    path.write_bytes(pdf_bytes(report, as_of=as_of))
