"""Facts across documents, so that every rule judges one row: which there are, from what, and how rows get them.

They are made from a narrow table of keys and days (the spine) of all documents at once, so that neither a case nor
a copied text is torn by whatever parts the documents are read in. Ids stand in it as 64-bit hashes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from quality_checks.content_columns import READABLE
from quality_checks.registers import Registers
from quality_checks.schema import CASE_FACTS, content_fields

_ORDER = ("case_id", "document_id", "client_id", "created_at", "event_at", "document_type", "status")
_PLACE = (*_ORDER, "process_phase")

# Facts about one document from others -> header columns they are made from.
DOCUMENT_SOURCES: dict[str, tuple[str, ...]] = {
    "other_clients_with_text": ("text_fingerprint", "text_length", "client_id"),
    "same_text_in_case": ("text_fingerprint", "text_length", "case_id"),
    "signed_with": ("author_id", "signed_at"),
    "replaces_known": ("replaces", "document_id"),
    "replaces_own_client": ("replaces", "document_id", "client_id"),
    "replaced_status": ("replaces", "document_id", "status"),
    "successors": ("replaces", "document_id"),
}
# Facts about the case -> header columns they are made from.
CASE_SOURCES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(CASE_FACTS, _ORDER),
    "case_tasks": (*_ORDER, "service_task"),
    **dict.fromkeys(("phase_rank", "phase_rank_before", "phase_cost_days", "first_deviation"), _PLACE),
}
# Day of the first document of a type: the field that tells it, and whether the document's own date stands in.
FIRST_DAYS: dict[str, tuple[str, str, bool]] = {
    "case_notified": ("notification", "received_on", True),
    "case_opened": ("notification", "received_on", True),
    "case_assessed": ("assessment", "started_on", True),
    "case_assessment_started": ("assessment", "started_on", True),
    "case_assessment_completed": ("assessment", "completed_on", False),
    "case_planned": ("client_plan", "", True),
    "case_decided": ("decision", "decided_on", True),
    "case_decision_in_force": ("decision", "valid_from", True),
    "case_served": ("case_note", "", True),
}
# Other facts that tell documents of a case apart by their type.
_BY_TYPE = ("first_of_type", "last_of_type", "same_type_in_case", "next_plan")
# Content columns that facts need of documents of a type.
CONTENT_SOURCES: dict[str, dict[str, tuple[str, ...]]] = {
    **{fact: {kind: (day,)} for fact, (kind, day, _) in FIRST_DAYS.items() if day},
    "case_served": {"case_note": ("service",)},
    "case_urgent_on": {"notification": ("urgency",)},
    "case_last_notified": {"notification": ("received_on",)},
    "case_closed": {"closing_summary": ("ended_on",)},
    "next_assessment_started": {"assessment": ("started_on",)},
    "needs_unplanned": {"assessment": ("needs_listed",), "client_plan": ("needs_listed",)},
    "decision_overlaps": {"decision": ("service", "valid_from", "valid_to")},
}
# Facts, and fields of the content, that mean nothing when the column they come from was not delivered.
# What a content says is known by the type of its document.
DERIVED: dict[str, tuple[str, ...]] = {
    "event_at": ("event_day",),
    "signed_at": ("signed_day", "signed_with"),
    "replaces": ("replaces_known", "replaces_own_client", "replaced_status", "successors"),
    "text_fingerprint": ("other_clients_with_text", "same_text_in_case"),
    "case_id": ("first_of_case", "last_of_case", "case_notified", "case_opened", "first_deviation", "phase_rank"),
    "process_phase": ("phase_rank", "first_deviation"),
    "content": (READABLE, *sorted(content_fields()), *CONTENT_SOURCES),
    "document_type": (READABLE, *sorted(content_fields()), *sorted({*CONTENT_SOURCES, *FIRST_DAYS, *_BY_TYPE})),
}
SPINE_DAYS = ("received_on", "started_on", "completed_on", "decided_on", "valid_from", "valid_to", "ended_on")


def header_for(facts: Collection[str]) -> frozenset[str]:
    """Header columns that facts are made from."""
    sources = {**DOCUMENT_SOURCES, **CASE_SOURCES}
    return frozenset(name for fact in facts for name in sources.get(fact, ()))


def content_for(facts: Collection[str], document_type: str) -> frozenset[str]:
    """Content columns of documents of a type that facts are made from."""
    return frozenset(name for fact in facts for name in CONTENT_SOURCES.get(fact, {}).get(document_type, ()))


def hash_of(text: str) -> int:
    """The key that stands for a text in the spine."""
    return int(pl.Series([text]).hash()[0])


def spine_of(part: pl.DataFrame, registers: Registers) -> pl.DataFrame:
    """The narrow columns of documents from which facts are made: those that `part` has the sources of.

    Args:
        part: documents with header columns and content columns.
        registers: code sets, and the place of each process phase in the expected order.
    """
    has = set(part.columns)
    keys = {
        "case": "case_id", "client": "client_id", "document": "document_id", "author": "author_id",
        "text": "text_fingerprint", "replaced": "replaces", "type": "document_type",
    }  # fmt: skip
    columns = [_key(source).alias(name) for name, source in keys.items() if source in has]
    if "created_at" in has:
        columns += [_date().alias("date"), pl.col("created_at").to_physical().alias("created")]
    if "status" in has:
        live = (pl.col("status") != "voided").fill_null(True)
        columns += [live.alias("live"), pl.col("status")]
    if "signed_at" in has:
        columns.append(pl.col("signed_at").dt.truncate("1m").to_physical().alias("minute"))
    if "service_task" in has:
        columns.append(_known_task(registers).alias("task"))
    if "urgency" in has:
        columns.append((pl.col("urgency") == "urgent").alias("urgency"))
    if "service" in has:
        columns.append(_key("service").alias("service"))
    if "process_phase" in has:
        columns.append(_rank(registers).alias("rank"))
    columns += [pl.col(name) for name in ("text_length", "needs_listed", *SPINE_DAYS) if name in has]
    return part.select(columns)


def _key(name: str) -> pl.Expr:
    return pl.when(pl.col(name).is_not_null()).then(pl.col(name).hash())


def _date() -> pl.Expr:
    return pl.coalesce("event_at", "created_at").dt.date()


def _known_task(registers: Registers) -> pl.Expr:
    tasks = registers.codes("service_tasks")
    known = pl.col("service_task").is_in(tasks) if tasks else pl.col("service_task").is_not_null()
    return pl.when(known).then(pl.col("service_task").hash())


def _rank(registers: Registers) -> pl.Expr:
    """Place in the order of phases; a document without a phase takes the usual one of its type.

    So its own defect does not look like another's.
    """
    phase = pl.coalesce(
        "process_phase", pl.col("document_type").replace_strict(registers.usual_phases, default=None)
    )
    return phase.replace_strict(registers.phase_ranks, default=None, return_dtype=pl.Int64)


@dataclass(frozen=True)
class Facts:
    """Facts of all documents: columns by document, and columns by case with the case of each document.

    Attributes:
        by_document: one row per document of the spine.
        by_case: one row per case.
        case_of: row of `by_case` that each document belongs to; null without a case. Shape (documents,).
    """

    by_document: Mapping[str, pl.Series]
    by_case: pl.DataFrame = field(default_factory=pl.DataFrame)
    case_of: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.UInt32))

    def rows(self, start: int, length: int, names: Collection[str]) -> list[pl.Series]:
        """Some of the facts of the documents from `start` on."""
        own = [values.slice(start, length).alias(n) for n, values in self.by_document.items() if n in names]
        of_cases = [name for name in self.by_case.columns if name in names]
        return [*own, *self.by_case[of_cases][self.case_of.slice(start, length)]] if of_cases else own

    def hashes(self, start: int, length: int) -> pl.DataFrame:
        """One or two columns of hashes of the documents from `start` on; equal where all their facts are."""
        own = pl.DataFrame([column.slice(start, length).alias(name) for name, column in self.by_document.items()])
        found = [own.hash_rows().alias("own")] if own.width else []
        if self.by_case.width:
            found.append(self._hashes_of_cases.gather(self.case_of.slice(start, length)).alias("case"))
        return pl.DataFrame(found)

    @cached_property
    def _hashes_of_cases(self) -> pl.Series:
        return self.by_case.hash_rows()

    def taken(self, places: pl.Series) -> Facts:
        """The facts of the documents at some places, in their order."""
        own = {name: column.gather(places) for name, column in self.by_document.items()}
        return Facts(own, self.by_case, self.case_of.gather(places) if self.by_case.width else self.case_of)


def facts_of(spine: pl.DataFrame, wanted: Collection[str], registers: Registers) -> Facts:
    """The facts asked for.

    Args:
        spine: what `spine_of` gave for all documents, with the columns that the facts need.
        wanted: names among the facts of `schema`.
        registers: code sets and the order of phases.
    """
    from quality_checks.case_facts import case_facts
    from quality_checks.document_facts import document_facts

    spine = _with_content_columns(spine, wanted)
    own = document_facts(spine, [name for name in wanted if name in DOCUMENT_SOURCES])
    about_cases = [name for name in wanted if name in CASE_SOURCES]
    if not about_cases:
        return Facts(own)
    placed = case_facts(spine, about_cases)
    return Facts({**own, **placed.by_document}, placed.by_case, placed.case_of)


def _with_content_columns(spine: pl.DataFrame, wanted: Collection[str]) -> pl.DataFrame:
    """With null for what no document of the extract could tell, because there is none of its type."""
    fields = {
        name for fact in wanted for kind in CONTENT_SOURCES.get(fact, {}) for name in content_for([fact], kind)
    }
    types: dict[str, pl.DataType] = {
        "service": pl.UInt64(), "urgency": pl.Boolean(), "needs_listed": pl.List(pl.String())
    }  # fmt: skip
    lacking = sorted(fields - set(spine.columns))
    return spine.with_columns(pl.lit(None, dtype=types.get(name, pl.Date())).alias(name) for name in lacking)
