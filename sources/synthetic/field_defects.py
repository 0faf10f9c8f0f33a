"""Planted defects in the fields of contents, with the rules of the shipped catalogue that find them."""

from __future__ import annotations

import numpy as np
import polars as pl

from sources.synthetic.courses import SEVEN_DAY_TASKS
from sources.synthetic.defect_kinds import ASSESSMENT, FINAL, NOTE, PLAN, RARE, TYPE, FieldDefect
from sources.synthetic.persons import identity_codes
from sources.synthetic.planting import HAS

LONG_AGO = '"2001-01-02"'
OTHER_NEED = "6"  # a need that the cases of one task only have
_LACKS_OTHER_NEED = ~pl.col("needs").str.contains(f'"{OTHER_NEED}"', literal=True)
_SEVERAL_NEEDS = pl.col("needs").str.contains(",", literal=True)
_ONE_PLAN = PLAN.sum().over("case") == 1
_FIRST_OF_LIST = r"^\[(\{.*?\}),.*\]$"
_STRAY_GOAL = (
    f'[{{"need": "{OTHER_NEED}", "service": "family_work", "goal": "Yhteinen tavoite", "measure": "oma arvio", '
    '"measurable": true}, '
)
_OWN_NUMBER = str(identity_codes(np.array(["1950-01-01"], dtype="datetime64[D]"), np.array([0]))[0])
_NO_CLOCK_READS_THE_START = ~pl.col("service_task").is_in(SEVEN_DAY_TASKS) & ~pl.col("urgent")
_DAYS_LATER = (
    '"'
    + pl.col("received_on")
    .str.strip_chars('"')
    .str.to_date(strict=False)
    .dt.offset_by("6d")
    .dt.to_string("%Y-%m-%d")
    + '"'
)
_SIXTH_DAY = pl.col("event_at").dt.date().dt.offset_by("6d")
_WRITTEN_AND_ASSESSED_AROUND_IT = (
    HAS["assessment"] & (pl.col("created_at").dt.date() < _SIXTH_DAY) & (pl.col("started") > _SIXTH_DAY)
)
_ANY = pl.lit(value=True)
_LONG_DECIDED = pl.col("created_at") < pl.col("created_at").max() - pl.duration(days=120)

_EMPTIED: tuple[tuple[str, str, str, str, str], ...] = (
    # kind, rule, document type, field, what stands there
    ("notification_channel_missing", "notification_channel", "notification", "channel", "null"),
    ("notifier_role_missing", "notification_notifier", "notification", "notifier_role", "null"),
    ("notification_reason_missing", "notification_reason", "notification", "reason", "null"),
    ("notification_description_missing", "notification_description", "notification", "description", "null"),
    ("notification_channel_unknown", "notification_channel_valid", "notification", "channel", '"fax"'),
    ("needs_missing", "assessment_needs", "assessment", "needs", "[]"),
    ("conclusion_missing", "assessment_conclusion", "assessment", "conclusion", "null"),
    ("key_worker_unheard", "assessment_key_worker_judgement", "assessment", "key_worker_judgement", "null"),
    ("key_worker_not_settled", "assessment_key_worker_named", "assessment", "key_worker_named", "null"),
    ("client_view_too_short", "assessment_client_view_substance", "assessment", "client_view", '"Samaa mieltä"'),
    ("goals_missing", "plan_goals", "client_plan", "goals", "[]"),
    ("services_missing", "plan_services", "client_plan", "services", "[]"),
    ("review_date_missing", "plan_review_date", "client_plan", "review_on", "null"),
    ("strengths_missing", "plan_strengths", "client_plan", "strengths", "null"),
    ("follow_up_missing", "plan_follow_up", "client_plan", "follow_up", "null"),
    ("partners_missing", "plan_partners", "client_plan", "partners", "[]"),
    ("grounds_missing", "decision_grounds", "decision", "grounds", "null"),
    ("grounds_too_short", "decision_grounds_substance", "decision", "grounds", '"Tarve todettu"'),
    ("law_section_missing", "decision_law_section", "decision", "law_section", "null"),
    ("validity_missing", "decision_validity", "decision", "valid_from", "null"),
    ("validity_ends_first", "decision_validity_in_order", "decision", "valid_to", LONG_AGO),
    ("appeal_way_missing", "decision_appeal_instructions", "decision", "appeal_instructions", "false"),
    ("notice_date_missing", "decision_notified", "decision", "notified_on", "null"),
    ("notice_before_decision", "decision_notified_after_decided", "decision", "notified_on", LONG_AGO),
    ("decided_unentitled", "decision_maker_authorised", "decision", "decision_maker_role", '"office_worker"'),
    ("participants_missing", "note_participants", "case_note", "participants", "[]"),
    ("event_type_missing", "note_event_type", "case_note", "event_type", "null"),
    ("note_service_missing", "note_service", "case_note", "service", "null"),
    ("note_missing", "note_text", "case_note", "note", "null"),
    ("note_too_short", "note_substance", "case_note", "note", '"Käyty."'),
    ("closing_reason_missing", "closing_reason", "closing_summary", "reason", "null"),
    ("closing_reason_unknown", "closing_reason_valid", "closing_summary", "reason", '"finished"'),
    ("goal_attainment_missing", "closing_goal_attainment", "closing_summary", "goal_attainment", "null"),
    ("received_day_missing", "notification_received_on", "notification", "received_on", "null"),
    ("notifier_role_unknown", "notification_notifier_valid", "notification", "notifier_role", '"stranger"'),
    ("reason_unknown", "notification_reason_valid", "notification", "reason", '"99"'),
    ("urgency_unknown", "notification_urgency", "notification", "urgency", '"soon"'),
    ("assessment_end_missing", "assessment_completed_on", "assessment", "completed_on", "null"),
    ("assessed_before_contact", "assessment_after_notification", "assessment", "started_on", LONG_AGO),
    ("support_need_missing", "plan_support_need", "client_plan", "support_need", "null"),
    ("plan_key_worker_missing", "plan_key_worker", "client_plan", "key_worker_named", "null"),
    ("meetings_missing", "plan_meetings", "client_plan", "meetings", "null"),
    ("duration_missing", "plan_duration", "client_plan", "duration", "null"),
    ("decision_day_missing", "decision_day", "decision", "decided_on", "null"),
    ("decision_service_missing", "decision_service", "decision", "service", "null"),
    ("outcome_missing", "decision_outcome", "decision", "outcome", "null"),
    ("outcome_unknown", "decision_outcome_valid", "decision", "outcome", '"maybe"'),
    ("decision_maker_missing", "decision_maker_role", "decision", "decision_maker_role", "null"),
    ("event_type_unknown", "note_event_type_valid", "case_note", "event_type", '"chat"'),
    ("contact_missing", "note_contact", "case_note", "contact", "null"),
    ("contact_unknown", "note_contact_valid", "case_note", "contact", '"pigeon"'),
    ("closing_day_missing", "closing_ended_on", "closing_summary", "ended_on", "null"),
    ("closing_text_missing", "closing_summary_text", "closing_summary", "summary", "null"),
)  # fmt: skip


def _emptied(kind: str, rule: str, document_type: str, name: str, text: str) -> FieldDefect:
    fits = (document_type == TYPE) & FINAL
    if name == "received_on":  # without an assessment a clock runs from the day of receipt
        fits &= HAS["assessment"]
    return FieldDefect(kind, (rule,), fits, document_type=document_type, fields={name: text})


def _spoilt(
    name: str,
    rules: tuple[str, ...],
    document_type: str,
    fields: dict[str, str | pl.Expr],
    fits: pl.Expr | None = None,
    rate: float = RARE,
    elsewhere: dict[str, pl.Expr] | None = None,
) -> FieldDefect:
    """A defect of several fields, of some documents only, or of what other documents of the case say."""
    of_type = (document_type == TYPE) & FINAL
    return FieldDefect(
        name, rules, of_type if fits is None else of_type & fits, rate, elsewhere or {},
        whole_case=fits is not None, document_type=document_type, fields=fields,
    )  # fmt: skip


_OF_SEVERAL_FIELDS: tuple[FieldDefect, ...] = (
    _spoilt(
        "urgency_not_assessed", ("notification_urgency_assessed",), "notification",
        {"urgency_assessed": "null", "urgency": "null"},
    ),
    _spoilt(
        "client_view_missing", ("assessment_client_view",), "assessment",
        {"client_view": "null", "client_view_missing_reason": "null"},
    ),
    _spoilt(
        "conclusion_placeholder", ("assessment_conclusion", "fields_not_placeholders"), "assessment",
        {"conclusion": '"ks. yllä"'},
    ),
    _spoilt("assessment_ends_first", ("assessment_dates_in_order",), "assessment", {"completed_on": LONG_AGO}),
    _spoilt(
        "participation_missing", ("plan_participation",), "client_plan",
        {"client_participated": "null", "client_absence_reason": "null"},
    ),
    _spoilt(
        "grounds_placeholder", ("decision_grounds", "fields_not_placeholders"), "decision", {"grounds": '"-"'},
    ),
    _spoilt(
        "services_undated", ("plan_services_dated",), "client_plan",
        {"services": pl.col("services").str.replace_all(r'"starts_on": "[\d-]+"', '"starts_on": null')},
    ),
    _spoilt(
        "goals_not_measurable", ("plan_goals_measurable",), "client_plan",
        {"goals": pl.col("goals").str.replace_all('"measurable": true', '"measurable": false', literal=True)},
    ),
    _spoilt(
        "notice_date_unreadable", ("dates_are_dates", "decision_notified"), "decision",
        {"notified_on": '"3.4.2026"'},
    ),
    _spoilt(
        "event_type_in_words", ("coded_fields_are_coded", "note_event_type_valid"), "case_note",
        {"event_type": '"Kävin asiakkaan luona kotona"'},
    ),
    _spoilt(
        "identity_code_in_field", ("no_identity_code_in_content",), "case_note",
        {"note": pl.col("note").str.replace('"$', f' {_OWN_NUMBER}"')},
    ),
    _spoilt(
        "phone_in_field", ("no_contacts_in_content",), "case_note",
        {"note": pl.col("note").str.replace('"$', ' Soitto 040 0000000."')},
    ),
)  # fmt: skip

_OF_CASES: tuple[FieldDefect, ...] = (
    _spoilt(
        "evaluation_missing", ("plan_evaluated_on_review",), "client_plan",
        {"evaluations": "[]"}, pl.col("replaces").is_not_null(),
    ),
    _spoilt(
        "received_after_entry", ("notification_received_not_after_entry",), "notification",
        {"received_on": _DAYS_LATER}, _WRITTEN_AND_ASSESSED_AROUND_IT,
    ),
    _spoilt(
        "assessment_start_missing", ("assessment_started_on",), "assessment",
        {"started_on": "null"}, _NO_CLOCK_READS_THE_START,
    ),
    _spoilt(
        "assessed_need_unplanned", ("assessment_needs_planned",), "assessment",
        {"needs": f'["{OTHER_NEED}"]'}, HAS["client_plan"] & _LACKS_OTHER_NEED,
    ),
    _spoilt(
        "plan_needs_missing", ("plan_needs",), "client_plan",
        {"needs": "[]"}, _ONE_PLAN, elsewhere={"assessment_needs_planned": ASSESSMENT & FINAL},
    ),
    _spoilt(
        "review_before_plan", ("plan_review_date_later", "plan_reviewed_in_time"), "client_plan",
        {"review_on": LONG_AGO}, _ANY,
    ),
    _spoilt(
        "need_without_goal", ("plan_needs_have_goals",), "client_plan",
        {"goals": pl.col("goals").str.replace(_FIRST_OF_LIST, "[$1]")}, _SEVERAL_NEEDS,
    ),
    _spoilt(
        "need_without_service", ("plan_needs_have_services",), "client_plan",
        {"services": pl.col("services").str.replace(_FIRST_OF_LIST, "[$1]")}, _SEVERAL_NEEDS,
    ),
    _spoilt(
        "goal_without_need", ("plan_goals_from_needs",), "client_plan",
        {"goals": pl.col("goals").str.replace("[", _STRAY_GOAL, literal=True)}, _LACKS_OTHER_NEED,
    ),
    _spoilt(
        "decided_before_contact", ("decision_after_notification", "decision_after_assessment"), "decision",
        {"decided_on": LONG_AGO}, ~pl.col("urgent"),
    ),
    _spoilt(
        "ended_case_left_open", ("ended_service_is_closed",), "decision",
        {"outcome": '"ended"'}, ~HAS["closing_summary"] & _LONG_DECIDED,
    ),
    _spoilt(
        "closed_before_contact", ("closing_end_not_before_start", "closing_written_in_time"), "closing_summary",
        {"ended_on": LONG_AGO}, _ANY, elsewhere={"no_notes_after_closing": NOTE & FINAL},
    ),
)  # fmt: skip

FIELD_DEFECTS: tuple[FieldDefect, ...] = (*(_emptied(*row) for row in _EMPTIED), *_OF_SEVERAL_FIELDS, *_OF_CASES)
