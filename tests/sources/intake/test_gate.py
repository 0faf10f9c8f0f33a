"""The gate: every row in is accepted or quarantined, every check can fail, nothing shows a value."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.contracts import CONTRACTS
from sources.expectations import expectations, profile_frame
from sources.gate import contract_checks, gate
from sources.quarantine import REASONS

AS_OF = date(2026, 11, 1)
PSEUDONYM = "0" * 32
ALLOWED = {"municipality": ("016", "398"), "service": ("home_care",)}
ELSEWHERE = {"municipality": ("016", "091", "398")}
GOOD = {
    "event_id": "e1",
    "client_id": PSEUDONYM,
    "age": 80,
    "sex": "female",
    "municipality": "398",
    "language": "fi",
    "service": "home_care",
    "unit": "U1",
    "event_date": date(2026, 1, 10),
    "recorded_at": datetime(2026, 1, 11),
    "urgency": "urgent",
    "contact": "home",
    "professional_id": PSEUDONYM,
    "professional_group": "nurse",
    "need_assessed_on": date(2026, 1, 9),
}


def events(*changes: dict[str, object]) -> pl.DataFrame:
    rows = [{**GOOD, "event_id": f"e{i}", **change} for i, change in enumerate(changes)]
    return pl.DataFrame(rows, schema=CONTRACTS["service_events"].schema())


def through(frame: pl.DataFrame):
    return gate(frame, CONTRACTS["service_events"], allowed=ALLOWED, elsewhere=ELSEWHERE, as_of=AS_OF)


def failed(gated) -> dict[str, int]:
    return {row["check_id"]: row["failed"] for row in gated.checks.iter_rows(named=True) if row["failed"]}


FAILURES = {
    "identity_unit": {"unit": "131052-308T"},
    "required_event_id": {"event_id": None},
    "required_sex": {"sex": None},
    "pseudonym_client_id": {"client_id": "Matti"},
    "pseudonym_professional_id": {"professional_id": "A" * 32},
    "allowed_sex": {"sex": "unknown"},
    "allowed_contact": {"contact": "letter"},
    "known_municipality": {"municipality": "999"},
    "own_municipality": {"municipality": "091"},
    "known_service": {"service": "teleport"},
    "range_age": {"age": 121},
    "order_need_assessed_on_event_date": {"need_assessed_on": date(2026, 1, 11)},
    "order_event_date_recorded_at": {"recorded_at": datetime(2026, 1, 9, 23, 59)},
    "future_recorded_at": {"recorded_at": datetime(2026, 11, 2)},
}


@pytest.mark.parametrize("check_id", FAILURES)
def test_each_check_finds_its_row_and_no_other(check_id):
    gated = through(events({}, FAILURES[check_id], {}))
    assert failed(gated) == {check_id: 1}
    assert gated.accepted["event_id"].to_list() == ["e0", "e2"]
    reason = gated.checks.filter(pl.col("check_id") == check_id)["reason"].item()
    assert gated.quarantined.select("row", "reason").rows() == [(2, reason)]
    assert reason in REASONS


def test_the_day_of_the_run_is_not_the_future():
    assert through(events({"recorded_at": datetime(2026, 11, 1, 23, 59)})).accepted.height == 1


def test_recorded_on_the_day_of_the_event_is_in_order():
    assert through(events({"recorded_at": datetime(2026, 1, 10, 0, 0)})).accepted.height == 1


def test_eligible_rows_are_those_a_check_speaks_of():
    gated = through(events({}, {"age": None}, {"need_assessed_on": None}))
    eligible = dict(gated.checks.select("check_id", "eligible").rows())
    assert eligible["range_age"] == 2
    assert eligible["order_need_assessed_on_event_date"] == 2
    assert eligible["required_sex"] == 3


def test_the_first_reason_names_the_row_and_the_others_are_listed():
    gated = through(events({"sex": None, "age": 121, "municipality": "999"}))
    row = gated.quarantined.row(0, named=True)
    assert (row["column"], row["reason"]) == ("sex", "missing")
    assert row["other_reasons"] == "municipality:unknown_municipality,age:out_of_range"


def test_a_key_is_shown_only_when_it_looks_like_one():
    gated = through(events({"event_id": "131052-308T"}, {"event_id": "a b"}, {"sex": None}))
    assert gated.quarantined["key"].to_list() == [None, "e2"]


def test_in_documents_one_id_of_two_documents_is_counted_and_let_through():
    contract = CONTRACTS["documents"]
    base = {
        "document_id": "1",
        "client_id": PSEUDONYM,
        "municipality": "398",
        "created_at": datetime(2026, 1, 1),
        "text_has_identity_code": False,
        "text_has_phone": False,
        "text_has_email": False,
        "text_is_placeholder": False,
    }
    rows = [base, {**base, "unit": "U2"}, base]
    gated = gate(pl.DataFrame(rows, schema=contract.schema()), contract, as_of=AS_OF)
    assert failed(gated) == {"unique_key_content": 3}
    assert (gated.accepted.height, gated.quarantined.height) == (3, 0)


def test_a_table_of_the_wrong_shape_is_refused():
    with pytest.raises(ValueError, match="service_events: no column 'sex'"):
        through(events({}).drop("sex"))
    with pytest.raises(ValueError, match="service_events.age: String; expected Int64"):
        through(events({}).with_columns(pl.col("age").cast(pl.String)))


@pytest.mark.parametrize("name", CONTRACTS)
def test_an_empty_table_passes_no_suite(name):
    contract = CONTRACTS[name]
    gated = gate(pl.DataFrame(schema=contract.schema()), contract, as_of=AS_OF)
    profile = profile_frame(gated).row(0, named=True)
    fatal = [e for e in expectations(contract) if e["severity"] == "fatal" and not holds(e, profile)]
    assert [e["rule_id"] for e in fatal] == [f"{name}.rows", f"{name}.quarantined_share"]


def holds(expectation: dict, profile: dict) -> bool:
    kwargs = expectation["kwargs"]
    if "column" not in kwargs:
        return kwargs == {"value": 1}
    value = profile[kwargs["column"]]
    return kwargs.get("min_value", value) <= value <= kwargs.get("max_value", value)


@pytest.mark.parametrize("name", CONTRACTS)
def test_no_two_checks_of_a_table_have_one_title(name):
    titles = [item["title"] for item in expectations(CONTRACTS[name])]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_expectation_looks_at_a_count_of_the_profile(name):
    contract = CONTRACTS[name]
    coded, owned = {"municipality": ("398",)}, {"municipality": ("091",)}
    gated = gate(pl.DataFrame(schema=contract.schema()), contract, allowed=coded, elsewhere=owned, as_of=AS_OF)
    profile = profile_frame(gated)
    declared = expectations(contract, coded=coded, owned=owned)
    assert {e["kwargs"]["column"] for e in declared if "column" in e["kwargs"]} <= set(profile.columns)
    assert len({e["rule_id"] for e in declared}) == len(declared)
    assert all(dtype.is_numeric() for dtype in profile.dtypes)


def test_a_table_with_too_much_in_quarantine_is_refused():
    gated = through(events(*[{}] * 9, {"sex": None}))
    profile = profile_frame(gated).row(0, named=True)
    broken = [e["rule_id"] for e in expectations(CONTRACTS["service_events"]) if not holds(e, profile)]
    assert broken == ["service_events.quarantined_share", "service_events.required_sex"]


def test_the_checks_of_a_contract_are_named_once():
    for contract in CONTRACTS.values():
        ids = [check.check_id for check in contract_checks(contract, ("municipality",), ("municipality",))]
        assert len(set(ids)) == len(ids)


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "event_id": st.sampled_from(["e1", "e2", None, "131052-308T"]),
        "sex": st.sampled_from(["male", "x", None]),
        "municipality": st.sampled_from(["398", "091", "999"]),
        "age": st.sampled_from([5, -1, None]),
        "event_date": st.dates(date(2025, 1, 1), date(2027, 1, 1)),
    },
)


@settings(max_examples=60, deadline=None)
@given(st.lists(CHANGES, max_size=8))
def test_rows_in_are_accepted_plus_quarantined_and_what_is_accepted_passes_again(changes):
    frame = events(*changes)
    gated = through(frame)
    assert gated.rows_in == frame.height == gated.accepted.height + gated.quarantined.height
    assert gated.quarantined["row"].n_unique() == gated.quarantined.height
    assert failed(through(gated.accepted)) == {}
    assert "131052-308T" not in gated.quarantined.write_csv()


def test_a_pseudonym_whose_last_digits_look_like_an_identity_code_passes():
    codes = [f"131052a{number:03d}" for number in range(2, 100)]
    checks = ["0123456789abcdefhjklmnprstuvwxy"[int(code.replace("a", "")) % 31] for code in codes]
    by_chance = next("a" * 21 + code + check for code, check in zip(codes, checks, strict=True) if check <= "f")
    assert failed(through(events({"unit": by_chance.removeprefix("a")}))) == {"identity_unit": 1}
    assert through(events({"client_id": by_chance})).accepted.height == 1
