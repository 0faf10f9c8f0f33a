"""Extracts of many makes become contract tables by the county file's mapping alone."""

from __future__ import annotations

import io
from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counties import ExtractMapping
from sources.contracts import CONTRACTS
from sources.delimited import ExtractError, read_delimited
from sources.extracts import read_extract
from sources.typed import Format, to_kind

LIFECARE = """Käynti;Hetu;Syntymäaika;Sukupuoli;Kunta;Palvelu;Yksikkö;Päivä;Kirjattu
K1;131052-308T;13.10.1952;N;398;KH;Keskusta, "A";5.1.2026;05.01.2026 14:30
K2;010101A906E;01.01.2001;M;16;VO;Länsi;6.1.2026;06.01.2026 klo 9:05:10
"""
LIFECARE_MAPPING = {
    "columns": {
        "event_id": "Käynti",
        "client_id": "Hetu",
        "birth_date": "Syntymäaika",
        "sex": "Sukupuoli",
        "municipality": "Kunta",
        "service": "Palvelu",
        "unit": "Yksikkö",
        "event_date": "Päivä",
        "recorded_at": "Kirjattu",
    },
    "values": {"sex": {"N": "female", "M": "male"}, "service": {"KH": "home_care", "VO": "doctor_visit"}},
    "constants": {"contact": "visit"},
    "date_format": "%d.%m.%Y",
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_a_finnish_export_is_mapped_without_code(ingest, encoding):
    text = LIFECARE.replace('"A"', "A")
    gated = ingest("service_events", text.encode(encoding), **LIFECARE_MAPPING)
    assert gated.quarantined.is_empty()
    rows = gated.accepted.select("event_id", "age", "sex", "municipality", "service", "unit", "contact").rows()
    assert rows == [
        ("K1", 73, "female", "398", "home_care", "Keskusta, A", "visit"),
        ("K2", 25, "male", "016", "doctor_visit", "Länsi", "visit"),
    ]
    assert gated.accepted["event_date"].to_list() == [date(2026, 1, 5), date(2026, 1, 6)]
    assert gated.accepted["recorded_at"].to_list() == [
        datetime(2026, 1, 5, 14, 30),
        datetime(2026, 1, 6, 9, 5, 10),
    ]


def test_a_delimiter_inside_quotes_and_a_line_break_in_a_text_are_read_as_written(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('a;b\n"1;2";"line\nbreak"\n3;"say ""no"""\n', encoding="utf-8")
    read = read_delimited(path, ("a", "b"))
    assert read.frame.rows() == [("1;2", "line\nbreak", 2), ("3", 'say "no"', 3)]


def test_row_numbers_stand_when_rows_are_broken_and_lines_blank(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n\n3\n4,5\r\n\r\n6,7,8\n9,10", encoding="utf-8")
    read = read_delimited(path, ("b", "a"))
    assert read.frame.rows() == [("2", "1", 2), ("5", "4", 5), ("10", "9", 8)]
    assert (read.broken, read.rows) == ((4, 7), 5)


def test_a_decimal_comma_is_read_where_the_county_file_says_so(ingest):
    text = "municipality;service;sex;age_group;period;count\n398;home_care;male;75-79;2026-01-01;1 234,0\n"
    gated = ingest("service_counts", text, decimal=",")
    assert gated.accepted["count"].to_list() == [1234]
    gated = ingest("service_counts", text.replace("1 234,0", "12,5"), decimal=",")
    assert gated.quarantined["reason"].to_list() == ["not_a_whole_number"]


def test_a_column_named_twice_is_an_error(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b,a\n1,2,3\n", encoding="utf-8")
    with pytest.raises(ExtractError, match="'a' is in the header twice; rename"):
        read_delimited(path, ("a",))


def test_declared_utf8_that_is_not_names_the_line(ingest, events):
    content = events().encode() + "e3,ä".encode("latin-1")
    with pytest.raises(ExtractError, match="line 4: not UTF-8; give 'encoding: latin-1'"):
        ingest("service_events", content, encoding="utf-8")


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def test_parquet_of_other_types_is_cast_to_the_contract(ingest, events):
    raw = pl.read_csv(io.StringIO(events()), infer_schema=False).with_columns(
        pl.col("municipality").cast(pl.Int64),
        pl.lit(17).alias("unit"),
        pl.col("event_date").str.to_datetime("%Y-%m-%d").dt.replace_time_zone("Europe/Helsinki"),
        pl.lit(datetime(2026, 1, 11, 12)).dt.replace_time_zone("UTC").alias("recorded_at"),
    )
    gated = ingest("service_events", parquet(raw), name="e.parquet")
    row = gated.accepted.row(0, named=True)
    assert (row["municipality"], row["unit"], row["event_date"]) == ("398", "17", date(2026, 1, 10))
    assert row["recorded_at"] == datetime(2026, 1, 11, 14)


def test_several_files_of_one_pattern_are_one_table_and_keep_their_names(tmp_path, county, events):
    for name, event in (("a_1.csv", "e1"), ("a_2.csv", "e9")):
        text = events().splitlines()
        (tmp_path / name).write_text("\n".join([text[0], text[1].replace("e1", event)]) + "\n")
    extract = read_extract(ExtractMapping(table="service_events", files="a_*.csv"), tmp_path, county)
    assert extract.files == ("a_1.csv", "a_2.csv")
    assert extract.frame.select("event_id", "_file", "_row").rows() == [("e1", "a_1.csv", 2), ("e9", "a_2.csv", 2)]


QUERY = {"files": None, "query": "SELECT * FROM contacts", "url_env": "TEST_EXTRACT_URL"}


def test_a_query_is_read_like_a_file(ingest, events, tmp_path, monkeypatch):
    import sqlalchemy

    url = f"sqlite:///{tmp_path / 'county.db'}"
    with sqlalchemy.create_engine(url).begin() as connection:
        header, *rows = (line.split(",") for line in events().splitlines())
        connection.execute(sqlalchemy.text(f"CREATE TABLE contacts ({', '.join(header)})"))
        for row in rows:
            values = ", ".join(f"'{value}'" for value in row)
            connection.execute(sqlalchemy.text(f"INSERT INTO contacts VALUES ({values})"))
    monkeypatch.setenv("TEST_EXTRACT_URL", url)
    gated = ingest("service_events", "", **QUERY)
    assert (gated.accepted.height, gated.files) == (2, ("query",))


def test_a_query_without_its_url_says_which_variable(ingest):
    with pytest.raises(ExtractError, match="variable TEST_EXTRACT_URL is not set"):
        ingest("service_events", "", **QUERY)


def test_a_failing_query_shows_neither_url_nor_values(ingest, tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_EXTRACT_URL", f"sqlite:///{tmp_path}/hidden-password.db")
    with pytest.raises(ExtractError, match="the query could not be read") as error:
        ingest("service_events", "", **QUERY)
    assert "hidden-password" not in str(error.value)


def column_of(kind: str) -> object:
    return next(c for table in CONTRACTS.values() for c in table.raw_columns if c.kind == kind)


@pytest.mark.parametrize(
    ("kind", "text", "form", "value"),
    [
        ("date", "2026-01-31 00:00:00", Format(), date(2026, 1, 31)),
        ("date", "31.1.2026", Format(date_format="%d.%m.%Y"), date(2026, 1, 31)),
        ("date", "2026-01-31 13:00", Format(), None),
        ("datetime", "2026-01-31", Format(), datetime(2026, 1, 31)),
        ("datetime", "2026-07-01T12:00:00Z", Format(), datetime(2026, 7, 1, 15)),
        ("datetime", "2026-01-31 12:00:30.5", Format(), datetime(2026, 1, 31, 12, 0, 30, 500_000)),
        ("float", "1.234,5", Format(decimal=","), 1234.5),
        ("float", "inf", Format(), None),
        ("int", "12.0", Format(), 12),
        ("int", "12.4", Format(), None),
    ],
)
def test_values_are_read_in_their_contract_type(kind, text, form, value):
    assert to_kind(pl.Series([text]), column_of(kind), form).to_list() == [value]


FIELD = st.text(st.characters(codec="utf-8", exclude_characters='\r\x00"', exclude_categories=["Cs", "Cc"]))


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(FIELD, FIELD), min_size=1, max_size=12), delimiter=st.sampled_from(";,\t|"))
def test_what_a_csv_writer_wrote_is_read_back(tmp_path_factory, rows, delimiter):
    import csv

    path = tmp_path_factory.mktemp("csv") / "x.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerows([("a", "b"), *rows])
    read = read_delimited(path, ("a", "b"), delimiter=delimiter, encoding="utf-8")
    assert [(a or "", b or "") for a, b, _ in read.frame.rows()] == rows
    assert read.broken == ()


def test_a_query_that_names_a_column_twice_is_refused(ingest, tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_EXTRACT_URL", f"sqlite:///{tmp_path / 'x.db'}")
    with pytest.raises(ExtractError, match="gives 'a' twice"):
        ingest("service_events", "", **{**QUERY, "query": "SELECT 1 AS a, 2 AS a"})


def test_a_query_without_rows_is_refused(ingest, tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_EXTRACT_URL", f"sqlite:///{tmp_path / 'x.db'}")
    with pytest.raises(ExtractError, match="gave no rows"):
        ingest("service_events", "", **{**QUERY, "query": "SELECT 1 AS a WHERE 1 = 0"})


@pytest.mark.parametrize("kind", [pl.Datetime("ms"), pl.Datetime("us"), pl.Datetime("ns", "UTC"), pl.Date()])
@pytest.mark.parametrize("name", ["created_at", "event_at"])
def test_times_beyond_every_calendar_are_unreadable_and_nothing_breaks(kind, name):
    most = 2**31 - 1 if kind == pl.Date() else 2**63 - 1
    whole = [-most, -most // 2, 0, None, most // 2, most]
    times = pl.Series(name, whole, dtype=pl.Int32 if kind == pl.Date() else pl.Int64).cast(kind)
    (column,) = (c for c in CONTRACTS["documents"].raw_columns if c.name == name)
    read = to_kind(times, column, Format()).to_list()
    assert (read[2] is None, read[3]) == (False, None)
    if kind != pl.Datetime("ns", "UTC"):  # whose every value is a day of the calendar
        assert read[:2] == read[4:] == [None, None]


def test_the_first_and_last_day_of_the_calendar_are_read():
    (column,) = (c for c in CONTRACTS["documents"].raw_columns if c.name == "created_at")
    ends = [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)]
    assert to_kind(pl.Series(ends), column, Format()).to_list() == ends
