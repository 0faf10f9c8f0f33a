"""County files: every municipality in one area, mistakes name their line, settings make sense."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from counties import AgeGroups, County, ExtractMapping, county_slugs, load_county
from counties.registry import (
    CountyFileError,
    boundary_change_rows,
    county_rows,
    municipality_rows,
)
from counties.schema import EXTRACT_TABLES
from sources.contracts import CONTRACTS

FOLDER = Path(__file__).resolve().parents[2] / "counties"
LAPLAND = {
    "Pohjoinen": {"Enontekiö", "Inari", "Kittilä", "Kolari", "Muonio", "Pello", "Utsjoki"},
    "Itäinen": {"Kemijärvi", "Pelkosenniemi", "Salla", "Savukoski", "Sodankylä"},
    "Kaakkois": {"Posio", "Ranua", "Rovaniemi"},
    "Lounais": {"Kemi", "Keminmaa", "Simo", "Tervola", "Tornio", "Ylitornio"},
}


def municipalities_of(county: str) -> set[str]:
    return {r["municipality"] for r in municipality_rows() if r["county"] == county and not r["valid_to"]}


@pytest.mark.parametrize("slug", county_slugs())
def test_every_municipality_of_2026_is_in_exactly_one_area(slug):
    county = load_county(slug)
    listed = [m for area in county.service_areas for m in area.municipalities]
    assert len(listed) == len(set(listed))
    assert set(listed) == municipalities_of(county.code)
    assert county.municipalities == tuple(sorted(listed))


def test_the_reference_table_is_the_official_key_of_2026(real_data):
    with (real_data / "fi_municipality_key_2022_2026.csv").open(encoding="utf-8") as file:
        official = {
            r["municipality_code"]: (
                r["hyvinvointialue_code"],
                r["municipality_name_fi"],
                r["municipality_name_sv"].strip(),
            )
            for r in csv.DictReader(file)
            if r["year"] == "2026"
        }
    ours = {
        r["municipality"]: (r["county"], r["name_fi"], r["name_sv"])
        for r in municipality_rows()
        if not r["valid_to"]
    }
    assert ours == official


def test_every_county_has_municipalities_and_no_municipality_a_county_of_its_own_making():
    counties = {row["county"] for row in county_rows()}
    assert len(counties) == 23
    assert {row["county"] for row in municipality_rows()} == counties


def test_merged_municipalities_have_a_successor_that_lives_and_a_day_that_agrees():
    rows = {row["municipality"]: row for row in municipality_rows()}
    for change in boundary_change_rows():
        assert rows[change["from_municipality"]]["valid_to"] < change["effective_on"]
        assert not rows[change["to_municipality"]]["valid_to"]
    ended = {code for code, row in rows.items() if row["valid_to"]}
    assert ended == {change["from_municipality"] for change in boundary_change_rows()}


def test_laplands_four_service_areas_are_as_its_board_decided():
    names = {row["municipality"]: row["name_fi"] for row in municipality_rows()}
    areas = {
        area.names.fi.split("-")[0].split()[0]: {names[m] for m in area.municipalities}
        for area in load_county("lappi").service_areas
    }
    assert areas == LAPLAND


@pytest.mark.parametrize("slug", county_slugs())
def test_what_a_county_file_names_exists(slug):
    county = load_county(slug)
    services = {service.code for service in county.services}
    areas = {area.code for area in county.service_areas} | {county.code}
    assert county.slug == slug
    assert {limit.service for limit in county.waiting_limits} <= services
    assert {area for recipient in county.recipients for area in recipient.areas} <= areas
    assert {extract.table for extract in county.extracts} <= set(CONTRACTS)
    assert len({indicator.id for indicator in county.indicators}) == len(county.indicators)
    assert county.service_areas_source
    for indicator in county.indicators:
        re.compile(indicator.title_pattern)


@pytest.mark.parametrize("slug", county_slugs())
def test_names_are_there_in_three_languages(slug):
    county = load_county(slug)
    for language in ("fi", "sv", "en"):
        assert all(county.area_names(language).values()) and all(county.service_names(language).values())
    assert set(county.area_names("fi")) == {county.code, *(area.code for area in county.service_areas)}


def test_waiting_limits_of_a_service_never_overlap():
    county = load_county("paijat-hame")
    for limit in county.waiting_limits:
        same = [
            other
            for other in county.waiting_limits
            if other.service == limit.service
            and other.min_age <= limit.max_age
            and limit.min_age <= other.max_age
            and (other.valid_to is None or other.valid_to >= limit.valid_from)
            and (limit.valid_to is None or limit.valid_to >= other.valid_from)
        ]
        assert same == [limit]


GOOD = (FOLDER / "vantaa-kerava.yaml").read_text(encoding="utf-8")


def line_of(text: str, part: str) -> int:
    return next(i for i, line in enumerate(text.splitlines(), 1) if part in line)


def load(tmp_path: Path, text: str):
    (tmp_path / "vantaa-kerava.yaml").write_text(text, encoding="utf-8")
    return load_county("vantaa-kerava", tmp_path)


def test_a_county_file_elsewhere_is_read_on_top_of_the_common_part(tmp_path):
    assert load(tmp_path, GOOD) == load_county("vantaa-kerava")


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ('slug: vantaa-kerava', 'slug: "Vantaa Kerava"', "slug:", "slug: String should match pattern"),
        ("valid_from: 2023-01-01", "valid_from: soon", "valid_from:", "valid_from: .*date.*found: 'soon'"),
        ("languages:", "langauges:", "langauges:", "langauges: .*remove it or correct its spelling"),
        ("languages: [fi, sv, en]", "languages: [fi, no]", "languages:", "languages.1: Input should be"),
        ('municipalities: ["245"]', 'municipalities: ["45"]', '"45"', r"service_areas.1.municipalities.0: "),
        ('municipalities: ["245"]', "municipalities: []", "municipalities: []", "at least 1 item"),
        ('code: "04-245", ', "", "Kerava", "service_areas.1.code: Field required; add it"),
        ('municipalities: ["245"]', 'municipalities: ["091"]', "service_areas:", "no service area has 245; add"),
        (
            'municipalities: ["245"]', 'municipalities: ["245", "091"]', "service_areas:",
            "091 are not in county 04; remove them",
        ),
    ],
)  # fmt: skip
def test_a_mistake_names_its_line_and_its_mend(tmp_path, old, new, at, says):
    assert old in GOOD
    text = GOOD.replace(old, new)
    lines = [i for i, line in enumerate(text.splitlines(), 1) if at in line and not line.startswith("#")]
    with pytest.raises(CountyFileError, match=says) as error:
        load(tmp_path, text)
    named = int(re.search(r"vantaa-kerava.yaml, line (\d+)", str(error.value)).group(1))
    assert named in lines


def test_a_municipality_in_two_areas_is_refused_with_both(tmp_path):
    text = GOOD.replace('municipalities: ["245"]', 'municipalities: ["245", "092"]')
    with pytest.raises(CountyFileError, match="municipality 092 is in both 04-092 and 04-245; keep it in one"):
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("part", "make", "says"),
    [
        ("services", lambda rows: [*rows, rows[0]], "services: .* stands twice"),
        ("service_areas", lambda rows: [rows[0] | {"code": "04"}, *rows[1:]], "service_areas: 04 stands twice"),
        ("extracts", lambda rows: [*rows, rows[0]], "extracts: .* stands twice; only one of them would count"),
        ("extracts", lambda _: [{"table": "document", "files": "a"}], "no table document; there are service_"),
    ],
)
def test_what_stands_twice_or_would_never_be_read_is_refused(part, make, says):
    county = load_county("vantaa-kerava").model_dump()
    with pytest.raises(ValueError, match=says):
        County.model_validate(county | {part: make(list(county[part]))})


def test_the_tables_of_extracts_are_those_that_the_pipeline_takes_in():
    from assets.intake import EXTRACTS

    assert set(EXTRACT_TABLES) == set(EXTRACTS) <= set(CONTRACTS)


def test_a_slug_that_is_not_the_files_name_is_refused(tmp_path):
    text = GOOD.replace("slug: vantaa-kerava", "slug: lappi")
    with pytest.raises(CountyFileError, match="slug: lappi; expected the file's name"):
        load(tmp_path, text)


def test_a_key_given_twice_is_refused(tmp_path):
    text = GOOD + 'code: "05"\n'
    with pytest.raises(CountyFileError, match=f"line {len(text.splitlines())}: the key 'code' is given twice"):
        load(tmp_path, text)


def test_broken_yaml_names_its_line(tmp_path):
    text = "\n".join(["code: '04'", "names: {fi: x", "slug: y"])
    with pytest.raises(CountyFileError, match=r"vantaa-kerava.yaml, line [23]: not valid YAML"):
        load(tmp_path, text)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "text"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path, text):
    with pytest.raises(CountyFileError, match="expected 'key: value' pairs"):
        load(tmp_path, text)


def test_an_unknown_county_lists_the_known_ones():
    with pytest.raises(CountyFileError, match="no county file 'atlantis'; there are: .*paijat-hame"):
        load_county("atlantis")


class TestAgeGroups:
    def test_every_age_is_in_one_group_and_labels_stand_in_order(self):
        groups = AgeGroups(starts=(0, 7, 18, 90))
        assert groups.labels == ("0-6", "7-17", "18-89", "90+")
        ages = groups.label_of_age()
        assert sorted(ages) == list(range(101))
        assert (ages[6], ages[7], ages[89], ages[90], ages[100]) == ("0-6", "7-17", "18-89", "90+", "90+")

    @pytest.mark.parametrize("starts", [(1, 7), (0, 7, 7), (0, 18, 7)])
    def test_starts_begin_with_zero_and_rise(self, starts):
        with pytest.raises(ValueError, match="must begin with 0 and rise"):
            AgeGroups(starts=starts)


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ({}, "give either files or query"),
        ({"files": "a", "query": "b", "url_env": "C"}, "give either files or query"),
        ({"query": "SELECT 1"}, "needs url_env"),
        ({"files": "a", "delimiter": "x"}, "delimiter"),
    ],
)
def test_an_extract_has_one_origin(mapping, says):
    with pytest.raises(ValueError, match=says):
        ExtractMapping.model_validate({"table": "documents", **mapping})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pinned": {"singing": "batch"}}, "there is no service singing"),
        ({"pinned": {"dental_visit": "oracle"}}, "Input should be 'batch'"),
        (
            {
                "recording_changes": [
                    {"service": "dental_visit", "areas": ["x"], "first_day": "2025-01-01", "source": "s"}
                ]
            },
            "there is no service area x",
        ),
        (
            {
                "known_effects": [
                    {
                        **{"name": "fee", "service": "dental_visit", "first_month": "2027-01-01", "source": "s"},
                        **{"factor": 0.95, "low": 0.97, "high": 1.0},
                    }
                ]
            },
            "known effect fee: expected low <= factor <= high",
        ),
    ],
)
def test_what_a_county_knows_of_coming_months_must_name_what_it_has(
    settings: dict[str, object], message: str
) -> None:
    county = load_county("lappi")
    with pytest.raises(ValueError, match=re.escape(message)):
        County.model_validate(county.model_dump() | {"forecast": settings})


HOUSING = """
more_indicators:
  - id: 99991
    role: need
    title_pattern: "[Aa]htaasti"
    names: {fi: Ahtaasti asuvat, sv: Trångbodda, en: Overcrowded}
    unit: {fi: "%", sv: "%", en: "%"}
"""


def county_with(folder, addition: str):
    text = (FOLDER / "lappi.yaml").read_text(encoding="utf-8")
    (folder / "lappi.yaml").write_text(text + addition, encoding="utf-8")
    return load_county("lappi", folder)


def test_a_county_adds_an_indicator_to_the_common_ones(tmp_path):
    common = [indicator.id for indicator in load_county("lappi").indicators]
    county = county_with(tmp_path, HOUSING)
    assert [indicator.id for indicator in county.indicators] == [*common, 99991]


def test_an_added_indicator_that_is_there_already_is_refused(tmp_path):
    known = load_county("lappi").indicators[0].id
    with pytest.raises(CountyFileError, match=f"indicators: {known} stands twice"):
        county_with(tmp_path, HOUSING.replace("99991", str(known)))


def test_an_added_indicator_of_need_stands_among_the_surroundings_of_the_report(tmp_path):
    from reporting.disclosure import protect_inputs
    from reporting.structural.facts import StructuralExtras, area_facts, structural_tables
    from tests.reporting.sample_inputs import sample_inputs

    inputs = sample_inputs(county=county_with(tmp_path, HOUSING))
    facts = area_facts(structural_tables(protect_inputs(inputs), StructuralExtras()), "21")
    assert "99991" in [fact.indicator for fact in facts.indicators]
