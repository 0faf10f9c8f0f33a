"""The human audit: a sample that stands for all, and accuracy of rules recovered from what people find."""

import numpy as np
import polars as pl
import pytest

from quality_checks.audit import AuditPlan, agreement, draw_sample, rule_accuracy
from quality_checks.audit.estimates import AuditError
from quality_checks.rules import Catalogue

RULES = ("service_task_present", "language_valid", "note_text")


@pytest.fixture(scope="module")
def rules(catalogue) -> Catalogue:
    return Catalogue(tuple(catalogue.by_id[name] for name in RULES))


def world(rng, documents=6000, units=12, prevalence=0.08, sensitivity=0.8, specificity=0.99):
    """Verdicts of the machine and the truth that people see, with known accuracy of the rules."""
    truth = rng.random((documents, len(RULES))) < prevalence
    found = np.where(truth, rng.random(truth.shape) < sensitivity, rng.random(truth.shape) > specificity)
    checks = pl.DataFrame(
        {
            "document_id": [f"d{n:05}" for n in range(documents)],
            "unit": [f"u{n % units}" for n in range(documents)],
            "area": "a",
            "document_type": "case_note",
            **{name: ~found[:, i] for i, name in enumerate(RULES)},
        }
    )
    seen = {(f"d{n:05}", name): bool(truth[n, i]) for n in range(documents) for i, name in enumerate(RULES)}
    return checks, seen, truth, found


def answered(sample: pl.DataFrame, seen: dict, reader: int = 1, wrong: float = 0.0, rng=None) -> pl.DataFrame:
    rows = sample.select("question", "document_id", "rule_id").iter_rows()
    answers = []
    for question, document, rule in rows:
        defect = seen[(document, rule)]
        if wrong and rng.random() < wrong:
            defect = not defect
        answers.append((question, reader, "defect" if defect else "ok"))
    return pl.DataFrame(answers, schema=["question", "reader", "answer"], orient="row")


def test_every_unit_is_read_and_the_questions_stand_for_all_verdicts(rules):
    checks, *_ = world(np.random.default_rng(1))
    sample = draw_sample(checks, rules, AuditPlan(documents=10), edition="2026-11")
    by_unit = sample.group_by("unit").agg(pl.col("document_id").n_unique())
    assert by_unit["document_id"].to_list() == [10] * 12
    assert sample["weight"].sum() == pytest.approx(3 * checks.height, rel=0.1)
    assert sample["question"].n_unique() == sample.height
    assert 0.1 < sample.filter("second_reader")["document_id"].n_unique() / 120 < 0.4
    assert sample.equals(draw_sample(checks, rules, AuditPlan(documents=10), edition="2026-11"))
    assert not sample.equals(draw_sample(checks, rules, AuditPlan(documents=10), edition="2026-12"))


def test_a_unit_whose_clients_live_in_many_areas_gets_no_more_documents_than_others(rules):
    checks = world(np.random.default_rng(1))[0].with_columns(
        area=pl.when(pl.col("unit") == "u3").then(pl.format("a{}", pl.int_range(pl.len()) % 7)).otherwise("area")
    )
    sample = draw_sample(checks, rules, AuditPlan(documents=10), edition="2026-11")
    by_unit = sample.group_by("unit").agg(pl.col("document_id").n_unique())
    assert by_unit["document_id"].to_list() == [10] * 12
    assert sample.filter(unit="u3")["area"].n_unique() > 1
    assert sample["weight"].sum() == pytest.approx(3 * checks.height, rel=0.1)
    assert sample["question"].n_unique() == sample.height


def test_a_unit_with_few_documents_is_read_whole(rules):
    checks = world(np.random.default_rng(1))[0].head(12)
    sample = draw_sample(checks, rules, AuditPlan(documents=8), edition="e")
    assert sample["document_id"].n_unique() == 12


def test_accuracy_of_the_rules_is_recovered_and_intervals_hold_it(rules):
    rng = np.random.default_rng(2)
    held = {"precision": [], "sensitivity": []}
    for number in range(25):
        checks, seen, truth, found = world(rng)
        sample = draw_sample(checks, rules, AuditPlan(documents=30, seed=number), edition="e")
        table = rule_accuracy(sample, answered(sample, seen), rules)
        row = table.filter(pl.col("level") == "all").row(0, named=True)
        true = {
            "precision": (truth & found).sum() / found.sum(),
            "sensitivity": (truth & found).sum() / truth.sum(),
        }
        for name, value in true.items():
            held[name].append(row[f"{name}_low"] <= value <= row[f"{name}_high"])
    assert np.mean(held["precision"]) >= 0.88
    assert np.mean(held["sensitivity"]) >= 0.88
    assert set(table["level"]) == {"all", "dimension", "rule"}
    assert set(table.filter(pl.col("level") == "rule")["rule_id"]) <= set(RULES)


def test_what_was_not_read_has_no_accuracy(rules):
    checks, seen, *_ = world(np.random.default_rng(3), documents=200)
    sample = draw_sample(checks, rules, AuditPlan(), edition="e")
    passes = sample.filter(~pl.col("finding"))
    table = rule_accuracy(sample, answered(passes, seen), rules)
    assert table["precision"].null_count() == table["sensitivity"].null_count() == table.height
    findings = sample.filter(pl.col("finding"))
    table = rule_accuracy(sample, answered(findings, seen), rules)
    assert table["precision"].null_count() == 0
    assert table["sensitivity"].null_count() == table.height


def test_agreement_of_two_readers_is_told_with_kappa(rules):
    rng = np.random.default_rng(4)
    checks, seen, *_ = world(rng, prevalence=0.4)
    sample = draw_sample(checks, rules, AuditPlan(documents=30, second=1.0), edition="e")
    first = answered(sample, seen)
    same = agreement(sample, pl.concat([first, answered(sample, seen, reader=2)]), rules)
    assert same.filter(pl.col("dimension") == "all")["kappa"].item() == pytest.approx(1.0)
    other = answered(sample, seen, reader=2, wrong=0.2, rng=rng)
    row = agreement(sample, pl.concat([first, other]), rules).row(0, named=True)
    share = row["share_agreed"]
    assert share == pytest.approx(0.8, abs=0.05)
    assert 0.4 < row["kappa"] < 0.75
    assert row["kappa_low"] < row["kappa"] < row["kappa_high"]
    assert agreement(sample, first, rules).is_empty()


def test_kappa_is_that_of_a_hand_computed_table(rules):
    # 20 both defect, 5 and 10 apart, 15 both ok: observed 0.7, by chance 0.5, kappa 0.4 (Cohen 1960).
    sample = pl.DataFrame({"question": [str(n) for n in range(50)], "rule_id": RULES[0]})
    pairs = [("defect", "defect")] * 20 + [("defect", "ok")] * 5 + [("ok", "defect")] * 10 + [("ok", "ok")] * 15
    rows = [(str(n), r, pair[r - 1]) for n, pair in enumerate(pairs) for r in (1, 2)]
    answers = pl.DataFrame(rows, schema=["question", "reader", "answer"], orient="row")
    assert agreement(sample, answers, rules)["kappa"][0] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([("q", 1, "defect"), ("q", 1, "ok")], "answered twice"),
        ([("q", 1, "perhaps")], "none of defect, ok, unclear"),
        ([("q", 3, "ok")], "reader must be 1 or 2"),
        ([("never", 1, "ok")], "was never drawn"),
    ],
)
def test_answers_that_cannot_be_used_are_named(answers, told, rules):
    checks, *_ = world(np.random.default_rng(3), documents=200)
    sample = draw_sample(checks, rules, AuditPlan(), edition="e")
    frame = pl.DataFrame(answers, schema=["question", "reader", "answer"], orient="row")
    with pytest.raises(AuditError, match=told):
        rule_accuracy(sample, frame, rules)


def test_agreement_counts_a_rule_that_is_no_more_and_refuses_an_answer_to_no_question(rules):
    sample = pl.DataFrame({"question": ["a", "b"], "rule_id": [RULES[0], "gone_since"]})
    rows = [(question, reader, "ok") for question in ("a", "b") for reader in (1, 2)]
    answers = pl.DataFrame(rows, schema=["question", "reader", "answer"], orient="row")
    found = agreement(sample, answers, rules)
    assert found.filter(dimension="all")["pairs"].item() == 2
    assert found.filter(pl.col("dimension") != "all")["pairs"].to_list() == [1]
    with pytest.raises(AuditError, match="was never drawn"):
        agreement(sample.head(1), answers, rules)
