"""All products of a published county made again from its lake: seconds, sizes, and when the page first shows.

Bars: every product of the default county in 60 s, a page under 3 MB that shows within a second from disk.

    python -m benchmarks.products --county paijat-hame
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS, BYTES, FIRST_VIEW = 60.0, 3_000_000, 1.0


def main() -> None:
    """Make the products into a folder that is thrown away, and print what they took."""
    from assets import publishing
    from lake.settings import load_settings
    from reporting.page import write_situation_page
    from reporting.tables import write_tables
    from reporting.workbook import write_workbook

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--county", default="paijat-hame")
    parser.add_argument("--open-data", action="store_true", help="the county's real lake, not its synthetic one")
    given = parser.parse_args()
    settings = load_settings().model_copy(update={"synthetic": not given.open_data})
    run = publishing.published_run(settings, given.county)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _timed("disclosure control"):
            protected = publishing.protected_edition(run)
        with _timed("situation page"):
            write_situation_page(protected, folder / "situation")
        with _timed("workbooks"):
            for language in run.county.languages:
                write_workbook(protected, language, folder / "workbook")
        with _timed("tidy tables"):
            write_tables(protected, folder / "tables")
        with _timed("reports"):
            publishing.write_area_reports(run, protected, folder)
        seconds = time.monotonic() - started
        print(f"{'all products':20s} {seconds:38.1f} s of {SECONDS:.0f}: {seconds / SECONDS:.2f}")
        _sizes(folder)
        _first_view(folder / "situation" / f"index.{run.county.languages[0]}.html")


@contextmanager
def _timed(what: str) -> Iterator[None]:
    wall, used = time.monotonic(), _processor()
    yield
    print(f"{what:20s} {_processor() - used:8.1f} s of processor {time.monotonic() - wall:8.1f} s", flush=True)


def _processor() -> float:
    times = os.times()
    return times.user + times.system


def _sizes(folder: Path) -> None:
    page = sum(p.stat().st_size for p in (folder / "situation").iterdir())
    print(f"situation page       {page / 1e6:.2f} MB of {BYTES / 1e6:.0f}: {page / BYTES:.2f}")
    files = [p for p in folder.rglob("*") if p.is_file()]
    print(f"files                {len(files)}, {sum(p.stat().st_size for p in files) / 1e6:.0f} MB")


def _first_view(page: Path) -> None:
    """When Chromium first shows something of the page, opened from disk with nothing cached."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("first view: Chromium is not installed")
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        opened = browser.new_page()
        opened.goto(page.as_uri())
        opened.wait_for_selector("figure.chart svg")
        shown = opened.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1000
        drawn = opened.evaluate("performance.now()") / 1000
        browser.close()
    ratio = shown / FIRST_VIEW
    print(f"first view           {shown:.2f} s of {FIRST_VIEW:.0f}: {ratio:.2f}; charts drawn by {drawn:.2f} s")


if __name__ == "__main__":
    main()
