"""Planted defects of the header, with the rules of the shipped catalogue that find them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

from sources.synthetic.defect_kinds import (
    ASSESSMENT,
    CLOSING,
    DRAFT_OR_FINAL,
    FINAL,
    NOTE,
    NOTIFICATION,
    RARE,
    HeaderDefect,
)
from sources.synthetic.planting import HAS

LATER_ENTRY = NOTE & FINAL & (pl.col("round") > 0)
_UNKNOWN_AREA = pl.lit("999")


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
        ("municipality_unknown", "municipality_in_county", note, {"municipality": _UNKNOWN_AREA}),
        ("text_pasted_in", "text_not_overlong", note, {"text": pl.concat_str([text] * 200, separator=" ")}),
        ("text_too_short", "text_not_too_short", note, {"text": text.str.slice(0, 8)}),
        ("replaced_by_nothing", "replaced_has_successor", note, {"status": pl.lit("replaced")}),
        ("email_in_text", "no_email_in_text", note, {"text": text + " asiakas@example.invalid"}),
    )  # fmt: skip
    single = (HeaderDefect(name, (rule,), fits, RARE, columns=columns) for name, rule, fits, columns in kinds)
    coming = pl.lit(datetime.combine(as_of, datetime.min.time()) + timedelta(days=20, hours=10))
    code, check = pl.col("client_id").str.slice(0, 10), pl.col("client_id").str.slice(10)
    miswritten = pl.concat_str(code, pl.when(check == "A").then(pl.lit("B")).otherwise(pl.lit("A")))
    before_records = pl.lit(datetime(1950, 1, 2, 10))
    of_cases = (
        HeaderDefect(
            "client_missing", ("client_present",), LATER_ENTRY & old, RARE, whole_case=True,
            columns={"client_id": nothing},
        ),
        HeaderDefect(
            "client_id_miswritten", ("client_id_check_character",), LATER_ENTRY & old, RARE, whole_case=True,
            columns={"client_id": miswritten}, elsewhere={"case_has_one_client": DRAFT_OR_FINAL},
        ),
        HeaderDefect(
            "document_type_unknown", ("document_type_known", "coded_fields_are_coded"), LATER_ENTRY & old, RARE,
            whole_case=True, columns={"document_type": pl.lit("memo")},
        ),
        HeaderDefect(
            "event_to_come", ("no_future_times", "event_before_creation"),
            LATER_ENTRY & old & ~HAS["closing_summary"], RARE, whole_case=True, columns={"event_at": coming},
        ),
        HeaderDefect(
            "event_before_records", ("no_times_before_records", "note_recorded_without_delay"),
            NOTIFICATION & FINAL & HAS["assessment"], RARE, whole_case=True, columns={"event_at": before_records},
        ),
    )  # fmt: skip
    return (*single, *of_cases)
