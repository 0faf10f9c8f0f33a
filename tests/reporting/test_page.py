"""The situation page: every language, offline, inert, light, honest about what is missing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import polars as pl
import pytest

from counties import load_county
from counties.models import Names
from reporting.boundaries import BoundaryError, municipality_rings
from reporting.disclosure import protect_inputs
from reporting.inputs import Failure
from reporting.localised import Localised
from reporting.page import write_situation_page
from reporting.page.care_tables import quality
from reporting.page.payload import FAN, situation_payload
from reporting.page.places import outlines, persons
from reporting.page.source_tables import suppressed
from reporting.texts import Texts
from tests.reporting.sample_boundaries import write_boundaries
from tests.reporting.sample_inputs import sample_county, sample_inputs

NASTY = '<script>alert(1)</script>"=cmd()\n</title>'


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    write_situation_page(protect_inputs(sample_inputs()), folder)
    return folder


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def of(self, tag):
        return [attrs for name, attrs in self.found if name == tag]


def page(site, language="fi"):
    return (site / f"index.{language}.html").read_text(encoding="utf-8")


def payload(site):
    text = (site / "data.js").read_text(encoding="utf-8")
    return json.loads(text.removeprefix("window.SITUATION=").removesuffix(";\n"))


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_a_page_is_in_its_language_and_offers_the_others(site, language):
    elements = Elements(page(site, language))
    assert elements.of("html")[0]["lang"] == language
    assert {a["href"] for a in elements.of("a")} >= {"index.fi.html", "index.sv.html", "index.en.html"}


def test_the_yearly_chart_says_where_its_line_may_bend(site, tmp_path):
    text = page(site, "en")
    assert "includes the months counted so far. After it the line follows population and use" in text
    assert "after which the line may bend: Home care visits (2028)" in text
    need = sample_inputs().need_forecast.with_columns(flag=pl.lit(""))
    write_situation_page(protect_inputs(replace(sample_inputs(), need_forecast=need)), tmp_path)
    assert "may bend" not in page(tmp_path, "en")


def test_the_door_opens_the_first_language(site):
    assert "url=index.fi.html" in (site / "index.html").read_text(encoding="utf-8")


def test_nothing_is_fetched_from_outside(site):
    for language in ("fi", "sv", "en"):
        text = page(site, language).replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"(https?:)?//[a-z]+\.", text)
        assert [s.get("src") for s in Elements(text).of("script") if "src" in s] == ["data.js"]


def test_every_control_has_a_label_and_every_table_a_caption(site):
    text = page(site)
    assert len(re.findall(r"<label>[^<]+\s*<select", text)) == len(Elements(text).of("select"))
    assert text.count('<table role="table">') == text.count("<caption>") > 10
    assert all("scope" in th for th in Elements(text).of("th"))


def test_a_synthetic_page_says_so_and_a_real_one_does_not(site, tmp_path):
    assert page(site).count("Synteettistä (keksittyä) aineistoa") == 2
    write_situation_page(protect_inputs(sample_inputs(client_records=False)), tmp_path)
    assert "Synteettistä (keksittyä) aineistoa" not in page(tmp_path)


def test_a_page_from_open_data_alone_says_what_is_missing(tmp_path):
    write_situation_page(protect_inputs(sample_inputs(client_records=False)), tmp_path)
    text = page(tmp_path, "en")
    assert "own client and patient records" in text
    assert "quality of records therefore cannot be calculated; open indicators" in text
    assert payload(tmp_path)["indicators"]
    assert payload(tmp_path)["need"] == {}


def test_a_page_names_the_extract_that_failed_and_does_not_say_that_all_are_missing(tmp_path):
    """Documents and measures are there; only the events could not be read."""
    failed = Failure("intake_service_events", "unreadable", "events.csv: the file is empty")
    inputs = replace(sample_inputs(), need_forecast=None, need_drivers=None, failures=(failed,))
    write_situation_page(protect_inputs(inputs), tmp_path)
    for language, told in (
        ("fi", "Palvelutapahtumat: toimitettua aineistoa ei voitu lukea."),
        ("sv", "Servicehändelser: de levererade uppgifterna kunde inte läsas."),
    ):
        text = page(tmp_path, language)
        notice = text[text.index('id="failures"') : text.index('aria-labelledby="h-glance"')]
        assert told in notice
        assert "events.csv" not in notice  # the technical text stands with the sources
        assert "events.csv: the file is empty" in text
        assert Texts(language).get("page-no-records") not in text
        assert Texts(language).get("page-no-need") in text


def test_a_page_without_use_alone_does_not_say_that_client_data_are_missing(tmp_path):
    write_situation_page(protect_inputs(replace(sample_inputs(), need_forecast=None)), tmp_path)
    text = page(tmp_path)
    assert Texts("fi").get("page-no-use") in text
    assert Texts("fi").get("page-no-records") not in text
    assert 'id="failures"' not in text


def test_a_failure_that_has_no_part_in_the_forecasts_is_no_reason_for_their_absence(tmp_path):
    """A county of open data alone, whose indicators could not be forecast."""
    failed = Failure("indicator_forecasts", "failed", "no series is long enough")
    inputs = replace(sample_inputs(client_records=False), failures=(failed,))
    write_situation_page(protect_inputs(inputs), tmp_path)
    text = page(tmp_path)
    assert 'id="failures"' in text
    assert Texts("fi").get("page-no-records") in text
    assert Texts("fi").get("page-no-need") not in text


def test_a_service_debt_is_explained_where_it_is_told(tmp_path):
    inputs = sample_inputs()
    debt = inputs.measures.head(1).with_columns(
        measure=pl.lit("count_service_debt:home_care"), period=pl.lit("2021-12")
    )
    for folder, table in (("with", pl.concat([inputs.measures, debt])), ("without", inputs.measures)):
        write_situation_page(protect_inputs(replace(inputs, measures=table)), tmp_path / folder)
        for language in ("fi", "sv"):
            told = Texts(language).get("page-debt-note") in page(tmp_path / folder, language)
            assert told == (folder == "with")


def heading_and_rows(text, measure):
    """The heading of a group of the first table that has it, and the names of its rows."""
    table = text[text.index(measure) :]
    rows = table[: table.index("</tbody>")].split('<tr class="group"')[0]
    return table[: table.index("</th>")], re.findall(r'<th scope="row"[^>]*>([^<]+)</th>', rows)


def test_each_measure_says_whom_it_counts_and_names_services_in_the_county_files_order(tmp_path):
    """Those who got care and all who joined the queue stand in one table."""
    inputs = sample_inputs()
    one = inputs.measures.filter(measure="waiting_over_limit", period="2025")
    codes = [service.code for service in inputs.county.services][:3]
    added = [one.with_columns(measure=pl.lit(f"waiting_over_limit:{code}")) for code in sorted(codes)]
    seen = one.with_columns(measure=pl.lit("seen_within_limit"), period=pl.lit(str(inputs.as_of.year)))
    table = pl.concat([inputs.measures, *added, seen])
    write_situation_page(protect_inputs(replace(inputs, measures=table)), tmp_path)
    for language, waiting, care, until in (
        ("fi", "myös yhä odottavat", "hoitoon päässeet", "asti"),
        ("sv", "även de som ännu väntar", "de som har fått vård", "till"),
        ("en", "also those still waiting", "those who got care", "to"),
    ):
        text, texts = page(tmp_path, language), Texts(language)
        heading, rows = heading_and_rows(text, texts.get("measure-waiting-over-limit"))
        assert waiting in heading
        names = {service.code: service.names.in_language(language) for service in inputs.county.services}
        assert rows == [texts.get("page-all-services"), *(names[code] for code in codes)]
        heading, _ = heading_and_rows(text, texts.get("measure-seen-within-limit") + ", ")
        assert care in heading and until in heading
        assert texts.get("page-continuity-note") in text
    write_situation_page(protect_inputs(replace(inputs, measures=seen)), tmp_path)
    assert Texts("fi").get("page-continuity-note") not in page(tmp_path)


def test_markup_in_names_comes_out_inert(tmp_path):
    county = sample_county()
    area = county.service_areas[0].model_copy(update={"names": Names(fi=NASTY, sv=NASTY, en=NASTY)})
    inputs = sample_inputs(county=county.model_copy(update={"service_areas": (area, *county.service_areas[1:])}))
    write_situation_page(protect_inputs(inputs), tmp_path)
    text = page(tmp_path)
    assert "<script>alert" not in text
    assert len(Elements(text).of("script")) == 3
    words = re.search(r'id="words">(.*?)</script>', text, re.DOTALL).group(1)
    assert NASTY in json.loads(words)["areas"]


def test_the_data_hold_what_the_tables_hold_and_hidden_values_are_null(site):
    data = payload(site)
    inputs = protect_inputs(sample_inputs()).inputs
    rows = inputs.need_forecast.filter(pl.col("sex") == "all")
    shown = 0
    for key, (observed, fan) in data["need"].items():
        a, s, g = map(int, key.split("."))
        here = rows.filter(
            (pl.col("area") == data["areas"][a])
            & (pl.col("service") == data["services"][s])
            & (pl.col("age_group") == data["groups"][g])
        ).sort("year")
        expected = here.filter(pl.col("kind") == "observed")["mean"].to_list()
        assert [v is None for v in observed] == [v is None for v in expected]
        assert all(e is None or abs(e - o) <= 0.5 for e, o in zip(expected, observed, strict=True))
        if fan:
            assert len(fan) == len(FAN) * (len(data["years"]) - data["firstForecast"])
            shown += 1
        else:
            assert here.filter(pl.col("kind") == "forecast")["q0.5"].null_count() > 0
    assert shown > 0


def test_no_value_hidden_in_the_data_stands_in_a_page(site):
    raw = sample_inputs()
    hidden = protect_inputs(raw)
    areas = hidden.inputs.measures.filter(pl.col("suppressed") != "")["area"].unique().to_list()
    assert areas == ["21-lounais"]
    block = re.search(
        r'data-area="4">\s*<div class="scroll[^>]*>\s*<table role="table">\s*<caption>Hoitoon.*?</table>',
        page(site),
        re.DOTALL,
    )
    n = raw.measures.filter(pl.col("area") == "21-lounais")["n"].unique().to_list()
    assert f">{n[0]}</td>" not in block.group(0)
    assert block.group(0).count("salattu") == 15


def test_equal_inputs_give_equal_bytes(site, tmp_path):
    for path in write_situation_page(protect_inputs(sample_inputs()), tmp_path):
        assert path.read_bytes() == (site / path.name).read_bytes()


def test_a_large_county_stays_light(tmp_path):
    protected = protect_inputs(sample_inputs(county=load_county("paijat-hame")))
    files = write_situation_page(protected, tmp_path)
    assert sum(f.stat().st_size for f in files) < 3_000_000
    assert len(situation_payload(protected)["need"]) == 11 * 10 * 11


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_every_row_of_a_table_has_a_cell_for_every_heading(site, language):
    for table in re.findall(r"<table role.*?</table>", page(site, language), re.DOTALL):
        head, body = table.split("<tbody ")
        rows = re.findall(r'<tr role="row">.*?</tr>', body)
        assert rows
        for row in rows:
            assert len(re.findall("<t[hd]", row)) == head.count("<th ")


def test_a_break_is_told_by_its_observed_years_alone(site):
    assert set(map(tuple, payload(site)["breaks"].values())) == {(2023,)}


def test_invented_figures_are_not_given_a_publishers_name(site, tmp_path):
    assert "Lähde: synteettinen aineisto (15.11.2026)." in page(site)
    assert "hyvinvointialueen asiakas- ja potilastiedot (15.11.2026)" not in page(site)
    write_situation_page(protect_inputs(sample_inputs(client_records=False)), tmp_path)
    assert "Lähde: Tilastokeskus, väestörakenne (2.4.2026)" in page(tmp_path)
    assert "synteettinen aineisto" not in page(tmp_path)


def test_an_indicators_figure_names_its_own_vintage(tmp_path):
    write_situation_page(protect_inputs(sample_inputs(client_records=False)), tmp_path)
    lines = re.findall(r'<span data-indicator="([^"]+)">(Lähde: [^<]+)</span>', page(tmp_path))
    codes = re.findall(
        r'<option value="([^"]+)">', page(tmp_path).split('id="indicator"')[1].split("</select>")[0]
    )
    assert codes and [code for code, _ in lines] == codes
    assert all("Ajankohdat ovat taulukossa" not in line for _, line in lines)


def test_boundaries_become_outlines_of_the_areas_and_a_joined_municipality_is_drawn_with_its_new_one(tmp_path):
    county = load_county("pohjanmaa")
    path = write_boundaries(county, tmp_path / "rajat.geojson")
    outlines_of = outlines(sample_inputs(county=county, boundaries=path))
    assert outlines_of["w"] == 1000
    assert [area for area, _ in outlines_of["shapes"]] == [
        [a.code for a in county.service_areas].index(county.area_of_municipality[m]) + 1
        for m in sorted(county.municipalities)
    ]
    assert all(re.fullmatch(r"(M\d+,\d+(L\d+,\d+)+Z)+", path) for _, path in outlines_of["shapes"])
    joined = json.loads(path.read_text())["features"][0] | {"properties": {"NATCODE": "588"}}
    (tmp_path / "old.geojson").write_text(json.dumps({"features": [joined]}))
    assert list(municipality_rings(tmp_path / "old.geojson")) == ["507"]


@pytest.mark.parametrize(
    "text", ["no json", '{"features": [{"properties": {}}]}', '{"features": [{"properties": 3}]}']
)
def test_a_file_that_holds_no_boundaries_is_refused_by_name(tmp_path, text):
    (tmp_path / "rajat.geojson").write_text(text)
    with pytest.raises(BoundaryError, match="rajat.geojson"):
        municipality_rings(tmp_path / "rajat.geojson")


def test_people_by_group_add_up_to_all_ages():
    inputs = sample_inputs()
    rows = persons(inputs, ["21", "21-itainen"])
    assert all(row[0] == sum(row[1:]) for row in rows)
    assert len(rows[0]) == 1 + len(inputs.county.age_groups.labels)


def test_a_scenario_is_hidden_with_the_forecast_it_belongs_to(site):
    data = payload(site)
    hidden = {key.rsplit(".", 1)[0] for key, (_, fan) in data["need"].items() if key.endswith(".0") and not fan}
    told = {".".join(key.split(".")[1:]) for key in data["scenarios"]["cells"]}
    assert told and not told & hidden
    whole = protect_inputs(sample_inputs()).inputs.need_scenarios
    assert (
        whole.filter(pl.col("suppressed") != "")["q0.5"].null_count()
        == whole.filter(pl.col("suppressed") != "").height
    )


def test_a_hidden_share_that_rounds_to_nothing_is_not_written_as_nothing():
    shares = {"share": [0.005, 0.0, 0.1], "mass": [0.00001, 0.0, 0.0003]}
    counts = {"cells": [9] * 3, "primary": [1] * 3, "secondary": [1] * 3}
    report = pl.DataFrame({"table": ["month_forecast", "need_drivers", "need_forecast"], **counts, **shares})
    told = [row[-1] for row in suppressed(Localised(sample_inputs(), "fi"), report).rows]
    assert told == ["alle 0,01\u00a0%", "0,00\u00a0%", "0,03\u00a0%"]


def test_an_interval_of_quality_whose_ends_are_written_alike_tells_its_width():
    inputs = sample_inputs()
    scores = inputs.quality_scores.with_columns(index=pl.lit(0.99941), low=pl.lit(0.99938), high=pl.lit(0.99944))
    table = quality(Localised(replace(inputs, quality_scores=scores), "sv"), inputs.county.code)
    assert {row[1:3] for row in table.rows} == {("99,94\u00a0%", "± under 0,01\u00a0%-enh.")}


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_scores_say_their_source_and_that_they_are_of_every_area(site, language):
    trust = re.search(r'<section aria-labelledby="h-trust">.*?</section>', page(site, language), re.DOTALL)[0]
    note = Texts(language).get("page-scorecard-note")
    assert trust.count("<table") == trust.count(note) > 0
    assert all(len(told.strip()) > len(note) for told in re.findall(r'class="source">([^<]*)', trust))
