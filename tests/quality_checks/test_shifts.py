"""Shifts in what a unit records: told against its own history, the whole county's change taken off."""

from __future__ import annotations

from datetime import date

import polars as pl
from quality_documents import AREAS, AS_OF, frame, spoilt

from quality_checks.checking import check
from quality_checks.rules import load_catalogue
from quality_checks.shifts import SHIFT_SCHEMA, unit_shifts

MONTHS = pl.date_range(date(2025, 1, 1), date(2026, 6, 1), "1mo", eager=True).to_list()
UNITS = [f"u{n}" for n in range(8)]


def cells(plans: dict[str, list[int]], short: dict[str, list[int]] | None = None) -> pl.DataFrame:
    """60 documents a month in each unit: so many plans, the rest notes, so many of which are short."""
    rows = []
    for unit in UNITS:
        for n, month in enumerate(MONTHS):
            of_plans = plans.get(unit, [12] * len(MONTHS))[n]
            few = (short or {}).get(unit, [6] * len(MONTHS))[n]
            rows += [
                ("service_task_present", unit, "client_plan", month, of_plans, 0),
                ("service_task_present", unit, "case_note", month, 60 - of_plans, 0),
                ("text_not_too_short", unit, "case_note", month, 60 - of_plans, few),
            ]
    schema = ["rule_id", "unit", "document_type", "month", "eligible", "failed"]
    return pl.DataFrame([r for r in rows if r[4]], schema=schema, orient="row").with_columns(
        area=pl.lit("a"), service_task=pl.lit("t"), not_applicable=0, not_evaluable=0
    )


def signals(table: pl.DataFrame, unit: str, subject: str, value: str = "") -> list[str]:
    return table.filter(unit=unit, subject=subject, value=value)["signal"].to_list()


def wavering(level: int, length: int = len(MONTHS)) -> list[int]:
    return [level + (n * 7) % 5 - 2 for n in range(length)]


def test_a_unit_that_stops_writing_plans_is_told_and_a_steady_one_is_not():
    usual = {unit: wavering(12) for unit in UNITS}
    steady = unit_shifts(cells(usual))
    assert set(steady["signal"]) == {""}
    stopped = unit_shifts(cells({**usual, "u3": [*wavering(12, 16), 0, 0]}))
    assert signals(stopped, "u3", "document_type", "client_plan")[-2] == "down"
    assert signals(stopped, "u3", "document_type", "case_note")[-2] == "up"
    assert set(stopped.filter(pl.col("unit") != "u3")["signal"]) == {""}
    last = stopped.filter(unit="u3", subject="document_type", value="client_plan").row(-1, named=True)
    assert (last["documents"], last["counted"], last["share"]) == (60, 0, 0.0)  # a month without plans is there


def test_texts_that_grow_short_are_told():
    short = {unit: wavering(6) for unit in UNITS}
    table = unit_shifts(cells({}, {**short, "u5": [*wavering(6, 16), 30, 30]}))
    assert "up" in signals(table, "u5", "short_text")[-2:]
    assert set(table.filter(pl.col("unit") != "u5")["signal"]) == {""}


def test_what_changes_in_the_whole_county_is_no_shift_of_a_unit():
    table = unit_shifts(cells({unit: [*wavering(12, 16), 2, 2] for unit in UNITS}))
    assert set(table["signal"]) == {""}


def test_what_nobody_had_before_is_expected_of_nobody_and_of_all_alike():
    none = [0] * len(MONTHS)
    one = unit_shifts(cells({}, {**dict.fromkeys(UNITS, none), "u2": [*none[:-1], 1]}))
    assert set(one["signal"]) == {""}
    short = one.filter(unit="u4", subject="short_text")
    assert short["center"].max() < 0.05
    every = unit_shifts(cells({}, {unit: [*none[:-1], 6] for unit in UNITS}))
    assert set(every["signal"]) == {""}


def test_shares_are_those_of_the_documents_and_few_documents_tell_nothing():
    documents = frame(*spoilt(3))
    result = check(documents, load_catalogue(), as_of=AS_OF, area_of_municipality=AREAS)
    table = unit_shifts(result.cells)
    assert dict(table.schema) == SHIFT_SCHEMA
    assert table.is_empty()  # eighteen documents in all
    own = cells({})
    whole = unit_shifts(own).filter(subject="document_type").group_by("unit", "month").agg(pl.col("share").sum())
    assert (whole["share"] - 1).abs().max() < 1e-12
    without = own.filter(pl.col("rule_id") != "text_not_too_short")
    assert set(unit_shifts(without)["subject"]) == {"document_type"}
    assert unit_shifts(own.clear()).is_empty()
