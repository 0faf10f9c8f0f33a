"""Scores by edition, and past days scored anew by new rules."""

from datetime import date, timedelta

import polars as pl
from quality_documents import AREAS, AS_OF, START, document, frame, spoilt

from quality_checks.rules import Catalogue, load_catalogue
from quality_checks.score_history import catalogue_version, known_on, rescored, with_edition

DAYS = (date(2026, 4, 1), AS_OF)


def county(history: pl.DataFrame, day: date) -> dict:
    rows = history.filter((pl.col("level") == "county") & (pl.col("as_of") == day))
    return {row["dimension"]: row for row in rows.iter_rows(named=True)}


def test_a_day_scored_twice_by_the_same_rules_stands_once():
    catalogue = load_catalogue()
    scores = pl.DataFrame({"level": ["county"], "index": [0.9]})
    history = with_edition(with_edition(pl.DataFrame(), scores, AS_OF, catalogue), scores, AS_OF, catalogue)
    assert history.rows() == [(AS_OF, catalogue_version(catalogue), "county", 0.9)]
    other = Catalogue(catalogue.rules[:9])
    assert with_edition(history, scores, AS_OF, other).height == 2


def test_past_days_are_scored_by_the_new_rules_on_what_was_known_then():
    documents = frame(*spoilt(3))
    catalogue = load_catalogue()
    fewer = Catalogue(tuple(rule for rule in catalogue.rules if rule.id != "service_task_present"))
    before, after = (
        rescored(documents, rules, DAYS, area_of_municipality=AREAS, county="09") for rules in (catalogue, fewer)
    )
    for day in DAYS:
        assert county(after, day)["overall"]["index"] > county(before, day)["overall"]["index"]
    assert county(before, DAYS[0])["overall"]["documents"] < county(before, AS_OF)["overall"]["documents"]
    assert before["catalogue"].n_unique() == 1


def test_a_day_knows_nothing_made_or_signed_later():
    late = {"created_at": START + timedelta(days=50), "signed_at": START + timedelta(days=51)}
    old = document("client_plan", status="replaced")
    new = document("client_plan", number=2, replaces=old["document_id"], **late)
    now = frame(old, new)
    then = known_on(now, (START + timedelta(days=20)).date())
    assert then.select("document_id", "status").rows() == [(old["document_id"], "final")]
    between = known_on(now, (START + timedelta(days=50)).date())
    assert between["status"].to_list() == ["replaced", "final"]
    assert between["signed_at"].is_null().to_list() == [False, True]
