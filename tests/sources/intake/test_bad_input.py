"""Bad extracts: each gets an error that says how to mend it, or a quarantine row with its reason."""

from __future__ import annotations

import gzip
import io
import lzma
import re
import time
import tracemalloc
import zipfile

import polars as pl
import pytest

from sources.extracts import ExtractError, MissingExtractError

HETU = "131052-308T"


def reasons(gated) -> list[tuple]:
    return gated.quarantined.select("row", "column", "reason").rows()


def test_a_good_extract_is_accepted_whole(ingest, events):
    gated = ingest("service_events", events())
    assert (gated.accepted.height, gated.quarantined.height, gated.rows_in) == (2, 0, 2)


def test_a_missing_column_is_an_error_that_names_it(ingest, events):
    text = events().replace("municipality", "kunta")
    with pytest.raises(ExtractError, match="no column 'municipality' for service_events.municipality; map it"):
        ingest("service_events", text)


def test_a_mapped_column_that_is_missing_is_an_error_even_when_it_may_be_empty(ingest, events):
    with pytest.raises(ExtractError, match="no column 'kiireellisyys'"):
        ingest("service_events", events(), columns={"urgency": "kiireellisyys"})


def test_a_mapping_to_an_unknown_contract_column_names_the_county_file(ingest, events):
    with pytest.raises(ExtractError, match="paijat-hame.yaml.*'colour' under columns"):
        ingest("service_events", events(), columns={"colour": "x"})


def test_no_delivered_file_is_told_apart_from_a_bad_one(ingest, events):
    with pytest.raises(MissingExtractError, match="no file 'other.csv'"):
        ingest("service_events", events(), files="other.csv")


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (
            "e3,c2,1950-05-01,male,999,fi,home_care,U1,2026-01-10,2026-01-11",
            "municipality",
            "unknown_municipality",
        ),
        ("e3,c2,1950-05-01,male,091,fi,home_care,U1,2026-01-10,2026-01-11", "municipality", "other_county"),
        ("e3,c2,1950-05-01,male,398,fi,teleport,U1,2026-01-10,2026-01-11", "service", "unknown_code"),
        ("e3,c2,1950-05-01,man,398,fi,home_care,U1,2026-01-10,2026-01-11", "sex", "not_allowed"),
        ("e3,c2,1950-05-01,male,398,fi,home_care,U1,2026-01-10,2026-01-09", "recorded_at", "dates_out_of_order"),
        ("e3,c2,2026-05-01,male,398,fi,home_care,U1,2026-01-10,2026-01-11", "birth_date", "dates_out_of_order"),
        ("e3,c2,1850-05-01,male,398,fi,home_care,U1,2026-01-10,2026-01-11", "age", "out_of_range"),
        ("e3,c2,1950-05-01,male,398,fi,home_care,U1,2026-12-10,2026-12-11", "event_date", "future_date"),
        ("e3,c2,1950-05-01,male,398,fi,home_care,U1,10.1.2026,2026-01-11", "event_date", "not_a_date"),
        ("e3,c2,1950-05-01,male,398,fi,home_care,U1,2026-02-30,2026-03-11", "event_date", "not_a_date"),
        ("e3,c2,1950-05-01,male,398,fi,home_care,U1,2026-01-10,soon", "recorded_at", "not_a_datetime"),
        ("e3,,1950-05-01,male,398,fi,home_care,U1,2026-01-10,2026-01-11", "client_id", "missing"),
        ("e3,c2,1950-05-01,male,398,fi,home_care,U1,2026-01-10", "", "wrong_number_of_fields"),
        ("e3,c2,1950-05-01,male,398,fi,home_care,U1,2026-01-10,2026-01-11,x", "", "wrong_number_of_fields"),
        (f"e3,c2,1950-05-01,male,398,fi,home_care,U {HETU},2026-01-10,2026-01-11", "unit", "identity_code"),
        (f"{HETU},c2,1950-05-01,male,398,fi,home_care,U1,2026-01-10,2026-01-11", "event_id", "identity_code"),
    ],
)
def test_a_bad_row_is_quarantined_with_its_number_and_reason(ingest, events, row, column, reason):
    gated = ingest("service_events", events(row))
    assert gated.accepted["event_id"].to_list() == ["e1", "e2"]
    assert reasons(gated) == [(4, column, reason)]


def test_a_quarantine_row_never_repeats_an_identity_code(ingest, events):
    row = f"{HETU},c2,1950-05-01,male,398,{HETU},home_care,U1,2026-01-10,2026-01-11"
    gated = ingest("service_events", events(row))
    assert gated.quarantined["other_reasons"].to_list() == ["language:identity_code"]
    assert HETU not in gated.quarantined.write_csv() + gated.checks.write_csv() + gated.accepted.write_csv()


def test_the_same_row_twice_is_kept_once(ingest, events):
    first = events().splitlines()[1]
    gated = ingest("service_events", events(first))
    assert gated.accepted["event_id"].to_list() == ["e1", "e2"]
    assert reasons(gated) == [(4, "event_id", "duplicate")]
    assert gated.quarantined["key"].to_list() == ["e1"]


def test_of_one_id_with_two_contents_neither_is_believed(ingest, events):
    other = events().splitlines()[1].replace("U1", "U2")
    gated = ingest("service_events", events(other))
    assert gated.accepted["event_id"].to_list() == ["e2"]
    assert reasons(gated) == [(2, "event_id", "conflicting_key"), (4, "event_id", "conflicting_key")]


def test_a_truncated_csv_is_refused(ingest, events):
    with pytest.raises(ExtractError, match=r"last row \(3\) has 4 of 10 fields.*cut off"):
        ingest("service_events", events()[: events().rindex("female") + 3])


def test_an_unclosed_quote_is_refused(ingest, events):
    with pytest.raises(ExtractError, match="never closed"):
        ingest("service_events", events('e3,"c2,1950-05-01,male'))


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n"])
def test_an_empty_file_is_refused(ingest, content):
    with pytest.raises(ExtractError, match="empty.*export it again"):
        ingest("service_events", content)


def test_a_header_without_rows_is_refused(ingest, events):
    with pytest.raises(ExtractError, match="no rows"):
        ingest("service_events", events().splitlines()[0] + "\n")


def test_a_binary_file_is_refused(ingest):
    with pytest.raises(ExtractError, match="the file is binary; .*; save it as CSV in UTF-8"):
        ingest("service_events", bytes(range(256)) * 20)


def zipped(name: str, content: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def a_workbook() -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame({"event_id": ["e1"]}).write_excel(buffer)
    return buffer.getvalue()


OTHER_KINDS = {
    "objects": (b'[{"event_id": "e1"},\n{"event_id": "e2"}]\n', "JSON", "export it"),
    "object": (b'{\n "events": [{"event_id": "e1", "sex": "male"}]\n}', "JSON", "export it"),
    "json lines": (b'{"event_id": "e1"}\n{"event_id": "e2"}\n', "JSON", "export it"),
    "xml": (b"\xef\xbb\xbf<?xml version='1.0'?>\n<events/>\n", "XML", "export it"),
    "page": (b"<!DOCTYPE html>\n<title>Log in</title>", "a web page", "export it"),
    "archive": (zipped("events.csv", "event_id\ne1\n"), "a ZIP archive", "unpack it"),
    "gzip": (gzip.compress(b"event_id\ne1\n", mtime=0), "a gzip archive", "unpack it"),
    "xz": (lzma.compress(b"event_id\ne1\n"), "an xz archive", "unpack it"),
    "workbook": (a_workbook(), "an Excel workbook", "save its sheet as CSV in UTF-8"),
    "sheets": (
        zipped("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        "an OpenDocument file",
        "save its sheet as CSV in UTF-8",
    ),
    "utf-16": ("event_id,sex\n".encode("utf-16"), "UTF-16 text", "save it as CSV in UTF-8"),
}


@pytest.mark.parametrize("name", ["extract.csv", "extract.parquet"])
@pytest.mark.parametrize(("content", "kind", "mend"), OTHER_KINDS.values(), ids=OTHER_KINDS)
def test_a_file_of_another_kind_is_named_with_what_was_expected(ingest, content, kind, mend, name):
    with pytest.raises(ExtractError, match=f"^{name}: this is {kind}.*; expected .*Parquet.*; {mend}"):
        ingest("service_events", content, name=name)


@pytest.mark.parametrize(
    "content", ["Dear all\nno table, here\n", "events:\n  - event_id: e1\n"], ids=["letter", "yaml"]
)
def test_text_that_is_no_table_is_told_from_one_without_a_column(ingest, content):
    with pytest.raises(ExtractError, match="the first row names no columns of the table; expected column names"):
        ingest("service_events", content)


@pytest.mark.parametrize("header", ["[event_id],[client_id]", '"event_id","client_id"', "{event_id},x"])
def test_a_header_of_marked_names_is_delimited_text(ingest, header):
    with pytest.raises(ExtractError, match="no column"):
        ingest("service_events", header + "\ne1,c1\n")


def a_parquet() -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame({"event_id": [str(i) for i in range(1000)]}).write_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["extract", "extract.csv", "extract.PARQUET", "extract.pq"])
def test_parquet_is_read_whatever_its_name(ingest, events, name):
    buffer = io.BytesIO()
    pl.read_csv(events().encode(), infer_schema=False).write_parquet(buffer)
    assert ingest("service_events", buffer.getvalue(), name=name).accepted.height == 2


@pytest.mark.parametrize("content", [b"", b"PAR1", a_parquet()[:-200], a_parquet()[:500], b"a,b\n1,2\n" * 9])
def test_a_damaged_parquet_file_is_refused(ingest, content):
    with pytest.raises(ExtractError, match="extract.parquet: .*(export|copy)"):
        ingest("service_events", content, name="extract.parquet")


def test_a_parquet_file_with_a_damaged_footer_is_refused(ingest):
    data = a_parquet()
    with pytest.raises(ExtractError, match="damaged or cut off"):
        ingest("service_events", data[:-60] + b"\x13" * 52 + data[-8:], name="extract.parquet")


@pytest.mark.parametrize("newline", [b"\n", b""])
def test_ten_million_columns_are_refused_quickly_in_little_memory(ingest, tmp_path, newline):
    content = b",".join([b"c"] * 10_000_000) + newline + b"1,2\n"
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(ExtractError, match="the header (has|row is longer)"):
        ingest("service_events", content)
    took, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 2 and peak < 50e6


def test_a_few_thousand_columns_are_refused_with_their_number(ingest):
    with pytest.raises(ExtractError, match="the header has 5,000 columns; expected at most 2,000"):
        ingest("service_events", b",".join([b"c"] * 5_000) + b"\n1\n")


def test_a_parquet_file_of_too_many_columns_is_refused(ingest):
    buffer = io.BytesIO()
    pl.DataFrame({f"c{i}": [1] for i in range(2_500)}).write_parquet(buffer)
    with pytest.raises(ExtractError, match="2,500 columns"):
        ingest("service_events", buffer.getvalue(), name="extract.parquet")


@pytest.mark.parametrize("value", [["e1"], {"of": "e1"}])
def test_a_parquet_column_of_lists_or_records_is_refused(ingest, value):
    buffer = io.BytesIO()
    pl.DataFrame({"event_id": [value], "other": [[1]]}).write_parquet(buffer)
    with pytest.raises(ExtractError, match="column 'event_id' holds lists or records; .* export it as text"):
        ingest("service_events", buffer.getvalue(), name="extract.parquet")


def test_errors_never_repeat_values(ingest, events):
    with pytest.raises(ExtractError) as error:
        ingest("service_events", events(f'e3,"{HETU}'))
    assert not re.search(r"\d{6}-", str(error.value))


def test_a_proposal_may_have_a_deadline_ahead_but_neither_a_day_nor_a_place_nor_a_state_of_its_own(ingest):
    header = "proposal_id,area,proposal,made_on,addressee,owner,due_on,status,outcome"
    rows = (
        "p1,09-398,outreach_work,2026-01-10,municipality,service_manager,2027-06-30,open,",
        f"p2,09,Asumisneuvoja,2026-01-10,Lahti,vastaa {HETU},,open,",
        "p3,04-092,outreach_work,2026-01-10,,,,open,",
        "p4,09,outreach_work,2027-01-10,,,,open,",
        "p5,09,outreach_work,2026-01-10,,,,forgotten,",
        "p6,09,outreach_work,2026-01-10,,,2025-12-31,done,",
    )
    gated = ingest("proposals", "\n".join((header, *rows)))
    assert gated.accepted["proposal_id"].to_list() == ["p1"]
    assert reasons(gated) == [
        *((3, "owner", "identity_code"), (4, "area", "unknown_code"), (5, "made_on", "future_date")),
        *((6, "status", "not_allowed"), (7, "due_on", "dates_out_of_order")),
    ]
