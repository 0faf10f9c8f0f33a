"""Documents: what is listed as defect is there, and what is not listed is clean."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import polars as pl
import pytest

from benchmarks.planted_defects import judged_in
from counties import load_county
from sources.synthetic import DemoSummary
from sources.synthetic.document_texts import DISTINCT, narratives
from sources.synthetic.documents import organisation_oid
from sources.synthetic.working_days import working_days_after

AS_OF = date(2026, 10, 31)


@pytest.fixture(scope="module")
def documents(demo: DemoSummary) -> pl.DataFrame:
    return pl.read_parquet(demo.folder / "documents.parquet")


@pytest.fixture(scope="module")
def defects(demo: DemoSummary) -> pl.DataFrame:
    return pl.read_parquet(demo.folder / "truth/defects.parquet")


def test_seven_working_days_after_a_tuesday_is_thursday_of_the_next_week() -> None:
    tuesday = np.array(["2026-11-03"], dtype="datetime64[D]")
    assert working_days_after(tuesday, 7)[0] == np.datetime64("2026-11-12")


def test_midsummer_eve_and_christmas_eve_are_not_worked() -> None:
    days = np.array(["2026-06-18", "2026-12-23"], dtype="datetime64[D]")
    assert working_days_after(days, 1).astype(str).tolist() == ["2026-06-22", "2026-12-28"]


def test_different_documents_have_different_texts() -> None:
    texts = narratives(np.arange(50_000), np.zeros(50_000, dtype=bool))
    assert texts.n_unique() == 50_000
    with pytest.raises(ValueError, match="different texts"):
        narratives(np.array([DISTINCT]), np.array([False]))


def test_the_organisation_has_a_business_id_with_a_right_check_digit() -> None:
    for county in ("01", "09", "21", "90"):
        digits = [int(d) for d in organisation_oid(county).rsplit(".", 1)[1]]
        rest = sum(d * w for d, w in zip(digits[:7], (7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
        assert digits[7] == (0 if rest == 0 else 11 - rest)


def test_every_content_is_an_object_with_the_declared_fields(
    documents: pl.DataFrame, defects: pl.DataFrame
) -> None:
    from sources.structures import load_structures

    declared = load_structures().document_types
    odd = defects.filter(pl.col("defect").is_in(["content_cut_off", "field_unknown", "document_type_unknown"]))
    assert odd["defect"].n_unique() == 3
    sound = documents.filter(~pl.col("document_id").is_in(odd["document_id"].implode()))
    for kind, part in sound.group_by("document_type"):
        fields = set(declared[str(kind[0])])
        for content in part["content"].head(300):
            assert set(json.loads(content)) <= fields


def test_the_marker_counts_what_the_list_holds(demo: DemoSummary, defects: pl.DataFrame) -> None:
    assert demo.defects == dict(defects.group_by("defect").len().iter_rows())
    assert len(demo.defects) > 130


def test_listed_documents_exist(documents: pl.DataFrame, defects: pl.DataFrame) -> None:
    assert set(defects["document_id"]) <= set(documents["document_id"])


def check_both_ways(documents: pl.DataFrame, defects: pl.DataFrame, defect: str, condition: pl.Expr) -> None:
    planted = set(defects.filter(pl.col("defect") == defect)["document_id"])
    found = set(documents.filter(condition)["document_id"])
    assert planted
    assert found == planted


@pytest.mark.parametrize(
    ("defect", "condition"),
    [
        ("oid_malformed", pl.col("document_id").str.contains(r"\.0\d")),
        ("duplicate_id", pl.col("document_id").is_duplicated()),
        ("service_task_missing", pl.col("service_task").is_null()),
        ("document_language_unknown", ~pl.col("language").is_in(["fi", "sv"])),
        ("signed_before_made", pl.col("signed_at") < pl.col("created_at")),
        (
            "made_before_event",
            pl.col("event_at").dt.date().is_between(pl.col("created_at").dt.date(), AS_OF)
            & (pl.col("event_at") > pl.col("created_at")),
        ),
        ("final_unsigned", (pl.col("status") == "final") & pl.col("signed_at").is_null()),
        ("text_placeholder", pl.col("text") == "ks. yllä"),
        ("written_at_night", pl.col("created_at").dt.hour() < 5),
        ("case_missing", pl.col("case_id").is_null()),
        ("identity_code_in_text", pl.col("text").str.contains(r"\d{6}[-A]9\d\d")),
        ("grounds_missing", pl.col("content").str.contains('"grounds":null', literal=True)),
        ("goals_missing", pl.col("content").str.contains('"goals":[]', literal=True)),
    ],
)
def test_planted_is_what_is_in_the_data(
    documents: pl.DataFrame, defects: pl.DataFrame, defect: str, condition: pl.Expr
) -> None:
    check_both_ways(documents, defects, defect, condition)


def test_old_drafts_are_planted_ones(documents: pl.DataFrame, defects: pl.DataFrame) -> None:
    old = (pl.col("status") == "draft") & (pl.col("created_at").dt.date() < date(2026, 10, 17))
    planted = defects.filter(pl.col("rule") == "draft_not_old")
    assert set(documents.filter(old)["document_id"]) == set(planted["document_id"])


def test_copied_texts_are_planted_ones(documents: pl.DataFrame, defects: pl.DataFrame) -> None:
    shared = documents.filter(pl.col("text").str.len_chars() >= 60).filter(
        pl.col("client_id").n_unique().over("text") > 1
    )
    planted = defects.filter(pl.col("defect") == "text_copied")
    assert set(shared["document_id"]) == set(planted["document_id"])


def test_bad_units_make_more_defects(demo: DemoSummary, defects: pl.DataFrame) -> None:
    units = pl.DataFrame(
        [u for u in json.loads((demo.folder / "truth/units.json").read_text(encoding="utf-8")) if "documents" in u]
    )
    counts = defects.drop_nulls("unit").group_by("unit").agg(n=pl.col("document_id").n_unique())
    rates = units.join(counts, on="unit", how="left").with_columns(pl.col("n").fill_null(0))
    worst = rates.filter(pl.col("defect_multiplier") > 1).select(pl.sum("n") / pl.sum("documents")).item()
    others = rates.filter(pl.col("defect_multiplier") == 1).select(pl.sum("n") / pl.sum("documents")).item()
    assert worst > 2.5 * others


def test_the_rules_find_exactly_what_was_planted(demo: DemoSummary) -> None:
    """Recall and precision are 1 over the whole shipped catalogue; no rule is without a planted defect."""
    result = judged_in(demo.folder, load_county("paijat-hame"))
    assert result.wrong.to_dicts() == []
    assert result.by_rule.filter(pl.col("planted") == 0)["rule_id"].to_list() == []
