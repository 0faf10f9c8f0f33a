"""New, fixed and persisting findings over editions: hand-made tables."""

from datetime import date

import polars as pl

from quality_checks.findings import finding_changes, last_findings, rule_versions, with_edition
from quality_checks.tables import with_first_seen

FIRST, SECOND = date(2026, 9, 30), date(2026, 10, 31)
RULES = {"r": "v1", "s": "v1"}


def violations(*pairs: tuple[str, str]) -> pl.DataFrame:
    rows = [{"document_id": d, "rule_id": r, "unit": "u", "area": "a", "severity": "fatal"} for d, r in pairs]
    kinds = dict.fromkeys(("document_id", "rule_id", "unit", "area", "severity"), pl.String)
    return pl.DataFrame(rows, schema=kinds).with_columns(first_seen=pl.lit(FIRST))


def checks(**verdicts: tuple[bool | None, bool | None]) -> pl.DataFrame:
    rows = [{"document_id": d, "r": r, "s": s} for d, (r, s) in verdicts.items()]
    return pl.DataFrame(rows, schema={"document_id": pl.String, "r": pl.Boolean, "s": pl.Boolean})


def changed(history: pl.DataFrame, now: pl.DataFrame) -> dict[str, dict]:
    table = finding_changes(history, now, edition="2026-10", as_of=SECOND)
    return {row["rule_id"]: row for row in table.iter_rows(named=True)}


def test_findings_are_new_fixed_persisting_or_gone():
    history = with_edition(
        None, violations(("a", "r"), ("b", "r"), ("c", "r"), ("d", "r")), RULES, edition="2026-09", as_of=FIRST
    )
    history = with_edition(
        history, violations(("a", "r"), ("e", "r"), ("e", "s")), RULES, edition="2026-10", as_of=SECOND
    )
    # b is mended; c is there but the rule does not apply any more; d has left the extract.
    now = checks(a=(False, None), b=(True, None), c=(None, None), e=(False, False))
    rows = changed(history, now)
    assert {k: rows["r"][k] for k in ("new", "persisting", "fixed", "gone")} == {
        "new": 1, "persisting": 1, "fixed": 1, "gone": 2,
    }  # fmt: skip
    assert (rows["s"]["new"], rows["s"]["against"]) == (1, "2026-09")


def test_a_rule_that_changed_makes_nothing_new_or_fixed():
    history = with_edition(None, violations(("a", "r")), RULES, edition="2026-09", as_of=FIRST)
    history = with_edition(
        history,
        violations(("b", "r"), ("b", "s")),
        {"r": "v2", "s": "v1", "t": "v1"},
        edition="2026-10",
        as_of=SECOND,
    )
    rows = changed(history, checks(a=(True, True), b=(False, False)))
    assert (rows["r"]["rule_changed"], rows["r"]["new"], rows["r"]["fixed"]) == (2, 0, 0)
    assert rows["s"]["new"] == 1


def test_an_edition_made_again_takes_its_own_place_and_few_are_kept():
    history = None
    for month in range(1, 6):
        history = with_edition(
            history, violations(("a", "r")), RULES, edition=f"2026-0{month}", as_of=date(2026, month, 28)
        )
    again = with_edition(history, violations(("b", "r")), RULES, edition="2026-05", as_of=date(2026, 5, 28))
    assert sorted(again["edition"].unique()) == ["2026-03", "2026-04", "2026-05"]
    own = again.filter(pl.col("edition") == "2026-05", pl.col("document_id") != "")
    assert own["document_id"].to_list() == ["b"]
    assert with_edition(again, violations(("b", "r")), RULES, edition="2026-05", as_of=date(2026, 5, 28)).equals(
        again
    )


def test_the_first_edition_has_nothing_to_be_held_against():
    history = with_edition(None, violations(("a", "r")), RULES, edition="2026-10", as_of=SECOND)
    row = changed(history, checks(a=(False, None)))["r"]
    assert (row["against"], row["new"], row["persisting"]) == ("", 1, 0)


def test_the_version_of_a_rule_follows_what_it_asks_and_not_its_words(catalogue):
    rule = catalogue.rules[0]
    words = type(catalogue)((rule.model_copy(update={"severity": "characterization"}),))
    asks = type(catalogue)((rule.model_copy(update={"fails": "missing(unit)"}),))
    assert rule_versions(words)[rule.id] == rule_versions(catalogue)[rule.id]
    assert rule_versions(asks)[rule.id] != rule_versions(catalogue)[rule.id]


def test_a_rule_that_is_put_on_trial_makes_nothing_fixed(catalogue):
    trial = catalogue.with_overrides([{"id": "language_present", "mode": "shadow"}], "test")
    assert set(rule_versions(catalogue)) - set(rule_versions(trial)) == {"language_present"}


def test_a_defect_keeps_its_first_day_but_none_after_the_day_judged():
    def seen(**days: date) -> pl.DataFrame:
        return pl.DataFrame(
            {"document_id": list(days), "rule_id": ["unit_present"] * len(days), "first_seen": list(days.values())}
        )

    early, middle, late = date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)
    found = with_first_seen(seen(old=middle, new=middle, later=middle), seen(later=late, old=early, gone=early))
    assert found.equals(seen(old=early, new=middle, later=middle))


def test_the_latest_findings_are_those_of_one_edition_up_to_the_day():
    fixed = with_edition(None, violations(("a", "r"), ("b", "r")), RULES, edition="2026-09", as_of=FIRST)
    both = with_edition(fixed, violations(("a", "r")), RULES, edition="2026-10", as_of=SECOND)
    known = {"document_id": ["a"], "rule_id": ["r"], "first_seen": [FIRST]}
    assert last_findings(both, SECOND).to_dict(as_series=False) == known
    assert last_findings(both, FIRST)["document_id"].to_list() == ["a", "b"]
    assert last_findings(both, date(2026, 1, 31)).is_empty()


def test_a_history_without_days_of_first_sight_begins_with_the_days_of_its_editions():
    kept = with_edition(None, violations(("a", "r")), RULES, edition="2026-09", as_of=FIRST).drop("first_seen")
    assert last_findings(kept, SECOND)["first_seen"].to_list() == [FIRST]
    both = with_edition(kept, violations(("a", "r")), RULES, edition="2026-10", as_of=SECOND)
    assert both.filter(pl.col("document_id") == "a")["first_seen"].to_list() == [FIRST, FIRST]
