"""The kinds of planted defects of single documents, with the rules of the shipped catalogue that find them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

COMMON_RATE = 0.003
RARE = COMMON_RATE / 4
NOTE = pl.col("document_type") == "case_note"
CLOSING = pl.col("document_type") == "closing_summary"
ASSESSMENT = pl.col("document_type") == "assessment"
FINAL = pl.col("status") == "final"
LONG_AGO = '"2001-01-02"'


@dataclass(frozen=True)
class FieldDefect:
    """Fields of the content emptied or spoilt.

    Attributes:
        name: kind of defect.
        rules: rules that fail on the document.
        document_type: type it befalls.
        fields: field -> JSON written instead.
        rate: chance in a common unit.
        review_only: whether it befalls reviewed plans only.
    """

    name: str
    rules: tuple[str, ...]
    document_type: str
    fields: dict[str, str]
    rate: float = COMMON_RATE
    review_only: bool = False


@dataclass(frozen=True)
class HeaderDefect:
    """Columns of the header spoilt: which documents it can befall, and what is written instead."""

    name: str
    rules: tuple[str, ...]
    fits: pl.Expr
    columns: dict[str, pl.Expr]
    rate: float


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
)  # fmt: skip

_COMPOSED: tuple[FieldDefect, ...] = (
    FieldDefect(
        "urgency_not_assessed", ("notification_urgency_assessed",), "notification",
        {"urgency_assessed": "null", "urgency": "null"},
    ),
    FieldDefect(
        "client_view_missing", ("assessment_client_view",), "assessment",
        {"client_view": "null", "client_view_missing_reason": "null"},
    ),
    FieldDefect(
        "conclusion_placeholder", ("assessment_conclusion", "fields_not_placeholders"), "assessment",
        {"conclusion": '"ks. yllä"'},
    ),
    FieldDefect("assessment_ends_first", ("assessment_dates_in_order",), "assessment", {"completed_on": LONG_AGO}),
    FieldDefect(
        "participation_missing", ("plan_participation",), "client_plan",
        {"client_participated": "null", "client_absence_reason": "null"},
    ),
    FieldDefect(
        "evaluation_missing", ("plan_evaluated_on_review",), "client_plan", {"evaluations": "[]"}, review_only=True
    ),
    FieldDefect(
        "grounds_placeholder", ("decision_grounds", "fields_not_placeholders"), "decision", {"grounds": '"-"'}
    ),
)  # fmt: skip

FIELD_DEFECTS: tuple[FieldDefect, ...] = (
    *(FieldDefect(name, (rule,), kind, {field: text}) for name, rule, kind, field, text in _EMPTIED),
    *_COMPOSED,
)


def header_defects(as_of: date) -> tuple[HeaderDefect, ...]:
    """Defects of the header; what is old is old on `as_of`."""
    old = pl.col("created_at") < pl.lit(as_of).cast(pl.Datetime("us")) - pl.duration(days=45)
    made, signed, text = pl.col("created_at"), pl.col("signed_at"), pl.col("text")
    later = pl.duration(minutes=90)
    nothing, note = pl.lit(None), NOTE & FINAL & old
    closing, assessment = CLOSING & FINAL, ASSESSMENT & FINAL
    bad_oid = pl.col("document_id").str.replace("1.2.246", "1.02.246", literal=True)
    night = made.dt.date().dt.offset_by("1d").cast(pl.Datetime("us")) + pl.duration(hours=2, minutes=11)
    six_weeks = pl.duration(days=42)
    weeks = {n: pl.col(n) + six_weeks for n in ("created_at", "signed_at")}
    weeks["event_at"] = made + six_weeks - later
    kinds: tuple[tuple[str, str, pl.Expr, dict[str, pl.Expr]], ...] = (
        ("service_task_missing", "service_task_present", note, {"service_task": nothing}),
        ("process_phase_missing", "process_phase_present", note, {"process_phase": nothing}),
        ("process_phase_unknown", "process_phase_valid", note, {"process_phase": pl.lit("caring")}),
        ("phase_of_other_type", "phase_fits_type", closing, {"process_phase": pl.lit("assessment")}),
        ("unit_missing", "unit_present", note, {"unit": nothing}),
        ("author_missing", "author_present", note, {"author_id": nothing}),
        ("author_role_missing", "author_role_present", note, {"author_role": nothing}),
        ("author_role_unknown", "author_role_valid", note, {"author_role": pl.lit("helper")}),
        ("assessed_unentitled", "assessment_by_entitled_role", assessment, {"author_role": pl.lit("nurse")}),
        ("document_language_missing", "language_present", note, {"language": nothing}),
        ("document_language_unknown", "language_valid", note, {"language": pl.lit("xx")}),
        ("case_missing", "case_present", note, {"case_id": nothing}),
        ("oid_malformed", "document_id_form", note, {"document_id": bad_oid}),
        ("status_unknown", "status_known", note, {"status": pl.lit("ready")}),
        ("event_time_missing", "event_time_present", note, {"event_at": nothing}),
        ("final_unsigned", "final_is_signed", note, {"signed_at": nothing}),
        ("signed_before_made", "creation_before_signature", note, {"signed_at": made - later}),
        ("made_before_event", "event_before_creation", note, {"event_at": signed + later}),
        ("signed_late", "signed_without_delay", note, {"signed_at": signed + pl.duration(days=25)}),
        ("written_at_night", "not_written_at_night", note, {"created_at": night, "signed_at": night + later}),
        ("closing_written_late", "closing_written_in_time", closing & old, weeks),
        ("text_placeholder", "text_not_placeholder", note, {"text": pl.lit("ks. yllä")}),
        ("phone_in_text", "no_phone_in_text", note, {"text": text + " Soitto 040 0000000."}),
        ("email_in_text", "no_email_in_text", note, {"text": text + " asiakas@example.invalid"}),
    )  # fmt: skip
    return tuple(HeaderDefect(name, (rule,), fits, columns, RARE) for name, rule, fits, columns in kinds)
