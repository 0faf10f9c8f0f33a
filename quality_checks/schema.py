"""Columns of the prepared documents with their types in the rule language, and of the tables made from them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from quality_checks.yaml_files import read_yaml

REFERENCE = Path(__file__).parent / "reference"

HEADER: dict[str, str] = {
    "document_id": "text",
    "client_id": "text",
    "case_id": "text",
    "service_task": "text",
    "process_phase": "text",
    "document_type": "text",
    "status": "text",
    "unit": "text",
    "municipality": "text",
    "language": "text",
    "author_id": "text",
    "author_role": "text",
    "event_at": "datetime",
    "created_at": "datetime",
    "signed_at": "datetime",
    "replaces": "text",
    "text_length": "number",
    "text_has_identity_code": "bool",
    "text_has_phone": "bool",
    "text_has_email": "bool",
    "text_is_placeholder": "bool",
    "text_fingerprint": "text",
    "client_id_miswritten": "bool",
    "area": "text",
}

# Facts about the document itself.
DOCUMENT_FACTS: dict[str, str] = {
    "document_date": "date",
    "event_day": "date",
    "created_day": "date",
    "signed_day": "date",
    "signed_with": "number",
    "id_copies": "number",
    "other_clients_with_text": "number",
    "same_text_in_case": "number",
    "replaces_known": "bool",
    "replaces_own_client": "bool",
    "replaced_status": "text",
    "successors": "number",
}

# Facts read from the content beside its fields.
CONTENT_FACTS: dict[str, str] = {
    "content_length": "number",
    "content_placeholders": "number",
    "content_identity_codes": "number",
    "content_contacts": "number",
    "content_unknown_fields": "number",
    "uncoded_values": "number",
    "unreadable_dates": "number",
    "goals_measurable": "number",
    "services_dated": "number",
    "needs_without_goal": "number",
    "needs_without_service": "number",
    "needs_without_evaluation": "number",
    "goals_without_need": "number",
}

# Facts about the case a document belongs to; null without a case.
CASE_FACTS: dict[str, str] = {
    "case_documents": "number",
    "case_clients": "number",
    "case_tasks": "number",
    "first_of_case": "bool",
    "last_of_case": "bool",
    "first_of_type": "bool",
    "last_of_type": "bool",
    "same_type_in_case": "number",
    "case_opened": "date",
    "case_last_day": "date",
    "case_notified": "date",
    "case_last_notified": "date",
    "case_assessed": "date",
    "case_assessment_started": "date",
    "case_assessment_completed": "date",
    "case_planned": "date",
    "case_decided": "date",
    "case_decision_in_force": "date",
    "case_served": "date",
    "case_urgent_on": "date",
    "case_closed": "date",
    "case_active_drafts": "number",
    "next_assessment_started": "date",
    "next_plan": "date",
    "needs_unplanned": "number",
    "decision_overlaps": "bool",
    "phase_rank": "number",
    "phase_rank_before": "number",
    "phase_cost_days": "number",
    "first_deviation": "bool",
}

TYPE_OF_KIND = {"text": "number", "code": "text", "date": "date", "bool": "bool", "list": "number"}

# Never null after preparation.
ALWAYS_PRESENT = frozenset(
    {
        "document_id",
        "document_date",
        "created_day",
        "created_at",
        "content_readable",
        "id_copies",
        "other_clients_with_text",
        "same_text_in_case",
        "successors",
        "signed_with",
        "text_has_identity_code",
        "text_has_phone",
        "text_has_email",
        "text_is_placeholder",
        "first_of_case",
        "last_of_case",
        "first_of_type",
        "last_of_type",
        "first_deviation",
        "decision_overlaps",
        *CONTENT_FACTS,
    }
)

# Output column -> column of the prepared documents; what is not a known or safe code is shown as 'unknown'.
CHECK_COLUMNS: dict[str, str] = {
    "document_id": "document_id",
    "unit": "shown_unit",
    "area": "shown_area",
    "service_task": "shown_service_task",
    "document_type": "shown_document_type",
    "author_role": "shown_author_role",
    "month": "month",
    "status": "shown_status",
    "document_date": "document_date",
    "readable": "readable",
}
CELL_KEYS = ("unit", "area", "service_task", "document_type", "month")
UNKNOWN = "unknown"


@cache
def content_kinds() -> dict[str, str]:
    """Kind of each structured field that becomes a column."""
    kinds = read_yaml(REFERENCE / "content_fields.yaml")
    return {name: kind for kind, names in kinds.items() for name in names}


@cache
def content_fields() -> frozenset[str]:
    """Columns that come from inside the document."""
    return frozenset(content_kinds()) | frozenset(CONTENT_FACTS)


FIELD_TYPES: dict[str, str] = {
    **HEADER,
    **DOCUMENT_FACTS,
    **CONTENT_FACTS,
    **CASE_FACTS,
    "content_readable": "bool",
    **{name: TYPE_OF_KIND[kind] for name, kind in content_kinds().items()},
}
