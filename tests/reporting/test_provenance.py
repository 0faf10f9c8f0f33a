"""Where figures came from, told in the reader's language."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reporting.inputs import Failure, Source
from reporting.numbers import Numbers
from reporting.provenance import publisher, reading_notes, source_lines, vintage, vintages
from reporting.texts import Texts
from tests.reporting.sample_inputs import sample_inputs

FI, NUMBERS = Texts("fi"), Numbers("fi")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-04-02", "2.4.2026"),
        ("11re, updated 2026-04-02", "11re, päivitetty 2.4.2026"),
        ("127, read 2026-11-21", "127, luettu 21.11.2026"),
        ("11re by region, 1972-2025", "taulukko 11re maakunnittain, 1972–2025"),
        (
            "14wx, Population projection 2024 (2024-10-24)",
            "väestöennuste 2024, taulukko 14wx, julkaistu 24.10.2024",
        ),
        ("sotkanet_683_diabetes_hva_2015_2023.csv, 2015-2023", "2015–2023"),
        ("sotkanet_primary_care.csv, snapshot 2026-08-18", "luettu 18.8.2026"),
        ("synthetic, seed 1, known on 2026-10-31", "siemenluku 1, tilanne 31.10.2026"),
        ("a form of its own", "a form of its own"),
    ],
)
def test_a_vintage_is_told_in_words_without_names_of_files(text, told):
    assert vintage(text, FI, NUMBERS) == told


def test_vintages_of_many_series_become_the_span_of_their_days():
    found = [f"{n}, updated 2026-0{n}-01" for n in range(1, 7)]
    assert vintages(found, FI, NUMBERS) == "päivitetty 1.1.2026 – 1.6.2026"
    assert vintages(found[:2], FI, NUMBERS) == "1, päivitetty 1.1.2026; 2, päivitetty 1.2.2026"


def test_a_publisher_has_its_own_name_in_each_language():
    told = [publisher("Statistics Finland (Tilastokeskus), CC BY 4.0", Texts(code)) for code in ("fi", "sv", "en")]
    assert told == ["Tilastokeskus", "Statistikcentralen", "Statistics Finland"]
    assert publisher("Statistics Sweden (SCB), CC0", FI) == "Statistics Sweden (SCB), CC0"


def test_a_table_of_sources_has_one_line_for_each_publisher_and_table():
    inputs = replace(
        sample_inputs(client_records=False),
        sources=(
            Source("THL Sotkanet, CC BY 4.0: indicators", "a.csv, 2015-2023"),
            Source("THL Sotkanet, CC BY 4.0: indicators", "b.csv, 2021-2024"),
            Source("open data", "2026-11-21", note="indicators: c.csv is not in the folder; left out"),
        ),
        failures=(Failure("intake_service_events", "unreadable", "events.csv: the file is empty"),),
    )
    first, failed = source_lines(inputs, Texts("sv"), Numbers("sv"))
    assert (first.name, first.licence) == ("THL, Sotkanet: indikatorer", "CC BY 4.0")
    assert first.vintage == "2015–2023; 2021–2024"
    assert failed.name == "Har inte förnyats till denna utgåva: servicehändelser"
    assert failed.vintage == ""  # nothing was delivered that had a day
    assert failed.note == (
        "Servicehändelser: de levererade uppgifterna kunde inte läsas. "
        "Teknisk förklaring på engelska: events.csv: the file is empty"
    )
    assert reading_notes(inputs) == ("indicators: c.csv is not in the folder; left out",)


def test_an_extract_of_a_synthetic_county_is_not_given_the_countys_name():
    inputs = sample_inputs()
    source = Source(f"{inputs.county.names.fi}: documents", "2026-10-31", note="n = 224,472")
    (line,) = source_lines(replace(inputs, sources=(source,)), FI, NUMBERS)
    assert line.name == "Synteettinen aineisto: asiakirjat"
    assert line.note == f"{NUMBERS.integer(224_472)} riviä"
    (real,) = source_lines(replace(inputs, sources=(source,), synthetic=False), Texts("sv"), Numbers("sv"))
    assert real.name == f"{inputs.county.names.in_language('sv')}: handlingar"
