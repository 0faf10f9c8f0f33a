"""Files already fetched, small ones of our own: joined on codes, summed without loss, marked."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import polars as pl
import pytest

from counties import load_county
from counties.registry import municipality_rows
from sources import fetched_indicators as indicators
from sources import fetched_municipalities as municipal
from sources import fetched_regions as regional
from sources.contracts import CONTRACTS
from sources.delimited import ExtractError
from sources.fetched import holds_open_data, open_data_files, read_open_data
from sources.fetched_uusimaa import uusimaa_municipalities, uusimaa_population

REGIONS = {
    (1, "Uusimaa"): 2600,
    (19, "Lapland"): 100,
    (10, "South Savo"): 50,
    (10, "South Savo (Pertunmaa 588, unmatched in source)"): 2,
}
NAMES = {row["municipality"]: row["name_fi"] for row in municipality_rows()}


def ages(persons: float) -> list[tuple[str, str, float]]:
    """Everyone is 0, 40 or 100 and over, women and men alike."""
    return [
        (sex, "100+" if age == 100 else str(age), persons if age in (0, 40, 100) else 0)
        for sex in ("female", "male")
        for age in range(101)
    ]


def write(folder: Path, name: str, header: str, rows: list[tuple]) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    text = io.StringIO()
    csv.writer(text).writerows([header.split(","), *rows])
    data = text.getvalue().encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)


def region_rows(years: list[int], regions: dict[tuple[int, str], float]) -> list[tuple]:
    every = {**regions, (246, "Finland"): sum(regions.values())}
    return [
        (code, name, sex, age, year, persons)
        for (code, name), size in every.items()
        for year in years
        for sex, age, persons in ages(size)
    ]


REGION_HEADER = "reg_code,name,sex,age,year,population"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    merged = {key: size for key, size in REGIONS.items() if "588" not in key[1]}
    merged[(10, "South Savo")] = 52
    write(tmp_path, regional.POPULATION_FILE, REGION_HEADER, region_rows([2019, 2020], merged))
    write(tmp_path, regional.PROJECTION_FILE, REGION_HEADER, region_rows([2020, 2021], REGIONS))
    share = 2600 / len(uusimaa_municipalities())
    write(
        tmp_path,
        municipal.AGES_FILE,
        "area,age,sex,population,year",
        [
            row
            for code in uusimaa_municipalities()
            for row in [
                (NAMES[code], "total", "total", int(share * 6), 2019),
                *((NAMES[code], age, sex, int(persons), 2019) for sex, age, persons in ages(share)),
            ]
        ],
    )
    write(
        tmp_path,
        municipal.TOTALS_FILE,
        "municipality_code,population,year",
        [(code, int(share * 6), year) for code in uusimaa_municipalities() for year in (2019, 2020)],
    )
    write(
        tmp_path,
        municipal.VANTAA_FILE,
        "area,sex,age,year,population",
        [("Vantaa", "male", age, year, 10 + (year > 2021)) for year in (2020, 2021, 2022) for age in range(100)],
    )
    sotkanet = "indicator;region;year;gender;primary value;absolute value\n683;968;2022;total;11.5;900\n"
    (tmp_path / "sotkanet_683_diabetes_hva_2015_2023.csv").write_text(
        sotkanet + "683;888;2021;total;..;\n683;658;2022;total;10;\n",
        encoding="utf-8",
    )
    return tmp_path


def total(frame: pl.DataFrame, **where: object) -> float:
    return float(frame.filter(**where)["persons"].sum())


def test_a_region_is_its_county_by_code_and_every_frame_is_in_contract_shape(folder):
    data = read_open_data(folder, load_county("lappi"))
    assert data.population["area"].unique().to_list() == ["21"]
    assert total(data.population, year=2020) == 600
    assert total(data.projection, year=2021, age=100) == 200
    for name in ("population", "projection", "indicators"):
        assert getattr(data, name).schema == CONTRACTS[name].schema()
    assert data.languages is None and "languages: no file; left out" in data.notes


def test_a_municipality_without_a_region_lands_in_its_successors_county(folder):
    figures = regional.region_figures(folder / regional.PROJECTION_FILE)
    assert total(figures, area="12", year=2020) == 52 * 6
    assert total(figures, area="FI", year=2020) == total(figures.filter(pl.col("area") != "FI"), year=2020)


def test_a_lost_region_is_noticed(folder):
    rows = [r for r in region_rows([2020], REGIONS) if "588" not in r[1]]
    write(folder, regional.PROJECTION_FILE, REGION_HEADER, rows)
    with pytest.raises(ExtractError, match="2020 the regions have 16,500 persons, the country 16,512"):
        regional.region_figures(folder / regional.PROJECTION_FILE)


def test_an_unknown_region_is_noticed(folder):
    write(folder, regional.PROJECTION_FILE, REGION_HEADER, region_rows([2020], {(77, "Atlantis"): 1}))
    with pytest.raises(ExtractError, match=r"unknown region 77 \(Atlantis\)"):
        regional.region_figures(folder / regional.PROJECTION_FILE)


def test_a_region_given_twice_is_noticed(folder):
    write(folder, regional.PROJECTION_FILE, REGION_HEADER, region_rows([2020, 2020], {(19, "Lapland"): 1}))
    with pytest.raises(ExtractError, match="stands twice"):
        regional.region_figures(folder / regional.PROJECTION_FILE)


def test_vantaa_and_kerava_are_estimated_and_say_so(folder):
    data = read_open_data(folder, load_county("vantaa-kerava"))
    assert data.population["area"].unique().sort().to_list() == ["092", "245"]
    assert total(data.population, year=2020) == pytest.approx(2 * 600)
    assert data.population["vintage"].str.starts_with("estimate").all()
    assert data.projection["vintage"].str.starts_with("estimate").all()
    assert any("estimate" in note for note in data.notes)


def test_vantaas_own_growth_is_its_growth(folder):
    data = read_open_data(folder, load_county("vantaa-kerava"))
    own = {year: total(data.projection, area="092", year=year) for year in (2020, 2021)}
    assert own[2021] / own[2020] == pytest.approx(1.1)


def test_the_first_of_january_is_the_last_of_december_before(folder):
    assert municipal.vantaa_projection(folder)["year"].unique().sort().to_list() == [2019, 2020, 2021]


def test_the_estimate_of_uusimaa_and_the_other_regions_sum_to_the_country(folder):
    figures = regional.region_figures(folder / regional.POPULATION_FILE)
    regions = figures.filter(~pl.col("area").is_in(["FI", regional.UUSIMAA]))
    assert set(regions["area"]) == {"12", "21"}
    parts = total(regions, year=2020) + total(uusimaa_population(folder), year=2020)
    assert parts == pytest.approx(total(figures, area="FI", year=2020))


def test_every_file_that_is_read_is_among_the_files_of_open_data(folder):
    (folder / "service_events.csv").write_text("event_id\n1\n")
    there = {path for path in folder.rglob("*") if path.is_file() and path.name != "service_events.csv"}
    assert set(open_data_files(folder)) == there


def test_sotkanet_regions_new_and_old_become_counties_and_marks_stay_as_reasons(folder):
    frame = read_open_data(folder, load_county("lappi")).indicators
    rows = frame.select("indicator", "area", "year", "sex", "value", "count", "missing_reason").sort(
        "area", "year"
    )
    assert [r for r in rows.rows() if r[0] == "683"] == [
        ("683", "21", 2021, "all", None, None, ".."),
        ("683", "21", 2022, "all", 11.5, 900.0, None),
        ("683", "FI", 2022, "all", 10.0, None, None),
    ]


def test_a_sotkanet_file_without_rows_or_with_an_unknown_region_is_refused(folder):
    path = folder / "sotkanet_683_diabetes_hva_2015_2023.csv"
    header = path.read_text(encoding="utf-8").splitlines()[0]
    path.write_text(header + "\n", encoding="utf-8")
    with pytest.raises(ExtractError, match="may have died"):
        indicators.sotkanet_file(path, load_county("lappi"), "x")
    for row, says in (
        ("683;1234;2020;total;1;1", "unknown region 1234"),
        ("683;968;2020;x;1;1", "unknown gender 'x'"),
    ):
        path.write_text(f"{header}\n{row}\n", encoding="utf-8")
        with pytest.raises(ExtractError, match=says):
            indicators.sotkanet_file(path, load_county("lappi"), "x")


def test_a_sotkanet_file_without_a_column_names_it(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("indicator;region;year;primary value\n1;975;2023;1\n", encoding="utf-8")
    with pytest.raises(ExtractError, match=r"bad\.csv: no column 'gender'; expected indicator, region"):
        indicators.sotkanet_file(path, load_county("lappi"), "x")


@pytest.mark.parametrize("mark", [".", "..", "..."])
def test_every_mark_of_a_missing_value_is_kept_and_none_becomes_zero(tmp_path, mark):
    path = tmp_path / "marks.csv"
    text = f"indicator;region;year;gender;primary value\n683;968;2022;total;{mark}\n683;968;2023;total;11,5\n"
    path.write_text(text, encoding="utf-8")
    table = indicators.sotkanet_file(path, load_county("lappi"), "x")
    assert table.select("year", "value", "missing_reason").rows() == [(2022, None, mark), (2023, 11.5, None)]
    assert table["count"].null_count() == 2


def test_a_county_whose_old_and_new_region_ids_both_give_a_year_has_one_row_of_the_new(tmp_path):
    path = tmp_path / "both.csv"
    text = "indicator;region;year;gender;primary value\n683;888;2022;total;1\n683;968;2022;total;2\n"
    path.write_text(text, encoding="utf-8")
    table = indicators.sotkanet_file(path, load_county("lappi"), "x")
    assert table.select("area", "year", "value").rows() == [("21", 2022, 2.0)]


def test_panel_regions_become_counties_through_the_table_and_uusimaa_has_none(tmp_path):
    title = indicators.panel_indicators()[0].title
    write(
        tmp_path,
        indicators.PANEL_FILE,
        "level,area,maakunta,year,category,indicator,value",
        [
            ("maakunta", "Lappi", "Lappi", 2000, "X", title, 5.0),
            ("maakunta", "Uusimaa", "Uusimaa", 2000, "X", title, 7.0),
            ("kunta", "Vantaa", "Uusimaa", 2000, "X", title, 9.0),
            ("kunta", "Kemi", "Lappi", 2000, "X", title, 9.0),
        ],
    )
    frame = indicators.panel(tmp_path, {"Vantaa": "092"})
    assert frame.select("indicator", "area", "value").rows() == [
        ("panel:inpatient_days_75", "092", 9.0),
        ("panel:inpatient_days_75", "21", 5.0),
    ]


def test_recorded_totals_are_read_whatever_the_form_of_the_index(tmp_path):
    answer = {
        "id": ["area", "time"],
        "size": [2, 2],
        "role": {"geo": ["area"], "time": ["time"]},
        "dimension": {
            "area": {"category": {"index": {"KU245": 1, "KU092": 0}}},
            "time": {"category": {"index": ["2024", "2025"]}},
        },
        "value": [1, 2, 3, 4],
    }
    path = tmp_path / municipal.RECORDED_FILE
    path.parent.mkdir()
    path.write_text(json.dumps(answer), encoding="utf-8")
    assert municipal.recorded_totals(tmp_path).rows() == [
        ("092", 2024, 1.0),
        ("092", 2025, 2.0),
        ("245", 2024, 3.0),
        ("245", 2025, 4.0),
    ]


def test_an_unknown_municipality_name_is_refused():
    with pytest.raises(ExtractError, match="'Atlantis' is no municipality"):
        municipal.codes_of_names(pl.Series(["Lahti", "Atlantis"]), "file")


def test_our_own_tables_win_over_publishers_files(folder):
    own = pl.DataFrame(
        {
            "area": ["240"],
            "year": [2020],
            "sex": ["male"],
            "age": [1],
            "persons": [9.0],
            "vintage": "v",
            "source": "s",
        }
    )
    own.write_parquet(folder / "population.parquet")
    data = read_open_data(folder, load_county("lappi"))
    assert data.population.rows() == own.select(*CONTRACTS["population"].schema()).rows()
    assert data.notes[0] == "population: population.parquet, 1 rows"
    assert total(data.population) == 9.0


def test_a_table_that_is_not_the_contract_is_refused(folder):
    (folder / "population.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(ExtractError, match="not the contract table 'population'"):
        read_open_data(folder, load_county("lappi"))


def test_another_countys_folder_is_refused(folder):
    with pytest.raises(ExtractError, match="no row for paijat-hame"):
        read_open_data(folder, load_county("paijat-hame"))


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"\x1f\x8b" + data[9:]])
def test_a_cut_off_download_is_refused(folder, damage):
    path = folder / regional.POPULATION_FILE
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ExtractError, match="damaged or cut off; fetch it again"):
        regional.region_figures(path)


def test_an_empty_folder_says_what_is_missing(tmp_path):
    assert not holds_open_data(tmp_path)
    with pytest.raises(ExtractError, match="statfin_11re_maakunta.*not in the folder"):
        read_open_data(tmp_path, load_county("lappi"))
