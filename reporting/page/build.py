"""Putting the page together: one HTML file per language, one shared data file, and the door that opens them."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import jinja2
import polars as pl
from markupsafe import Markup

from lake.atomic import write_text
from reporting.disclosure import Protected
from reporting.inert import inert_json
from reporting.inputs import Language, ReportInputs
from reporting.localised import Localised
from reporting.missing import failure_sentence, why_no_need
from reporting.page.areas import AreaView, area_view
from reporting.page.care_tables import DEBT, INDEX, tells
from reporting.page.futures import scenario_codes, variance_parts
from reporting.page.indicator_tables import indicator_codes, indicator_publishers, indicator_source, indicators
from reporting.page.month_reasons import pins
from reporting.page.need_tables import followed_services, running_year
from reporting.page.payload import as_script, situation_payload
from reporting.page.places import outlines
from reporting.page.scorecard_tables import indicator_scorecard, scorecard
from reporting.page.source_tables import sources, suppressed, vintage
from reporting.page.words import AREA_MEASURES, script_words
from reporting.protection import told_protection
from reporting.provenance import reading_notes
from reporting.texts import Texts

FOLDER = Path(__file__).parent


def write_situation_page(protected: Protected, folder: Path) -> list[Path]:
    """Write the situation page of one edition in the county's languages.

    Args:
        protected: the edition after disclosure control.
        folder: where the site goes: `index.html`, `index.<language>.html`, `data.js`.

    Returns:
        The files written; equal inputs give equal bytes.
    """
    files = {"data.js": as_script(situation_payload(protected))}
    languages = protected.inputs.county.languages
    for language in languages:
        files[f"index.{language}.html"] = page_html(protected, language)
    files["index.html"] = (
        _environment()
        .get_template("door.html.j2")
        .render(
            languages=[(code, Texts(code).get("language-name")) for code in languages],
            title=protected.inputs.county.names.in_language(languages[0]),
            first=languages[0],
            banner=Texts(languages[0]).get("synthetic-banner") if protected.inputs.synthetic else "",
        )
    )
    for name, text in files.items():
        write_text(folder / name, text)
    return [folder / name for name in sorted(files)]


def page_html(protected: Protected, language: Language) -> str:
    """The page in one language, without its data file."""
    inputs = protected.inputs
    edition = Localised(inputs, language)
    texts, numbers, labels = edition.texts, edition.numbers, edition.labels
    codes = [inputs.county.code, *(area.code for area in inputs.county.service_areas)]
    areas = [area_view(edition, code) for code in codes]
    style, script = (FOLDER / "page.css").read_text(encoding="utf-8"), _script()
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            t=texts.get,
            language=language,
            percent=numbers.percent(0.0).removeprefix("0"),
            languages=[(code, Texts(code).get("language-name")) for code in inputs.county.languages],
            county=labels.area(inputs.county.code),
            edition=inputs.edition,
            as_of=numbers.day(inputs.as_of),
            synthetic=inputs.synthetic,
            available=set(inputs.available),
            areas=areas,
            services=[
                (s.code, labels.service(s.code), scorecard(edition, s.code)) for s in inputs.county.services
            ],
            groups=[(g, labels.group(g)) for g in ("all", *inputs.county.age_groups.labels)],
            drivers=inputs.need_drivers is not None,
            months=inputs.month_forecast is not None,
            parts=inputs.month_parts is not None,
            pins=pins(edition),
            scenarios=[labels.scenario(code, inputs.need_scenarios) for code in scenario_codes(inputs)],
            tornado=inputs.need_tornado is not None,
            variance=bool(variance_parts(inputs)),
            map=outlines(inputs) is not None,
            area_measures=_area_measures(inputs, areas, texts),
            indicators=indicators(edition),
            indicator_cards=_indicator_cards(edition),
            failures=[failure_sentence(failure, texts) for failure in inputs.failures],
            no_need=why_no_need(inputs, texts),
            running_year=running_year(inputs.need_forecast),
            followed_services=followed_services(edition),
            debt=tells(inputs.measures, DEBT),
            continuity=tells(inputs.measures, INDEX),
            sources=sources(edition),
            suppressed=suppressed(edition, protected.suppressed),
            protection=told_protection(
                inputs.county.disclosure, texts.get, "page-method-disclosure", "page-method-disclosure-rounded"
            ),
            reading_notes=reading_notes(inputs),
            chooses=_chooses(areas, inputs),
            source=_source_lines(edition),
            style=Markup(style),  # noqa: S704 (our own file)
            script=Markup(script),  # noqa: S704 (our own file)
            words=Markup(inert_json(json.dumps(script_words(inputs, language), ensure_ascii=False))),  # noqa: S704 (inert)
            policy=_policy(style, script),
        )
    )


def _script() -> str:
    """The script's parts as one: they share their names, and nothing else on the page sees them."""
    parts = (path.read_text(encoding="utf-8") for path in sorted((FOLDER / "script").glob("*.js")))
    return '(() => {\n"use strict";\n' + "".join(parts) + "})();\n"


def _area_measures(inputs: ReportInputs, areas: list[AreaView], texts: Texts) -> list[tuple[str, str]]:
    """What the areas may be compared by; nothing when there is only the county."""
    if not _chooses(areas, inputs):
        return []
    there = {
        "change": inputs.need_forecast is not None,
        "rate": inputs.need_forecast is not None and inputs.population is not None,
        "aged": inputs.population is not None,
        "agedEnd": inputs.population is not None and inputs.projection is not None,
        "quality": inputs.quality_scores is not None,
    }
    return [(key, texts.get(AREA_MEASURES[key][0])) for key in there if there[key]]


def _source_lines(edition: Localised) -> dict[str, str]:
    """The source line of each kind of figure; invented data are never given a publisher's name."""
    inputs, texts = edition.inputs, edition.texts
    day = edition.numbers.day(inputs.as_of)
    population, projection = (vintage(edition, table) for table in (inputs.population, inputs.projection))
    lines = {
        "population": texts.get("page-source-population", population=population, projection=projection),
        "need": texts.get("page-source-need", day=day, population=population, projection=projection),
        "months": texts.get("page-source-months", day=day),
        "records": texts.get("page-source-records", day=day),
        "indicators": texts.get("page-source-indicators", publishers=indicator_publishers(edition)),
    }
    invented = {"need", "months", "records"} if inputs.synthetic else set()
    for name in ("population", "indicators"):
        invented |= {name} if _invented(getattr(inputs, name)) else set()
    told = texts.get("page-source-synthetic", day=day)
    return {key: told if key in invented else line for key, line in lines.items()}


def _chooses(areas: list[AreaView], inputs: ReportInputs) -> bool:
    """Whether there is anything to choose: open data of a whole county alone say nothing of its parts."""
    return inputs.need_forecast is not None or any(a.tiles or a.measures or a.quality for a in areas[1:])


def _invented(table: pl.DataFrame | None) -> bool:
    """Whether an open table has figures that say themselves that they are invented."""
    if table is None or "vintage" not in table.columns:
        return False
    return bool(table["vintage"].str.starts_with("synthetic").any())


def _indicator_cards(edition: Localised) -> list[dict[str, Any]]:
    inputs, labels = edition.inputs, edition.labels
    if inputs.indicator_forecast is None:
        return []
    return [
        {
            "code": code,
            "name": labels.indicator(code),
            "scorecard": indicator_scorecard(edition, code),
            "source": "" if _invented(inputs.indicators) else indicator_source(edition, code),
        }
        for code in indicator_codes(edition)
    ]


def _policy(style: str, script: str) -> str:
    """Content security policy: only this style, this script and the data file beside the page run."""
    style_hash, script_hash = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)
    )
    return (
        f"default-src 'none'; style-src 'sha256-{style_hash}'; script-src 'self' file: 'sha256-{script_hash}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
