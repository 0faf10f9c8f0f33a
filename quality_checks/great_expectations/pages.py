"""Finishes Data Docs: no script, no other host, Finnish and Swedish headings, equal bytes for equal results."""

from __future__ import annotations

import html
import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from quality_checks.great_expectations.languages import (
    LANGUAGES,
    in_languages,
    known_words,
    marked,
    plain,
    suite_in,
)
from quality_checks.great_expectations.outcomes import Outcome, counts_by_status

STYLE = """
body{font-family:system-ui,'Segoe UI',Roboto,sans-serif;margin:0;color:#1b2733;background:#fff;line-height:1.45}
.container,.container-fluid,main{max-width:75rem;margin:0 auto;padding:1rem}
nav,.navbar{border-bottom:1px solid #cfd8e0;padding:.6rem 1rem;height:auto!important}
nav ol{list-style:none;display:flex;gap:.6rem;margin:0;padding:0}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1rem}
th,td{border:1px solid #cfd8e0;padding:.4rem .6rem;text-align:left;vertical-align:top}
th{background:#eef3f7}
.fa-check-circle::before,.fa-check::before{content:'\\2713';color:#1a6b3c;font-weight:700}
.fa-times::before,.fa-times-circle::before{content:'\\2717';color:#a3241c;font-weight:700}
.fa-exclamation-triangle::before{content:'\\26A0';color:#8a5a00}
.collapse{display:block}
.card,.card-body,.card-body nav,.card-body ul{max-height:none!important;overflow:visible!important}
h5{font-size:1.15rem;margin:1.6rem 0 .4rem}h6{font-size:.95rem;margin:.8rem 0 .3rem}
code{font-weight:400;font-size:.85em;color:#56636f;display:inline-block}
/* How the table was handed to the library: nothing for readers. */
[id*="-collapse-item-"]:is([id$="-header"],[id$="-body"]):not([id*="-collapse-item-1-"]){display:none!important}
.cooltip .top,button,#ge-cta-footer,.modal,footer{display:none!important}
.notice{background:#ffe08a;margin:0;padding:.6rem 1rem;font-weight:600}
.pass{color:#1a6b3c}.fail{color:#a3241c}.error{color:#8a5a00}.not_applicable{color:#56636f}
a{color:#0b5394}
"""
_SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.IGNORECASE | re.DOTALL)
_LINK = re.compile(r"<link\b[^>]*>", re.IGNORECASE)
_REMOTE_TAG = re.compile(r"""<(?:img|iframe|source|embed|object)\b[^>]*(?:https?:)?//[^>]*>""", re.IGNORECASE)
_REMOTE_URL = re.compile(r"""url\(\s*['"]?(?:https?:)?//[^)]*\)""", re.IGNORECASE)
_REMOTE_ANCHOR = re.compile(
    r"""<a\b[^>]*href\s*=\s*['"](?:https?:)?//[^>]*>(.*?)</a\s*>""", re.IGNORECASE | re.DOTALL
)
_LOCAL_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}")
_VERSION_STAMP = re.compile(r"\?d=\d{8}T\d{6}\.\d+Z")
_MADE_AT = re.compile(r">\d{8}T\d{6}\.\d+Z<")
# Controls that did something in the scripts that are taken out, and names of the library's own.
_DEAD = re.compile(
    r"""<div\ class="card\ mb-3">\s*<div[^>]*>\s*<strong>Actions</strong>.*?</label>\s*(?:</div>\s*){5}
    |<br><br><span\ class="badge[^>]*>expect_\w+</span>\s*raised\ an\ exception:
    |Data\ asset:\ None<br>|<p\ class="m-0">\s*<a\ data-toggle="collapse".*?</p>|<footer\b.*?</footer\s*>""",
    re.DOTALL | re.VERBOSE,
)
_HEADING = re.compile(r"(<h5\b[^>]*>\s*|<a\b[^>]*\bnav-link\b[^>]*>\s*)([^<>]*[^<>\s])(?=\s*</)")
_STYLE = re.compile(r"(<style\b.*?</style\s*>)", re.DOTALL | re.IGNORECASE)


def keep_pages(built: Path, folder: Path, suites: Sequence[Mapping[str, Any]], notice: str = "") -> None:
    """Make the pages of suites stand alone and put them in place of the ones of an earlier run.

    Args:
        built: where the library built them.
        folder: the county's pages.
        suites: their declarations.
        notice: words for the top of every page, such as that the data are invented.
    """
    titles = {str(suite["suite"]): _titles(suite) for suite in suites}
    for page in sorted(built.rglob("*.html")):
        suite_of_page = page.relative_to(built).parts[:2][-1].removesuffix(".html")
        text = _alone(page.read_text(encoding="utf-8"), titles.get(suite_of_page, {}))
        page.write_text(_told(text, notice), encoding="utf-8")
    for suite in titles:
        for kept in (Path("expectations") / f"{suite}.html", Path("validations") / suite):
            _remove(folder / kept)
            if (built / kept).exists():
                (folder / kept).parent.mkdir(parents=True, exist_ok=True)
                shutil.move(built / kept, folder / kept)


def write_index(folder: Path, outcomes: Sequence[Outcome], notice: str = "") -> None:
    """Write the index of a county's pages; pages of suites that are no more are removed.

    Args:
        folder: the county's pages.
        outcomes: what every suite of the county found last.
        notice: words for the top of the page.
    """
    suites = list(dict.fromkeys(outcome.suite for outcome in outcomes))
    for page in (*folder.glob("expectations/*.html"), *folder.glob("validations/*")):
        if page.name.removesuffix(".html") not in suites:
            _remove(page)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(_told(_index(folder, suites, outcomes), notice), encoding="utf-8")


def page_of(folder: Path, suite: str) -> Path | None:
    """The page that tells what a suite of a county's pages found; None where there is none."""
    return next(iter(sorted((folder / "validations" / suite).rglob("*.html"))), None)


def _titles(suite: Mapping[str, Any]) -> dict[str, str]:
    """What the one expectation on a column asks, by column; columns with several keep their name."""
    items = [item for item in suite["expectations"] if "column" in item["kwargs"]]
    counts = Counter(item["kwargs"]["column"] for item in items)
    return {
        str(item["kwargs"]["column"]): str(item["title"])
        for item in items
        if counts[item["kwargs"]["column"]] == 1
    }


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _told(text: str, notice: str) -> str:
    """A page with the notice at its top."""
    if not notice:
        return text
    words = f'<p class="notice" role="note">{html.escape(notice)}</p>'
    return re.sub(r"<body\b[^>]*>", lambda found: found[0] + words, text, count=1)


def _alone(text: str, titles: Mapping[str, str]) -> str:
    text = _SCRIPT.sub("", text)
    for pattern in (_LINK, _REMOTE_TAG, _LOCAL_IMAGE, _DEAD):
        text = pattern.sub("", text)
    text = _REMOTE_URL.sub("none", text)
    text = _REMOTE_ANCHOR.sub(r"\1", text)
    text = _MADE_AT.sub("><", _VERSION_STAMP.sub("", text))
    numbers: dict[str, str] = {}
    text = _UUID.sub(lambda m: numbers.setdefault(m[0].replace("-", ""), f"id{len(numbers)}"), text)
    text = text.replace("<html>", '<html lang="fi">', 1)
    text = text.replace(
        "Data documentation compiled by Great Expectations", html.escape(plain(known_words().title))
    )
    text = _HEADING.sub(lambda found: found[1] + _heading(found[2], titles), text)
    text = "".join(
        part if _STYLE.fullmatch(part) else in_languages(part, titles.values()) for part in _STYLE.split(text)
    )
    return text.replace("</head>", f"<style>{STYLE}</style></head>", 1)


def _heading(column: str, titles: Mapping[str, str]) -> str:
    """A section's heading: what is asked, and beside it the id by which rules and tables name it."""
    title = titles.get(column)
    return f"{html.escape(title, quote=False)} <code>{column}</code>" if title else column


def _index(folder: Path, suites: Sequence[str], outcomes: Sequence[Outcome]) -> str:
    words = known_words()
    rows = "\n".join(_index_row(folder, suite, outcomes) for suite in suites)
    heads = "".join(f'<th scope="col">{marked(name)}</th>' for name in (words.suite, *words.statuses.values()))
    intro = "".join(f'<p lang="{code}">{html.escape(words.intro.in_language(code))}</p>' for code in LANGUAGES)
    return (
        '<!DOCTYPE html>\n<html lang="fi"><head><meta charset="utf-8">'
        f"<title>{html.escape(plain(words.title))}</title>"
        f"<style>{STYLE}</style></head><body><main><h1>{marked(words.title)}</h1>{intro}"
        f"<table><thead><tr>{heads}</tr></thead><tbody>\n{rows}\n</tbody></table></main></body></html>\n"
    )


def _index_row(folder: Path, suite: str, outcomes: Sequence[Outcome]) -> str:
    words = known_words()
    counts = counts_by_status(outcome for outcome in outcomes if outcome.suite == suite)
    page = page_of(folder, suite)
    name = marked({code: suite_in(suite, code) for code in LANGUAGES})
    link = f'<a href="{page.relative_to(folder).as_posix()}">{name}</a>' if page else name
    cells = "".join(f'<td class="{status}">{counts[status]}</td>' for status in words.statuses)
    return f"<tr><td>{link}</td>{cells}</tr>"
