"""What has to be read of documents: only what the chosen rules, the facts they need and the tables read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from quality_checks.content_columns import READABLE
from quality_checks.engine import CompiledCatalogue
from quality_checks.facts import CASE_SOURCES, DOCUMENT_SOURCES, content_for, header_for
from quality_checks.schema import HEADER, content_fields

SHOWN = (
    "document_id",
    "status",
    "unit",
    "municipality",
    "service_task",
    "document_type",
    "author_role",
    "event_at",
    "created_at",
)
TOLD_OF_PHASES = frozenset({"first_deviation", "phase_rank_before", "phase_rank", "phase_cost_days"})


@dataclass(frozen=True)
class Needed:
    """What has to be read.

    Attributes:
        compiled: the rules.
        process: whether the view of cases as a process is wanted too.
        clusters: whether authors and clients are wanted, for intervals.
    """

    compiled: CompiledCatalogue
    process: bool = False
    clusters: bool = False

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """Facts across documents."""
        read = self.compiled.reads & (DOCUMENT_SOURCES.keys() | CASE_SOURCES.keys())
        return tuple(sorted(read | (TOLD_OF_PHASES if self.process else frozenset())))

    @cached_property
    def for_facts(self) -> frozenset[str]:
        """Header columns that the facts are made from."""
        return header_for(self.facts)

    def header(self, rules: CompiledCatalogue) -> frozenset[str]:
        """Header columns of documents as some of the rules and the tables read them."""
        days = {"event_day": "event_at", "created_day": "created_at", "signed_day": "signed_at"}
        derived = {source for name, source in days.items() if name in rules.reads}
        clusters = {"author_id", "client_id"} if self.clusters else set()
        process = {"case_id"} if self.process else set()
        return frozenset((rules.reads & HEADER.keys()) | {*SHOWN} | derived | clusters | process)

    def facts_for(self, rules: CompiledCatalogue) -> frozenset[str]:
        """Facts across documents that some of the rules and the view of cases read."""
        return frozenset(
            name for name in self.facts if name in rules.reads or (self.process and name in TOLD_OF_PHASES)
        )

    def content(self, kind: str) -> frozenset[str]:
        """Content columns of documents of a type."""
        own = self.compiled.about(kind)
        fields = own.reads & (content_fields() | {READABLE})
        readable = {READABLE} if fields else set()
        return fields | readable | content_for(self.facts, kind)
