"""Identity codes: artificial only, valid, all different."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest

from sources.privacy import holds_identity_code
from sources.synthetic import DemoSummary
from sources.synthetic.persons import identity_codes

CODE = re.compile(r"\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]")


def test_a_code_computed_by_hand() -> None:
    # 010150 and 901: 10150901 mod 31 = 13 -> 'D'
    codes = identity_codes(np.array(["1950-01-01"], dtype="datetime64[D]"), np.array([0]))
    assert 10150901 % 31 == 13
    assert codes.to_list() == ["010150-901D"]


def test_men_have_odd_and_women_even_numbers() -> None:
    born = np.array(["1950-01-01", "1950-01-01", "2010-05-05"], dtype="datetime64[D]")
    numbers = [int(code[7:10]) for code in identity_codes(born, np.array([0, 1, 1]))]
    assert [n % 2 for n in numbers] == [1, 0, 0]


def test_a_busy_birthday_takes_the_new_century_signs() -> None:
    codes = identity_codes(np.full(120, np.datetime64("1960-06-15")), np.zeros(120, dtype=np.int64))
    assert codes.n_unique() == 120
    assert {code[6] for code in codes} == {"-", "U", "V"}


def test_too_many_on_one_day_is_an_error_that_names_it() -> None:
    with pytest.raises(ValueError, match="1960-06-15.*scale"):
        identity_codes(np.full(301, np.datetime64("1960-06-15")), np.zeros(301, dtype=np.int64))


@pytest.mark.parametrize("table", ["service_events.parquet", "documents.parquet", "waiting_list.csv"])
def test_every_client_is_artificial(demo: DemoSummary, table: str) -> None:
    path = demo.folder / table
    frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema_length=0)
    codes = frame["client_id"].drop_nulls().unique()  # some documents name no client: a defect
    assert len(codes) > 100
    assert codes.str.slice(7, 3).cast(pl.Int64).is_between(900, 999).all()
    listed = pl.read_parquet(demo.folder / "truth/defects.parquet").filter(
        pl.col("rule") == "client_id_check_character"
    )
    planted = table == "documents.parquet" and pl.col("document_id").is_in(listed["document_id"].implode())
    miswritten = frame.filter(planted)["client_id"].unique()
    assert {code for code in codes if not holds_identity_code(code)} == set(miswritten)
    assert (len(miswritten) > 0) == (table == "documents.parquet")


def test_codes_inside_texts_are_artificial_too(demo: DemoSummary) -> None:
    texts = pl.read_parquet(demo.folder / "documents.parquet")["text"]
    found = [code for text in texts.filter(texts.str.contains(CODE.pattern)) for code in CODE.findall(text)]
    assert found
    assert all(900 <= int(code[7:10]) <= 999 for code in found)


def test_sex_and_birth_date_agree_with_the_code(demo: DemoSummary) -> None:
    events = pl.read_parquet(demo.folder / "service_events.parquet").unique("client_id").head(2000)
    assert (events["birth_date"].dt.strftime("%d%m%y") == events["client_id"].str.slice(0, 6)).all()
    male = events["client_id"].str.slice(7, 3).cast(pl.Int64) % 2 == 1
    assert (male == (events["sex"] == "male")).all()
