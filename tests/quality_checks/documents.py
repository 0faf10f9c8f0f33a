"""Hand-made documents for the tests: one sound case, small enough to check in the head."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from quality_checks.document_columns import POLARS_TYPES as _POLARS
from quality_checks.schema import HEADER

AREAS = {"398": "09-L", "111": "09-H"}
START = datetime(2026, 3, 3, 9, 0)  # a Tuesday
AS_OF = datetime(2026, 6, 1).date()

CONTENTS: dict[str, dict[str, Any]] = {
    "notification": {
        "received_on": "2026-03-03", "channel": "phone", "notifier_role": "client", "reason": "1",
        "urgency_assessed": True, "urgency": "non_urgent", "description": "§text:80",
    },
    "assessment": {
        "started_on": "2026-03-05", "completed_on": "2026-03-10", "client_view": "§text:60",
        "client_view_missing_reason": None, "needs": ["1", "9"], "conclusion": "§text:90",
        "key_worker_judgement": "§text:40", "key_worker_named": True,
    },
    "client_plan": {
        "support_need": "§text:70", "key_worker_named": True, "meetings": "§text:25", "strengths": "§text:33",
        "services": [
            {"need": "1", "service": "home_care", "starts_on": "2026-03-20", "duration": "§text:12"},
            {"need": "9", "service": "home_care", "starts_on": "2026-03-20", "duration": "§text:12"},
        ],
        "goals": [
            {"need": "1", "goal": "§text:30", "measurable": True},
            {"need": "9", "goal": "§text:30", "measurable": False},
        ],
        "duration": "§text:12", "partners": ["§text:10"], "follow_up": "§text:40", "review_on": "2026-09-15",
        "client_participated": True, "client_absence_reason": None, "needs": ["1", "9"], "evaluations": [],
    },
    "decision": {
        "decided_on": "2026-03-18", "service": "home_care", "outcome": "granted", "grounds": "§text:120",
        "law_section": "shl-19", "valid_from": "2026-03-20", "valid_to": "2026-12-31",
        "appeal_instructions": True, "notified_on": "2026-03-18", "decision_maker_role": "social_worker",
    },
    "case_note": {
        "event_type": "meeting", "participants": ["client", "worker"], "service": "home_care", "contact": "home",
        "note": "§text:200",
    },
    "closing_summary": {
        "ended_on": "2026-05-20", "reason": "need_ended", "goal_attainment": "reached", "summary": "§text:150",
    },
}  # fmt: skip
PHASES = {
    "notification": ("initiation", 0),
    "assessment": ("assessment", 7),
    "client_plan": ("planning", 13),
    "decision": ("decision", 15),
    "case_note": ("service", 20),
    "closing_summary": ("closing", 78),
}


def document(kind: str, *, number: int = 1, case: str = "c1", content: Any = ..., **header: Any) -> dict[str, Any]:
    """One sound document of a kind; `content` changes fields of its content (a str replaces it whole)."""
    phase, day = PHASES[kind]
    event = START + timedelta(days=day)
    fields = dict(CONTENTS[kind])
    if isinstance(content, dict):
        fields.update(content)
    text = content if isinstance(content, str) or content is None else json.dumps(fields, ensure_ascii=False)
    row: dict[str, Any] = {
        "document_id": f"1.2.246.10.99000907.14.2026.{list(PHASES).index(kind) + 1}{number}",
        "client_id": f"client-{case}", "case_id": case, "service_task": "older_people", "process_phase": phase,
        "document_type": kind, "status": "final", "unit": "398-older_people", "municipality": "398",
        "language": "fi", "author_id": "worker-1", "author_role": "social_worker", "event_at": event,
        "created_at": event + timedelta(minutes=30), "signed_at": event + timedelta(minutes=45 + number),
        "replaces": None, "content": text, "text_length": 120, "text_has_identity_code": False,
        "text_has_phone": False, "text_has_email": False, "text_is_placeholder": False,
        "text_fingerprint": f"{case}-{kind}-{number}", "client_id_miswritten": False,
    }  # fmt: skip
    return {**row, **header}


def frame(*documents: dict[str, Any]) -> pl.DataFrame:
    """Documents as a table in the lake's shape."""
    schema = {name: _POLARS[kind] for name, kind in HEADER.items() if name != "area"} | {"content": pl.String()}
    return pl.DataFrame(list(documents), schema=schema, orient="row")


def sound_case(case: str = "c1", *without: str, number: int = 1) -> list[dict[str, Any]]:
    """All documents of a sound case but some kinds."""
    return [document(kind, case=case, number=number) for kind in PHASES if kind not in without]


def cases(count: int) -> list[dict]:
    """Sound cases of several units, each with ids of its own."""
    rows = []
    for n in range(count):
        for row in sound_case(f"c{n}"):
            unit = f"{'398' if n % 2 else '111'}-older_people"
            own = {"document_id": f"{row['document_id']}.{n}", "unit": unit, "municipality": unit[:3]}
            signed = {"author_id": f"worker-{n % 7}", "signed_at": row["signed_at"] + timedelta(minutes=n)}
            rows.append({**row, **own, **signed})
    return rows


def spoilt(count: int) -> list[dict]:
    """The same with some service tasks missing and some languages unknown."""
    rows = cases(count)
    for n, row in enumerate(rows):
        if n % 5 == 0:
            row["service_task"] = None
        if n % 11 == 0:
            row["language"] = "xx"
    return rows
