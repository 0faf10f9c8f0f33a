"""Cross-document facts as columns, so that every rule judges one row: copies, versions, phases, case clocks."""

from __future__ import annotations

import polars as pl

from quality_checks.registers import Registers

_ORDER = ("document_date", "created_at", "document_id")
LONG_ENOUGH_TO_BE_A_COPY = 60


def document_facts(documents: pl.LazyFrame) -> pl.LazyFrame:
    """Facts from other documents about one document: bulk signing, copies, versions."""
    text = pl.col("text_fingerprint")
    long = pl.col("text_length") >= LONG_ENOUGH_TO_BE_A_COPY
    clients = (
        documents.filter(text.is_not_null() & long)
        .group_by("text_fingerprint")
        .agg(_clients=pl.col("client_id").n_unique())
    )
    in_case = (
        documents.filter(text.is_not_null() & long & pl.col("case_id").is_not_null())
        .group_by("case_id", "text_fingerprint")
        .agg(_in_case=pl.len())
    )
    return (
        documents.join(clients, on="text_fingerprint", how="left")
        .join(in_case, on=["case_id", "text_fingerprint"], how="left")
        .join(_signed_together(documents), on=["author_id", "_minute"], how="left")
        .join(_predecessors(documents), on="replaces", how="left")
        .join(_successors(documents), on="document_id", how="left")
        .with_columns(
            other_clients_with_text=pl.when(long).then(pl.col("_clients") - 1).fill_null(0).cast(pl.Int64),
            same_text_in_case=pl.when(long).then(pl.col("_in_case") - 1).fill_null(0).cast(pl.Int64),
            signed_with=pl.col("_signed_with").fill_null(1).cast(pl.Int64),
            successors=pl.col("_successors").fill_null(0).cast(pl.Int64),
            replaces_known=pl.when(pl.col("replaces").is_not_null()).then(pl.col("_target_client").is_not_null()),
            replaces_own_client=pl.col("_target_client") == pl.col("client_id"),
        )
    )


def _signed_together(documents: pl.LazyFrame) -> pl.LazyFrame:
    signed = documents.filter(pl.col("_minute").is_not_null() & pl.col("author_id").is_not_null())
    return signed.group_by("author_id", "_minute").agg(_signed_with=pl.len())


def _predecessors(documents: pl.LazyFrame) -> pl.LazyFrame:
    return documents.select(
        replaces="document_id", _target_client=pl.col("client_id").fill_null(""), replaced_status="status"
    )


def _successors(documents: pl.LazyFrame) -> pl.LazyFrame:
    replacing = documents.filter(pl.col("replaces").is_not_null())
    return replacing.group_by(pl.col("replaces").alias("document_id")).agg(_successors=pl.len())


def case_facts(documents: pl.LazyFrame, registers: Registers) -> pl.LazyFrame:
    """Facts of the case a document belongs to; null (flags false) without a case.

    Args:
        documents: with the content fields and `document_date`.
        registers: code sets, and the place of each process phase in the expected order.
    """
    in_case = documents.filter(pl.col("case_id").is_not_null())
    return (
        documents.join(_case_clocks(in_case, registers), on="case_id", how="left")
        .join(_places(in_case, registers), on="document_id", how="left")
        .join(_overlaps(in_case), on="document_id", how="left")
        .with_columns(
            needs_unplanned=_unplanned_needs(),
            decision_overlaps=pl.col("decision_overlaps").fill_null(False),
            **{
                name: pl.col(name).fill_null(False)
                for name in ("first_of_case", "last_of_case", "first_of_type", "last_of_type", "first_deviation")
            },
        )
    )


def _case_clocks(documents: pl.LazyFrame, registers: Registers) -> pl.LazyFrame:
    """First and last days of each kind of document, one row per case."""
    live = (pl.col("status") != "voided").fill_null(True)
    tasks = registers.codes("service_tasks")
    known_task = pl.col("service_task").is_in(tasks) if tasks else pl.col("service_task").is_not_null()

    def first(kind: str, day: str) -> pl.Expr:
        chosen = (pl.col("document_type") == kind) & live
        return pl.coalesce(day, "document_date").filter(chosen).min()

    return documents.group_by("case_id").agg(
        case_documents=pl.len().cast(pl.Int64),
        case_clients=pl.col("client_id").n_unique().cast(pl.Int64),
        case_tasks=pl.col("service_task").filter(known_task).n_unique().cast(pl.Int64),
        case_notified=first("notification", "received_on"),
        case_opened=pl.coalesce(first("notification", "received_on"), pl.col("document_date").filter(live).min()),
        case_last_day=pl.col("document_date").filter(live).max(),
        case_assessed=first("assessment", "started_on"),
        case_assessment_started=first("assessment", "started_on"),
        case_assessment_completed=pl.col("completed_on")
        .filter((pl.col("document_type") == "assessment") & live)
        .min(),
        case_planned=pl.col("document_date").filter((pl.col("document_type") == "client_plan") & live).min(),
        case_decided=first("decision", "decided_on"),
        case_decision_in_force=first("decision", "valid_from"),
        case_served=pl.col("document_date")
        .filter((pl.col("document_type") == "case_note") & live & pl.col("service").is_not_null())
        .min(),
        case_closed=pl.coalesce("ended_on", "document_date")
        .filter((pl.col("document_type") == "closing_summary") & live)
        .max(),
        case_active_drafts=(pl.col("status") == "draft").sum().cast(pl.Int64),
        _planned_needs=pl.col("needs_listed")
        .filter((pl.col("document_type") == "client_plan") & live)
        .explode(empty_as_null=True)
        .drop_nulls()
        .unique()
        .sort(),
    )


def _unplanned_needs() -> pl.Expr:
    missing = pl.col("needs_listed").list.set_difference(pl.col("_planned_needs")).list.len().cast(pl.Int64)
    return pl.when((pl.col("document_type") == "assessment") & pl.col("case_planned").is_not_null()).then(missing)


def _places(documents: pl.LazyFrame, registers: Registers) -> pl.LazyFrame:
    """Place of a document in its case and in the order of phases.

    A notification opens a new round (a reopened case). Within a round the first document of a phase must not come
    after one of a later phase; returning to a phase already gone through is lawful (a plan is reviewed). A
    document without a phase takes the usual one of its type, so that its own defect does not look like another's.
    """
    phase = pl.coalesce(
        "process_phase", pl.col("document_type").replace_strict(registers.usual_phases, default=None)
    )
    rank = phase.replace_strict(registers.phase_ranks, default=None, return_dtype=pl.Int64)
    live = documents.filter((pl.col("status") != "voided").fill_null(True)).select(
        "case_id", "document_id", "document_type", "document_date", "created_at", "started_on", phase_rank=rank
    )
    return (
        live.sort("case_id", *_ORDER)
        .with_columns(
            _round=((pl.col("phase_rank") == 1) & (pl.col("document_type") == "notification"))
            .fill_null(False)
            .cum_sum()
            .over("case_id")
        )
        .with_columns(
            first_of_case=pl.int_range(pl.len()).over("case_id") == 0,
            last_of_case=pl.int_range(pl.len()).over("case_id") == pl.len().over("case_id") - 1,
            first_of_type=pl.int_range(pl.len()).over("case_id", "document_type") == 0,
            last_of_type=pl.int_range(pl.len()).over("case_id", "document_type")
            == pl.len().over("case_id", "document_type") - 1,
            same_type_in_case=pl.len().over("case_id", "document_type").cast(pl.Int64),
            phase_rank_before=pl.col("phase_rank").cum_max().shift(1).over("case_id", "_round"),
            next_plan=_next_day("document_date", "client_plan"),
            next_assessment_started=_next_day("started_on", "assessment"),
        )
        .with_columns(phase_rank_before=pl.col("phase_rank_before").forward_fill().over("case_id", "_round"))
        .with_columns(
            _deviates=(pl.col("phase_rank") < pl.col("phase_rank_before")).fill_null(False)
            & (pl.int_range(pl.len()).over("case_id", "_round", "phase_rank") == 0)
        )
        .with_columns(
            first_deviation=pl.col("_deviates") & (pl.col("_deviates").cum_sum().over("case_id") == 1),
            phase_cost_days=_days_since_latest_phase(),
        )
        .drop("case_id", "document_type", "document_date", "created_at", "started_on", "_round", "_deviates")
    )


def _next_day(day: str, kind: str) -> pl.Expr:
    """The day of the next document of that kind in the case, in the order of the case."""
    days = pl.when(pl.col("document_type") == kind).then(pl.col(day))
    return days.shift(-1).backward_fill().over("case_id")


def _days_since_latest_phase() -> pl.Expr:
    """Days from the document that took the case to its latest phase to the one that falls back."""
    advanced = pl.col("phase_rank") >= pl.col("phase_rank_before").fill_null(0)
    latest = pl.when(advanced).then(pl.col("document_date")).forward_fill().over("case_id", "_round")
    return pl.when(pl.col("_deviates")).then((pl.col("document_date") - latest).dt.total_days().cast(pl.Int64))


def _overlaps(documents: pl.LazyFrame) -> pl.LazyFrame:
    """Whether a decision begins while an earlier one on the same service of the same client still holds."""
    decisions = documents.filter(
        (pl.col("document_type") == "decision")
        & (pl.col("status") == "final")
        & pl.all_horizontal(pl.col(c).is_not_null() for c in ("service", "valid_from", "valid_to"))
    )
    earlier = pl.col("valid_to").cum_max().shift(1).over("client_id", "service")
    return (
        decisions.sort("client_id", "service", "valid_from", "document_id")
        .with_columns(decision_overlaps=(pl.col("valid_from") <= earlier).fill_null(False))
        .select("document_id", "decision_overlaps")
    )
