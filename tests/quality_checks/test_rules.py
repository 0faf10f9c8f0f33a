"""Every rule of the catalogue on hand-made documents: in order, with the defect, and where it does not apply."""

from datetime import datetime, timedelta

import pytest
from quality_documents import AS_OF, START, document, sound_case

from quality_checks.rules import load_catalogue

CATALOGUE = load_catalogue()
LATE = START + timedelta(days=200)


def case(*changed, without=(), add=()):
    """The sound case with some documents changed."""
    kinds = {d["document_type"]: d for d in changed}
    rest = [d for d in sound_case("c1", *without) if d["document_type"] not in kinds]
    return [*rest, *changed, *add]


def header(**columns):
    return lambda: case(document("case_note", **columns))


def inside(kind, **fields):
    return lambda: case(document(kind, content=fields))


def missing(kind, *names):
    return inside(kind, **dict.fromkeys(names))


PLAN_1, PLAN_2 = "1.2.246.10.99000907.14.2026.31", "1.2.246.10.99000907.14.2026.32"
AFTER = datetime(2026, 5, 28, 9)
MORNING = datetime(2026, 3, 23, 2, 15)


def _second_plan(**changes):
    old = document("client_plan", status=changes.pop("old_status", "replaced"))
    content = changes.pop("content", {"evaluations": [{"need": "1"}, {"need": "9"}]})
    later = {"event_at": START + timedelta(days=40), "created_at": START + timedelta(days=40, minutes=20)}
    signed = {"signed_at": START + timedelta(days=40, minutes=30)}
    new = document("client_plan", number=2, content=content, **{"replaces": PLAN_1, **later, **signed, **changes})
    return case(old, add=[new])


def _bulk():
    return case(
        add=[document("case_note", number=n, signed_at=datetime(2026, 3, 24, 16, 0, n)) for n in range(2, 9)]
    )


def _copied():
    other = document("case_note", number=9, case="c2", text_fingerprint="c1-case_note-1")
    return case(add=[other])


def _overlapping():
    later = {"decided_on": "2026-05-01", "valid_from": "2026-05-05", "notified_on": "2026-05-01"}
    days = {"event_at": datetime(2026, 5, 1, 9), "created_at": datetime(2026, 5, 1, 10)}
    signed = {"signed_at": datetime(2026, 5, 1, 11)}
    return case(add=[document("decision", number=2, content=later, **days, **signed)])


DEFECTS = {
    "document_id_form": header(document_id="1.02.246.10.1"),
    "document_id_unique": lambda: case(add=[document("case_note", unit="other")]),
    "document_type_known": header(document_type="poem"),
    "status_known": header(status="lost"),
    "service_task_present": header(service_task=None),
    "service_task_valid": header(service_task="elder_care"),
    "process_phase_present": header(process_phase=None),
    "process_phase_valid": header(process_phase="limbo"),
    "phase_fits_type": header(process_phase="initiation"),
    "case_present": header(case_id=None),
    "case_has_one_client": header(client_id="somebody else"),
    "client_id_check_character": header(client_id_miswritten=True),
    "client_present": header(client_id=None),
    "unit_present": header(unit=None),
    "author_present": header(author_id=None),
    "author_role_present": header(author_role=None),
    "author_role_valid": header(author_role="wizard"),
    "language_present": header(language=None),
    "language_valid": header(language="xx"),
    "municipality_in_county": header(municipality="999"),
    "content_readable": lambda: case(document("case_note", content="not json")),
    "fields_belong_to_structure": inside("case_note", **{"§field:7": "§text:3"}),
    "coded_fields_are_coded": inside("case_note", contact="§text:17"),
    "dates_are_dates": inside("decision", notified_on="§text:9"),
    "no_future_times": header(created_at=LATE, signed_at=None),
    "no_times_before_records": header(event_at=datetime(1899, 5, 1)),
    "event_before_creation": header(event_at=START + timedelta(days=21)),
    "creation_before_signature": header(signed_at=START),
    "event_time_present": header(event_at=None),
    "final_is_signed": header(signed_at=None),
    "draft_not_old": header(status="draft", signed_at=None),
    "signed_without_delay": header(signed_at=START + timedelta(days=50)),
    "replaced_document_exists": header(replaces="1.2.3.4.5"),
    "replacement_of_own_client": lambda: [
        *case(),
        document("client_plan", case="c2", number=2, replaces=PLAN_1),
    ],
    "replaced_is_marked_replaced": lambda: _second_plan(old_status="final"),
    "replaced_has_successor": lambda: case(document("client_plan", status="replaced")),
    "one_successor_only": lambda: [
        *_second_plan(),
        document("client_plan", number=3, replaces=PLAN_1, event_at=datetime(2026, 4, 20, 9)),
    ],
    "closed_case_has_no_drafts": header(status="draft", signed_at=None),
    "notification_received_on": missing("notification", "received_on"),
    "notification_channel": missing("notification", "channel"),
    "notification_channel_valid": inside("notification", channel="pigeon"),
    "notification_notifier": missing("notification", "notifier_role"),
    "notification_notifier_valid": inside("notification", notifier_role="oracle"),
    "notification_reason": missing("notification", "reason"),
    "notification_reason_valid": inside("notification", reason="11"),
    "notification_urgency_assessed": inside("notification", urgency_assessed=False),
    "notification_urgency": missing("notification", "urgency"),
    "notification_description": inside("notification", description="§placeholder"),
    "notification_received_not_after_entry": inside("notification", received_on="2026-03-04"),
    "urgent_need_answered": inside("notification", urgency="urgent"),
    "assessment_started_in_seven_working_days": inside("assessment", started_on="2026-03-13"),
    "assessment_start_recorded": lambda: case(without=("assessment",)),
    "assessment_started_on": missing("assessment", "started_on"),
    "assessment_completed_on": missing("assessment", "completed_on"),
    "assessment_dates_in_order": inside("assessment", completed_on="2026-03-01"),
    "assessment_after_notification": inside("assessment", started_on="2026-03-02"),
    "assessment_client_view": inside("assessment", client_view="§placeholder"),
    "assessment_client_view_substance": inside("assessment", client_view="§text:4"),
    "assessment_needs": inside("assessment", needs=[]),
    "assessment_conclusion": inside("assessment", conclusion="  "),
    "assessment_key_worker_judgement": missing("assessment", "key_worker_judgement"),
    "assessment_key_worker_named": missing("assessment", "key_worker_named"),
    "assessment_by_entitled_role": lambda: case(document("assessment", author_role="office_worker")),
    "child_assessment_in_three_months": lambda: case(
        document("assessment", service_task="child_protection", content={"completed_on": "2026-06-04"}),
    ),
    "assessment_needs_planned": inside("assessment", needs=["1", "9", "2"]),
    "plan_support_need": missing("client_plan", "support_need"),
    "plan_needs": inside("client_plan", needs=[None]),
    "plan_services": inside("client_plan", services=[]),
    "plan_services_dated": inside("client_plan", services=[{"need": "1", "service": "home_care"}]),
    "plan_key_worker": missing("client_plan", "key_worker_named"),
    "plan_meetings": missing("client_plan", "meetings"),
    "plan_strengths": missing("client_plan", "strengths"),
    "plan_goals": inside("client_plan", goals=[{"need": None, "goal": "§placeholder"}]),
    "plan_goals_measurable": inside("client_plan", goals=[{"need": "1", "measurable": False}]),
    "plan_duration": missing("client_plan", "duration"),
    "plan_partners": inside("client_plan", partners=["§placeholder"]),
    "plan_follow_up": missing("client_plan", "follow_up"),
    "plan_review_date": missing("client_plan", "review_on"),
    "plan_review_date_later": inside("client_plan", review_on="2026-03-01"),
    "plan_participation": inside("client_plan", client_participated=False),
    "plan_reviewed_in_time": lambda: case(
        document("client_plan", content={"review_on": "2026-04-01"}), without=("closing_summary",)
    ),
    "plan_needs_have_goals": inside("client_plan", goals=[{"need": "1", "measurable": True}]),
    "plan_needs_have_services": inside("client_plan", services=[{"need": "9", "starts_on": "2026-03-20"}]),
    "plan_goals_from_needs": inside("client_plan", goals=[{"need": n, "measurable": True} for n in "194"]),
    "plan_evaluated_on_review": lambda: _second_plan(content={"evaluations": [{"need": "1"}]}),
    "plan_after_assessment": lambda: case(without=("assessment",)),
    "decision_day": missing("decision", "decided_on"),
    "decision_service": missing("decision", "service"),
    "decision_outcome": missing("decision", "outcome"),
    "decision_outcome_valid": inside("decision", outcome="maybe"),
    "decision_grounds": inside("decision", grounds="-"),
    "decision_grounds_substance": inside("decision", grounds="§text:7"),
    "decision_law_section": missing("decision", "law_section"),
    "decision_appeal_instructions": inside("decision", appeal_instructions=False),
    "decision_validity": missing("decision", "valid_from"),
    "decision_validity_in_order": inside("decision", valid_to="2026-01-01"),
    "decision_notified": missing("decision", "notified_on"),
    "decision_notified_after_decided": inside("decision", notified_on="2026-03-01"),
    "decision_maker_role": missing("decision", "decision_maker_role"),
    "decision_maker_authorised": inside("decision", decision_maker_role="office_worker"),
    "decision_after_notification": inside("decision", decided_on="2026-02-01"),
    "decision_carried_out_in_three_months": inside("decision", valid_from="2026-06-04"),
    "decisions_do_not_overlap": _overlapping,
    "decision_after_assessment": lambda: case(without=("assessment",)),
    "note_recorded_without_delay": header(
        created_at=START + timedelta(days=28), signed_at=START + timedelta(days=28, hours=1)
    ),
    "note_event_type": missing("case_note", "event_type"),
    "note_event_type_valid": inside("case_note", event_type="seance"),
    "note_participants": inside("case_note", participants=[]),
    "note_service": missing("case_note", "service"),
    "note_contact": missing("case_note", "contact"),
    "note_contact_valid": inside("case_note", contact="telepathy"),
    "note_text": missing("case_note", "note"),
    "note_substance": inside("case_note", note="§text:3"),
    "closing_ended_on": missing("closing_summary", "ended_on"),
    "closing_reason": missing("closing_summary", "reason"),
    "closing_reason_valid": inside("closing_summary", reason="vanished"),
    "closing_goal_attainment": missing("closing_summary", "goal_attainment"),
    "closing_summary_text": missing("closing_summary", "summary"),
    "closing_end_not_before_start": inside("closing_summary", ended_on="2026-01-01"),
    "closing_written_in_time": inside("closing_summary", ended_on="2026-03-25"),
    "no_notes_after_closing": lambda: case(
        add=[document("case_note", number=2, event_at=AFTER, created_at=AFTER + timedelta(hours=1))]
    ),
    "case_has_notification": lambda: case(without=("notification",)),
    "case_has_assessment": lambda: case(without=("assessment",)),
    "case_has_plan": lambda: case(without=("client_plan",)),
    "service_has_decision": lambda: case(without=("decision",)),
    "decision_before_service": inside("decision", decided_on="2026-04-01", notified_on="2026-04-01"),
    "case_not_silent": lambda: (case(without=("closing_summary",)), datetime(2026, 12, 1).date()),
    "ended_service_is_closed": lambda: case(
        document("decision", content={"outcome": "ended"}), without=("closing_summary",)
    ),
    "case_in_one_task": header(service_task="working_age"),
    "phase_order": lambda: case(
        document("assessment", event_at=START + timedelta(days=30), created_at=START + timedelta(days=30, hours=1))
    ),
    "no_identity_code_in_text": header(text_has_identity_code=True),
    "no_identity_code_in_content": inside("case_note", note="§identity-code"),
    "no_phone_in_text": header(text_has_phone=True),
    "no_email_in_text": header(text_has_email=True),
    "no_contacts_in_content": inside("case_note", note="§phone"),
    "text_not_placeholder": header(text_is_placeholder=True, text_length=1),
    "fields_not_placeholders": inside("case_note", note="§placeholder"),
    "text_not_copied_between_clients": _copied,
    "text_not_repeated_in_case": lambda: case(
        add=[document("case_note", number=2, text_fingerprint="c1-case_note-1")]
    ),
    "text_not_overlong": header(text_length=90_000),
    "not_signed_in_bulk": _bulk,
    "not_written_at_night": header(event_at=MORNING, created_at=MORNING, signed_at=MORNING),
    "text_not_too_short": header(text_length=6),
}  # fmt: skip

# Rules whose condition the sound case does not meet, with documents that meet it in order.
IN_ORDER = {
    "draft_not_old": lambda: (
        case(document("case_note", status="draft", signed_at=None)),
        (START + timedelta(days=25)).date(),
    ),
    "urgent_need_answered": lambda: case(
        document("notification", content={"urgency": "urgent"}),
        document("assessment", content={"started_on": "2026-03-04"}),
    ),
    "child_assessment_in_three_months": lambda: case(document("assessment", service_task="child_protection")),
    "replaced_document_exists": _second_plan,
    "replacement_of_own_client": _second_plan,
    "replaced_is_marked_replaced": _second_plan,
    "replaced_has_successor": _second_plan,
    "one_successor_only": _second_plan,
    "plan_evaluated_on_review": _second_plan,
    "case_not_silent": lambda: case(without=("closing_summary",)),
    "ended_service_is_closed": lambda: case(document("decision", content={"outcome": "ended"})),
}  # fmt: skip


def apart(documents, number):
    """The documents in a world of their own, so that all examples are judged in one pass."""
    own = {
        "case_id": f"{number}-",
        "client_id": f"{number}-",
        "author_id": f"{number}-",
        "text_fingerprint": f"{number}-",
    }
    for row in documents:
        changed = {name: prefix + row[name] for name, prefix in own.items() if row[name] is not None}
        ids = {name: f"{row[name]}.{number}" for name in ("document_id", "replaces") if row[name] is not None}
        yield {**row, **changed, **ids}


def verdicts_of(judged, examples):
    """Verdicts of each example's documents on its own rule."""
    worlds = {}
    for number, (rule, build) in enumerate(examples.items(), 1):
        built = build()
        documents, as_of = built if isinstance(built, tuple) else (built, AS_OF)
        worlds.setdefault(as_of, []).append((rule, number, list(apart(documents, number))))
    found = {}
    for as_of, members in worlds.items():
        checks = judged([row for _, _, rows in members for row in rows], as_of=as_of).doc_checks
        for rule, number, _ in members:
            mine = checks.filter(checks["document_id"].str.ends_with(f".{number}"))
            found[rule] = mine[rule].to_list()
    return found


@pytest.fixture(scope="module")
def defective(judged):
    return verdicts_of(judged, DEFECTS)


@pytest.fixture(scope="module")
def in_order(judged):
    return verdicts_of(judged, {rule: IN_ORDER.get(rule, case) for rule in CATALOGUE.ids})


URGENT = document("notification", content={"urgency": "urgent"})
# What the law excuses: documents that would break the rule but for the reason recorded.
EXCUSED = {
    "decision_carried_out_in_three_months": inside("decision", valid_from="2026-06-04", delay_reason="§text:40"),
    "decision_after_assessment": lambda: case(
        URGENT,
        document("assessment", content={"started_on": "2026-03-20"}),
        document("decision", content={"decided_on": "2026-03-04", "notified_on": "2026-03-04"}),
    ),
    "decision_before_service": lambda: case(
        URGENT, document("decision", content={"decided_on": "2026-03-27", "notified_on": "2026-03-27"})
    ),
}  # fmt: skip
# The same with a reason that excuses nothing.
NOT_EXCUSED = {
    "decision_carried_out_in_three_months": inside(
        "decision", valid_from="2026-06-04", delay_reason="§placeholder"
    ),
    "decision_after_assessment": lambda: case(URGENT, without=("assessment",)),
    "decision_before_service": lambda: case(
        URGENT, document("decision", content={"decided_on": "2026-04-20", "notified_on": "2026-04-20"})
    ),
}  # fmt: skip


@pytest.mark.parametrize(("examples", "blamed"), [(EXCUSED, False), (NOT_EXCUSED, True)])
def test_a_reason_that_the_law_admits_excuses(judged, examples, blamed):
    for rule, verdicts in verdicts_of(judged, examples).items():
        assert (False in verdicts) == blamed, rule
        assert set(verdicts) - {None}, rule


def test_every_rule_has_its_examples():
    assert set(DEFECTS) == set(CATALOGUE.ids)


def test_a_sound_case_breaks_no_rule(judged):
    assert judged(sound_case()).violations.is_empty()


@pytest.fixture(scope="module")
def sound(judged):
    return judged(sound_case()).doc_checks


@pytest.mark.parametrize("rule", CATALOGUE.ids)
def test_a_rule_finds_its_defect_and_passes_what_is_in_order(rule, defective, in_order):
    assert False in defective[rule], "the defect was not found"
    assert True in in_order[rule], "nothing was in order"
    assert False not in in_order[rule], "a sound document was blamed"


def test_a_rule_is_silent_on_what_it_is_not_about(sound):
    of_types = [rule for rule in CATALOGUE.rules if rule.document_types]
    for rule in of_types:
        others = sound.filter(~sound["document_type"].is_in(rule.document_types))
        assert others[rule.id].null_count() == others.height, rule.id


def test_voided_documents_are_judged_only_by_rules_about_all_statuses(judged):
    checks = judged([document("case_note", status="voided")]).doc_checks
    spoken = {rule for rule in CATALOGUE.ids if checks[rule].null_count() == 0}
    assert spoken == {"status_known"}
