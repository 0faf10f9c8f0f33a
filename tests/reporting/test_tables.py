"""The published tidy tables: the same figures in Parquet and CSV, described, inert and protected."""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl
import pyarrow.parquet as pq
import pytest

from reporting.disclosure import protect_inputs
from reporting.inert import inert, inert_table
from reporting.inputs import Source
from reporting.tables import MEANINGS, PUBLISHED, write_tables
from tests.reporting.sample_inputs import sample_inputs, with_a_small_service


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    write_tables(protect_inputs(sample_inputs()), folder)
    return folder


def test_every_published_table_is_there_in_both_forms_and_alike(folder):
    for name in PUBLISHED:
        parquet, csv = (
            pl.read_parquet(folder / f"{name}.parquet"),
            pl.read_csv(folder / f"{name}.csv", infer_schema=False),
        )
        assert parquet.columns == csv.columns
        assert parquet.height == csv.height > 0


def test_no_small_observed_count_and_no_reason_of_hiding_is_published(folder):
    need = pl.read_parquet(folder / "need_forecast.parquet")
    assert "suppressed" not in need.columns
    observed = need.filter((pl.col("kind") == "observed") & ~pl.col("hidden"))
    assert observed.filter((pl.col("mean") > 0) & (pl.col("mean") < 5)).is_empty()
    assert need.filter("hidden")["mean"].null_count() == need["hidden"].sum() > 0


def test_units_are_not_published(folder):
    scores = pl.read_parquet(folder / "quality_scores.parquet")
    assert "unit" not in scores.columns
    assert set(scores["level"]) == {"area", "county"}


def test_scenarios_and_what_explains_them_are_hidden_with_their_forecast(tmp_path):
    write_tables(protect_inputs(with_a_small_service(sample_inputs())), tmp_path)
    for name in ("need_scenarios", "need_scenario_drivers", "need_tornado", "need_variance"):
        table = pl.read_parquet(tmp_path / f"{name}.parquet")
        figures = table.filter("hidden").select(pl.col(pl.Float64))
        assert figures.height > 0
        assert all(column.null_count() == figures.height for column in figures)


def test_amounts_of_a_backlog_and_scores_of_one_service_and_size_are_not_published(folder):
    assumptions = pl.read_parquet(folder / "need_assumptions.parquet")
    assert assumptions.filter(kind="backlog")["p10"].to_list() == [None]
    assert assumptions.filter(kind="healthy_ageing")["p90"].to_list() == [0.8]
    assert "p10" not in pl.read_parquet(folder / "need_tornado.parquet").columns
    scores = pl.read_parquet(folder / "need_scores_by_size.parquet")
    assert "service" not in scores.columns
    assert scores["size"].to_list() == ["large", "medium", "small"]


def test_the_metadata_describe_every_column_of_every_file(folder):
    metadata = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
    assert [t["url"] for t in metadata["tables"]] == [f"{name}.csv" for name in PUBLISHED]
    for table in metadata["tables"]:
        header = (folder / table["url"]).read_text(encoding="utf-8").split("\n", 1)[0].split(",")
        assert [c["titles"] for c in table["tableSchema"]["columns"]] == header
        assert all(
            c["titles"] in MEANINGS or c["titles"].startswith("q0.") for c in table["tableSchema"]["columns"]
        )
        keys = pl.read_csv(folder / table["url"], columns=table["tableSchema"]["primaryKey"], infer_schema=False)
        assert not keys.is_duplicated().any()
    assert "Invented" in metadata["rdfs:comment"]


def test_parquet_carries_meaning_edition_and_sources(folder):
    schema = pq.read_schema(folder / "need_forecast.parquet")
    assert schema.metadata[b"edition"] == b"2026-11"
    assert schema.metadata[b"synthetic"] == b"true"
    assert b"StatFin" in schema.metadata[b"sources"]
    assert schema.field("validated").metadata[b"description"] == MEANINGS["validated"].encode()


@pytest.mark.parametrize("synthetic", [True, False])
def test_every_source_is_told_whole_and_an_invented_one_is_called_so(tmp_path, synthetic):
    own = Source(name="Maakunta: documents", vintage="2026-10-31", note="n = 5")
    inputs = replace(sample_inputs(), synthetic=synthetic, sources=(own, Source("StatFin", "2026", "CC BY 4.0")))
    write_tables(protect_inputs(inputs), tmp_path)
    told = json.loads((tmp_path / "metadata.json").read_text(encoding="utf-8"))["dc:source"]
    start = "synthetic: " if synthetic else ""
    assert told == [f"{start}Maakunta: documents, 2026-10-31, n = 5", f"{start}StatFin, 2026, CC BY 4.0"]
    assert json.loads(pq.read_schema(tmp_path / "need_forecast.parquet").metadata[b"sources"]) == told


def test_text_that_looks_like_a_formula_is_made_inert():
    texts = ["=cmd()", "plain", "+1", "two\nlines", "\t=cmd()", "\u2028@x", "a\x85b", None]
    frame = pl.DataFrame({"a": texts, "n": range(-1, 7)})
    found = inert_table(frame)
    assert found["a"].to_list() == ["'=cmd()", "plain", "'+1", "two lines", "' =cmd()", "' @x", "a b", None]
    assert found["n"].to_list() == list(range(-1, 7))
    assert [inert(text) for text in texts[:-1]] == found["a"].to_list()[:-1]
    assert (inert(None), inert(-1)) == ("", -1)


def test_a_missing_table_is_left_out(tmp_path):
    files = write_tables(protect_inputs(sample_inputs(client_records=False)), tmp_path)
    assert sorted(f.name for f in files) == [
        "indicator_forecast.csv",
        "indicator_forecast.parquet",
        "indicator_scorecard.csv",
        "indicator_scorecard.parquet",
        "metadata.json",
    ]


def test_equal_inputs_give_equal_bytes(folder, tmp_path):
    for path in write_tables(protect_inputs(sample_inputs()), tmp_path):
        assert path.read_bytes() == (folder / path.name).read_bytes()
