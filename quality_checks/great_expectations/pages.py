"""Finishes Data Docs: no script, no other host, Finnish and Swedish headings, equal bytes for equal results."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from quality_checks.great_expectations.outcomes import Outcome, counts_by_status
from quality_checks.rules import Wording
from quality_checks.yaml_files import read_yaml

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
# Controls that did something in the scripts that are taken out.
_DEAD = re.compile(
    r"""<div\ class="card\ mb-3">\s*<div[^>]*>\s*<strong>Actions</strong>.*?</label>\s*(?:</div>\s*){5}
    |Data\ asset:\ None<br>|<p\ class="m-0">\s*<a\ data-toggle="collapse".*?</p>|<footer\b.*?</footer\s*>""",
    re.DOTALL | re.VERBOSE,
)
_WORDS = re.compile(r"(?<=>)(\s*)([^<>]*[^<>\s])(\s*)(?=<)")
_LEFT_OPEN = re.compile(r"\{(\w)\}")
_STYLE = re.compile(r"(<style\b.*?</style\s*>)", re.DOTALL | re.IGNORECASE)
LANGUAGES = ("fi", "sv")  # as the titles of rules, one beside the other on every page


class _Words(BaseModel):
    """What `words.yaml` holds: headings, names of statuses, subjects and tables, and what the library writes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Wording
    intro: Wording
    suite: Wording
    statuses: dict[str, Wording]
    subjects: dict[str, Wording]
    tables: dict[str, Wording]
    library: tuple[Wording, ...]
    contracts: tuple[Wording, ...]


@cache
def _words() -> _Words:
    return _Words.model_validate(read_yaml(Path(__file__).with_name("words.yaml")))


def _plain(words: Wording) -> str:
    return " / ".join(words.in_language(code) for code in LANGUAGES)


def _marked(*words: Wording, joint: str = "") -> str:
    """Words in each language, marked so; several words of one language are joined."""
    parts = (
        f'<span lang="{code}">{html.escape(joint.join(word.in_language(code) for word in words))}</span>'
        for code in LANGUAGES
    )
    return " / ".join(parts)


def keep_pages(built: Path, folder: Path, suites: Sequence[str], notice: str = "") -> None:
    """Make the pages of suites stand alone and put them in place of the ones of an earlier run.

    Args:
        built: where the library built them.
        folder: the county's pages.
        suites: names of the suites.
        notice: words for the top of every page, such as that the data are invented.
    """
    for page in sorted(built.rglob("*.html")):
        page.write_text(_told(_alone(page.read_text(encoding="utf-8")), notice), encoding="utf-8")
    for suite in suites:
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


def _alone(text: str) -> str:
    text = _SCRIPT.sub("", text)
    for pattern in (_LINK, _REMOTE_TAG, _LOCAL_IMAGE, _DEAD):
        text = pattern.sub("", text)
    text = _REMOTE_URL.sub("none", text)
    text = _REMOTE_ANCHOR.sub(r"\1", text)
    text = _MADE_AT.sub("><", _VERSION_STAMP.sub("", text))
    numbers: dict[str, str] = {}
    text = _UUID.sub(lambda m: numbers.setdefault(m[0].replace("-", ""), f"id{len(numbers)}"), text)
    text = text.replace("<html>", '<html lang="fi">', 1)
    text = text.replace("Data documentation compiled by Great Expectations", html.escape(_plain(_words().title)))
    text = "".join(
        part if _STYLE.fullmatch(part) else _WORDS.sub(_in_languages, part) for part in _STYLE.split(text)
    )
    return text.replace("</head>", f"<style>{STYLE}</style></head>", 1)


@cache
def _known_words() -> tuple[tuple[re.Pattern[str], dict[str, str]], ...]:
    """What texts of the library and of contracts look like, with the same in each language; all escaped."""
    words = _words()
    found = []
    for wording in (*words.library, *words.contracts):
        form = re.escape(html.escape(wording.en, quote=False))
        for name in set(_LEFT_OPEN.findall(wording.en)):
            form = form.replace(re.escape(f"{{{name}}}"), rf"(?P<{name}>\S(?:.*?\S)?)")
        told = {code: html.escape(wording.in_language(code), quote=False) for code in LANGUAGES}
        found.append((re.compile(form), told))
    return tuple(found)


def _in_languages(found: re.Match[str]) -> str:
    """A text of the library or of a contract in each language; any other text as it stands."""
    before, text, after = found.groups()
    for form, told in _known_words():
        if filled := form.fullmatch(" ".join(text.split())):
            said = {code: _LEFT_OPEN.sub(lambda left: filled[left[1]], words) for code, words in told.items()}
            return (
                before + " / ".join(f'<span lang="{code}">{words}</span>' for code, words in said.items()) + after
            )
    return found[0]


def _index(folder: Path, suites: Sequence[str], outcomes: Sequence[Outcome]) -> str:
    words = _words()
    rows = "\n".join(_index_row(folder, suite, outcomes) for suite in suites)
    heads = "".join(f'<th scope="col">{_marked(name)}</th>' for name in (words.suite, *words.statuses.values()))
    intro = "".join(f'<p lang="{code}">{html.escape(words.intro.in_language(code))}</p>' for code in LANGUAGES)
    return (
        '<!DOCTYPE html>\n<html lang="fi"><head><meta charset="utf-8">'
        f"<title>{html.escape(_plain(words.title))}</title>"
        f"<style>{STYLE}</style></head><body><main><h1>{_marked(words.title)}</h1>{intro}"
        f"<table><thead><tr>{heads}</tr></thead><tbody>\n{rows}\n</tbody></table></main></body></html>\n"
    )


def _index_row(folder: Path, suite: str, outcomes: Sequence[Outcome]) -> str:
    words = _words()
    counts = counts_by_status(outcome for outcome in outcomes if outcome.suite == suite)
    found = sorted((folder / "validations" / suite).rglob("*.html"))
    subject, _, table = suite.partition("-")
    named = subject in words.subjects and table in words.tables
    name = _marked(words.subjects[subject], words.tables[table], joint=": ") if named else html.escape(suite)
    link = f'<a href="{found[0].relative_to(folder).as_posix()}">{name}</a>' if found else name
    cells = "".join(f'<td class="{status}">{counts[status]}</td>' for status in words.statuses)
    return f"<tr><td>{link}</td>{cells}</tr>"
