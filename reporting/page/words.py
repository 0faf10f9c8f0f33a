"""What the page's script writes: texts, and the names of codes in the order of the data file."""

from __future__ import annotations

from typing import Any

import polars as pl

from reporting.inputs import ALL, MONTH_PARTS, Language, ReportInputs
from reporting.labels import Labels
from reporting.localised import Localised
from reporting.numbers import LOCALES
from reporting.page.futures import assumption_codes, scenario_codes, variance_parts
from reporting.page.need_tables import notes
from reporting.texts import Texts, capital

# Texts that the script fills in; their variables keep their names in braces.
SCRIPT_TEXTS: dict[str, tuple[str, ...]] = {
    "page-js-sentence": ("first", "value", "unit", "last", "forecast", "interval", "change"),
    "page-js-month-sentence": ("last", "forecast", "unit", "interval"),
    "page-js-month-ages": (),
    "page-js-hidden": (),
    "page-js-forecast-hidden": (),
    "page-js-none": (),
    "page-js-all-ages-only": (),
    "page-js-all-ages-figures": ("figures",),
    "page-js-readout-observed": ("when", "value"),
    "page-js-readout-forecast": ("when", "value", "band80", "band95"),
    "page-js-readout-band": ("when", "value", "band80"),
    "page-js-readout-estimated": ("when", "value", "band80", "raw"),
    "page-js-validated": ("year",),
    "page-js-validated-mark": (),
    "page-js-keys": (),
    "page-js-change-sentence": ("first", "last", "total", "unit", "interval"),
    "page-js-readout-other": ("name", "value", "band80"),
    "page-js-other-sentence": ("name", "value", "interval"),
    "page-js-difference-sentence": ("difference", "interval"),
    "page-js-scenarios-sentence": ("year",),
    "page-js-tornado-sentence": ("name", "year"),
    "page-js-variance-sentence": ("year", "part", "share"),
    "page-js-areas-sentence": ("measure", "low", "high"),
    "page-js-area": (),
    "page-js-parts-sentence": ("level", "unit", "part"),
    "page-js-parts-readout": ("when", "value", "parts"),
    "page-js-parts-axis": ("unit",),
    "page-js-parts-net": (),
    "col-mean": (),
    "chart-interval": (),
    "chart-scenario": (),
    "chart-difference": (),
    "chart-assumption": (),
    "chart-width": (),
    "chart-break": (),
    "chart-time": (),
    "chart-kind": (),
    "chart-value": (),
    "chart-band-80": (),
    "chart-band-95": (),
    "chart-driver": (),
    "chart-change": (),
    "kind-observed": (),
    "kind-estimated": (),
    "kind-forecast": (),
    "value-hidden": (),
}

# What the areas may be compared by: the words of the chooser, and those of the figure's title.
AREA_MEASURES = {
    "change": ("page-choose-change", "page-measure-change"),
    "rate": ("page-choose-rate", "page-measure-rate"),
    "aged": ("page-choose-aged", "page-measure-aged"),
    "agedEnd": ("page-choose-aged-end", "page-measure-aged-end"),
    "quality": ("page-choose-quality", "page-measure-quality"),
}


def script_words(inputs: ReportInputs, language: Language) -> dict[str, Any]:
    """Texts, and names by the payload's indices."""
    texts, labels = Texts(language), Labels(inputs.county, language)
    county = inputs.county
    codes = [county.code, *(area.code for area in county.service_areas)]
    indicators = (
        []
        if inputs.indicator_forecast is None
        else inputs.indicator_forecast["indicator"].unique().sort().to_list()
    )
    return {
        "locale": str(LOCALES[language]).replace("_", "-"),
        "t": {key: texts.get(key, **{v: f"{{{v}}}" for v in names}) for key, names in SCRIPT_TEXTS.items()},
        "areas": [labels.area(code) for code in codes],
        "services": [labels.service(s.code) for s in county.services],
        "units": [labels.measured(s.code) for s in county.services],
        "monthUnits": [labels.measured_by_month(s.code) for s in county.services],
        "groups": [labels.group(g) for g in (ALL, *county.age_groups.labels)],
        "indicators": {code: [labels.indicator(code), labels.indicator_unit(code)] for code in indicators},
        "drivers": {code: labels.driver(code) for code in _drivers(inputs)},
        "scenarios": [labels.scenario(code, inputs.need_scenarios) for code in scenario_codes(inputs)],
        "assumptions": [labels.assumption(code, inputs.need_tornado) for code in assumption_codes(inputs)],
        "variance": [texts.of("variance", part) for part in variance_parts(inputs)],
        "parts": [[texts.of("part", part), texts.of("part-meaning", part)] for part in MONTH_PARTS],
        "areaMeasures": {
            key: texts.get(message, service="{service}", group="{group}")
            for key, (_, message) in AREA_MEASURES.items()
        },
        "flags": _flags(inputs, codes, language),
    }


def _drivers(inputs: ReportInputs) -> list[str]:
    return [] if inputs.need_drivers is None else inputs.need_drivers["driver"].unique().sort().to_list()


def _flags(inputs: ReportInputs, areas: list[str], language: Language) -> dict[str, list[str]]:
    """What to beware of in the figures of an area and service, by the payload's indices."""
    if inputs.need_forecast is None:
        return {}
    edition, found = Localised(inputs, language), {}
    whole = inputs.need_forecast.filter((pl.col("sex") == ALL) & (pl.col("age_group") == ALL))
    parts = whole.partition_by("area", "service", as_dict=True)
    for a, area in enumerate(areas):
        for s, service in enumerate(inputs.county.services):
            rows = parts.get((area, service.code))
            told = [] if rows is None else notes(edition, rows)
            if told:
                found[f"{a}.{s}"] = [capital(note) for note in told]
    return found
