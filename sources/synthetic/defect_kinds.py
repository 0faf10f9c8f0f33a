"""The kinds of planted defects: what is emptied or spoilt, and the rule that should find it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

COMMON_RATE = 0.004
RARE = COMMON_RATE / 4


@dataclass(frozen=True)
class FieldDefect:
    """A field of the content emptied or spoilt: its name there, and the JSON that replaces it."""

    name: str
    rule: str
    document_type: str
    fields: dict[str, str]
    rate: float = COMMON_RATE


@dataclass(frozen=True)
class HeaderDefect:
    """Columns of the header spoilt: which documents it can befall, and what is written instead."""

    name: str
    rule: str
    fits: pl.Expr
    columns: dict[str, pl.Expr]
    rate: float


FIELD_DEFECTS: tuple[FieldDefect, ...] = (
    FieldDefect("notification_channel_missing", "notification_channel", "notification", {"channel": "null"}),
    FieldDefect("notifier_role_missing", "notification_notifier", "notification", {"notifier_role": "null"}),
    FieldDefect("notification_reason_missing", "notification_reason", "notification", {"reason": "null"}),
    FieldDefect(
        "urgency_not_assessed", "notification_urgency", "notification",
        {"urgency_assessed": "null", "urgency": "null"},
    ),
    FieldDefect(
        "client_view_missing", "assessment_client_view", "assessment",
        {"client_view": "null", "client_view_missing_reason": "null"},
    ),
    FieldDefect("needs_missing", "assessment_needs", "assessment", {"needs": "[]"}),
    FieldDefect("conclusion_missing", "assessment_conclusion", "assessment", {"conclusion": "null"}),
    FieldDefect("conclusion_placeholder", "assessment_conclusion", "assessment", {"conclusion": '"ks. yllä"'}),
    FieldDefect(
        "key_worker_not_judged", "assessment_key_worker", "assessment",
        {"key_worker_judgement": "null", "key_worker_named": "null"},
    ),
    FieldDefect("goals_missing", "plan_goals", "client_plan", {"goals": "[]"}),
    FieldDefect("services_missing", "plan_services", "client_plan", {"services": "[]"}),
    FieldDefect("review_date_missing", "plan_review_date", "client_plan", {"review_on": "null"}),
    FieldDefect("strengths_missing", "plan_strengths", "client_plan", {"strengths": "null"}),
    FieldDefect("follow_up_missing", "plan_follow_up", "client_plan", {"follow_up": "null"}),
    FieldDefect(
        "participation_missing", "plan_participation", "client_plan",
        {"client_participated": "null", "client_absence_reason": "null"},
    ),
    FieldDefect("grounds_missing", "decision_grounds", "decision", {"grounds": "null"}),
    FieldDefect("grounds_placeholder", "decision_grounds", "decision", {"grounds": '"-"'}),
    FieldDefect("law_section_missing", "decision_law_section", "decision", {"law_section": "null"}),
    FieldDefect("validity_missing", "decision_validity", "decision", {"valid_from": "null"}),
    FieldDefect("appeal_instructions_missing", "decision_appeal", "decision", {"appeal_instructions": "false"}),
    FieldDefect("notice_date_missing", "decision_notice", "decision", {"notified_on": "null"}),
    FieldDefect("participants_missing", "note_participants", "case_note", {"participants": "[]"}, COMMON_RATE / 2),
    FieldDefect("event_type_missing", "note_event_type", "case_note", {"event_type": "null"}, COMMON_RATE / 2),
    FieldDefect("note_service_missing", "note_service", "case_note", {"service": "null"}, COMMON_RATE / 2),
    FieldDefect("closing_reason_missing", "closing_reason", "closing_summary", {"reason": "null"}),
    FieldDefect(
        "goal_attainment_missing", "closing_goal_attainment", "closing_summary", {"goal_attainment": "null"}
    ),
)  # fmt: skip

NOTE = pl.col("document_type") == "case_note"
FINAL = pl.col("status") == "final"


def header_defects(as_of: date) -> tuple[HeaderDefect, ...]:
    """Defects of the header; what is old is old on `as_of`."""
    old = pl.col("created_at") < pl.lit(as_of).cast(pl.Datetime("us")) - pl.duration(days=45)
    later, weeks = pl.duration(minutes=90), pl.duration(days=25)
    nothing, text = pl.lit(None), pl.col("text")
    note = NOTE & FINAL
    bad_oid = pl.col("document_id").str.replace("1.2.246", "1.02.246", literal=True)
    draft = {"signed_at": nothing, "status": pl.lit("draft")}
    often = COMMON_RATE / 2
    kinds: tuple[tuple[str, str, pl.Expr, dict[str, pl.Expr], float], ...] = (
        ("service_task_missing", "header_complete", FINAL, {"service_task": nothing}, RARE),
        ("process_phase_missing", "header_complete", FINAL, {"process_phase": nothing}, RARE),
        ("author_role_missing", "header_complete", FINAL, {"author_role": nothing}, RARE),
        ("service_task_unknown", "service_task_code", FINAL, {"service_task": pl.lit("elder_care")}, RARE),
        ("document_language_unknown", "language_code", FINAL, {"language": pl.lit("xx")}, RARE),
        ("phase_of_other_type", "type_in_phase", note, {"process_phase": pl.lit("initiation")}, RARE),
        ("oid_malformed", "document_oid", note, {"document_id": bad_oid}, RARE),
        ("signed_before_made", "dates_in_order", note, {"signed_at": pl.col("created_at") - later}, RARE),
        ("made_before_event", "dates_in_order", note, {"event_at": pl.col("signed_at") + later}, RARE),
        ("draft_left_old", "old_draft", note & old, draft, often),
        (
            "signed_late",
            "signed_in_time",
            note & old,
            {"signed_at": pl.col("signed_at") + weeks},
            RARE,
        ),
        ("text_too_short", "text_length", note, {"text": pl.lit("Käyty.")}, RARE),
        ("text_placeholder", "text_placeholder", note, {"text": pl.lit("ks. yllä")}, often),
        ("phone_in_text", "text_phone", note, {"text": text + " Soitto 040 0000000."}, RARE),
        ("email_in_text", "text_email", note, {"text": text + " asiakas@example.invalid"}, RARE),
    )
    return tuple(HeaderDefect(*kind) for kind in kinds)
