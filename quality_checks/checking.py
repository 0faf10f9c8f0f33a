"""The whole of record quality as one function: documents in, verdicts, counts and violations out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from hashlib import sha256
from typing import Any, Required, TypedDict, Unpack

import polars as pl

from quality_checks.calendar import WorkingDays, finnish_working_days
from quality_checks.cells import Cells, Tally, counted
from quality_checks.clusters import all_weights, clusters_of, weights_in
from quality_checks.engine import CompiledCatalogue, compile_catalogue, public_checks, verdicts
from quality_checks.extracts import Documents, Extract, extract_of
from quality_checks.facts import DERIVED
from quality_checks.needed import Needed
from quality_checks.preparation import Prepared, TakesSpines, prepared
from quality_checks.process import case_phases, deviations_of
from quality_checks.registers import Registers, load_registers
from quality_checks.rules import Catalogue
from quality_checks.schema import CHECK_COLUMNS, FIELD_TYPES, HEADER
from quality_checks.settings import Settings
from quality_checks.tables import (
    PHASE_COLUMNS,
    VIOLATION_SCHEMA,
    defects_in,
    violations_of,
)
from quality_checks.turns import Turns, turn_columns
from quality_checks.usable import Usable, usable_documents

PART = 250_000
# Of the files that a check leaves for the next one; another form asks for a whole check.
FORM = "parts in folders, hashes and spines by piece, turns with days of making, tallies by type, hashes of facts"


@dataclass(frozen=True)
class Counted:
    """What a check finds but the verdicts themselves. None of the tables holds a value from a document.

    Attributes:
        counted: counts by rule, unit, area, service task, document type and month.
        violations: one row per defect.
        deviations: first deviating pair of phases per unit and task: from, to, cases, median days lost.
        cases: one row per case: place, task, first day of each phase, whether it deviates; names no case.
        weights: what each document weighs in the scores, with hashes of its author and client.
        facts: hash of the facts across documents of each document; made with `turns`.
        turns: from which day on rules with a clock judge which document otherwise (`turns.TURN_SCHEMA`).
        not_evaluable: rules that could not be asked, with the reason.
        counts: documents, checked, and one key per reason of exclusion; they add up.
    """

    counted: Cells
    violations: pl.DataFrame
    deviations: pl.DataFrame
    cases: pl.DataFrame
    weights: pl.DataFrame
    facts: Any
    turns: pl.DataFrame
    not_evaluable: dict[str, str]
    counts: dict[str, int]

    @property
    def cells(self) -> pl.DataFrame:
        """Counts by rule, unit, area, service task, document type and month."""
        return self.counted.table

    @property
    def clusters(self) -> pl.DataFrame:
        """What each document weighs in the scores, with author and client as numbers, for intervals."""
        return clusters_of(self.weights)


@dataclass(frozen=True)
class QualityResult(Counted):
    """What a check of documents gives.

    Attributes:
        doc_checks: one row per document, one nullable truth value per rule.
    """

    doc_checks: pl.DataFrame


class Terms(TypedDict, total=False):
    """What documents are judged by beside the rules.

    Attributes:
        as_of: day of the judgement.
        area_of_municipality: service area of each municipality.
        settings: the county's limits: a `Settings`, or any object or mapping with values of the same names.
        registers: dated code sets; the shipped synthetic ones when left out.
        calendar: working days; the Finnish ones when left out.
    """

    as_of: Required[date]
    area_of_municipality: Required[Mapping[str, str]]
    settings: Any
    registers: Registers | None
    calendar: WorkingDays | None


@cache
def default_calendar() -> WorkingDays:
    """The Finnish calendar, made once."""
    return finnish_working_days()


@dataclass(frozen=True)
class Check:
    """Rules bound to what they are judged by, ready for an extract.

    Attributes:
        extract: the documents.
        compiled: the rules, bound to limits, code sets and the day.
        registers: dated code sets and the order of phases.
        areas: service area of each municipality.
        as_of: day of the judgement.
        part: documents held at a time.
        fingerprint: of all that verdicts rest on beside the documents and the day.
    """

    extract: Extract
    compiled: CompiledCatalogue
    registers: Registers
    areas: Mapping[str, str]
    as_of: date
    part: int = PART
    fingerprint: str = ""

    @classmethod
    def of(
        cls,
        documents: Documents,
        catalogue: Catalogue,
        part: int = PART,
        **terms: Unpack[Terms],
    ) -> Check:
        """Bind rules to an extract.

        Args:
            documents: the contract table `documents` in the lake's shape, Parquet files of it, or what reads it.
            catalogue: the rules.
            part: documents held at a time.
            terms: see `Terms`.

        Raises:
            DocumentsError: a column without which nothing can be judged is missing.
        """
        extract = extract_of(documents)
        settings, areas, as_of = Settings.of(terms.get("settings")), terms["area_of_municipality"], terms["as_of"]
        registers = terms.get("registers") or load_registers()
        compiled = compile_catalogue(
            catalogue,
            columns=_delivered(extract.columns),
            settings=settings,
            code_sets=registers.code_sets,
            calendar=terms.get("calendar") or default_calendar(),
            as_of=as_of,
        )
        rests_on = settings.values(date.min), registers, sorted(areas.items())
        made_by = FORM, pl.__version__, [rule.model_dump_json() for rule in catalogue.rules], extract.columns
        fingerprint = sha256(repr((rests_on, made_by)).encode()).hexdigest()
        return cls(extract, compiled, registers, areas, as_of, part, fingerprint)

    @cached_property
    def usable(self) -> Usable:
        """Which documents can be judged."""
        return usable_documents(self.extract, self.part)

    def prepared(
        self,
        *,
        process: bool = False,
        clusters: bool = False,
        beside: pl.DataFrame | None = None,
        take: TakesSpines | None = None,
    ) -> Prepared:
        """The documents with all that rules read.

        Args:
            process: prepared for `cases` and `deviations` too.
            clusters: prepared for `weights` too.
            beside: see `preparation.prepared`.
            take: see `preparation.prepared`.
        """
        return prepared(
            self.extract, self.usable, Needed(self.compiled, process, clusters),
            registers=self.registers, areas=self.areas, as_of=self.as_of, part=self.part, beside=beside, take=take,
        )  # fmt: skip

    def run(
        self,
        take: Callable[[pl.DataFrame], None],
        told: Callable[[int], None] | None = None,
        *,
        process: bool = False,
        clusters: bool = False,
        turns: bool = False,
        only: pl.Series | None = None,
        onto: Sequence[Tally] = (),
        less: Sequence[pl.DataFrame] = (),
        more: Sequence[pl.DataFrame] = (),
        ready: Prepared | None = None,
    ) -> Counted:
        """Judge the documents part by part.

        Args:
            take: is given the verdicts of each part, in the columns of `doc_checks` as far as rules are about it.
            told: is given the number of documents judged with each part.
            process: also make `cases` and `deviations`; they are empty otherwise.
            clusters: also make `weights`; it is empty otherwise.
            turns: also make `turns` and `facts`; they are empty otherwise.
            only: hashes of the ids of the documents to judge; the others are read for what they tell of these.
            onto: counts of an earlier check, to which those of the documents are added.
            less: what else is to be taken off these (`cells.counted`).
            more: what else is to be added.
            ready: the documents prepared for what else is asked for; prepared here when None.
        """
        ready = ready or self.prepared(process=process, clusters=clusters)
        counts, violations, phases, weights = [], [pl.DataFrame(schema=VIOLATION_SCHEMA)], [_no_phases()], []
        ahead = Turns.of(self.compiled, self.as_of)
        for rules, rows in ready.documents():
            wanted = rows if only is None else rows.filter(pl.col("document_id").hash().is_in(only.implode()))
            checks = verdicts(wanted, rules, turn_columns(rules, self.as_of) if turns else ()).collect()
            take(public_checks(checks))
            defects = defects_in(checks, rules)
            counts.append(counted(checks, rules, defects))
            violations.append(violations_of(checks, rules, defects, self.as_of))
            phases += [checks.select(PHASE_COLUMNS)] if process else []
            weights += [weights_in(checks, rules)] if clusters else []
            if turns:
                ahead.add(checks)
            if told:
                told(checks.height)
            # What is judged is let go before the next documents are read.
            del rows, wanted, checks, defects
        ranks = self.registers.phase_ranks
        walked = pl.concat(phases)
        return Counted(
            counted=Cells.of([*more, *counts], self.compiled, onto, less),
            violations=pl.concat(violations).sort("rule_id", "document_id"),
            deviations=deviations_of(walked, ranks),
            cases=case_phases(walked, ranks, self.as_of),
            weights=all_weights(weights),
            facts=ready.fact_hashes() if turns else None,
            turns=ahead.table(),
            not_evaluable=self.compiled.not_evaluable,
            counts=self.usable.counts,
        )


def _no_phases() -> pl.DataFrame:
    types: dict[str, pl.DataType] = {
        **dict.fromkeys(PHASE_COLUMNS, pl.Int64()),
        **dict.fromkeys(("document_id", "unit", "area", "service_task", "_case"), pl.String()),
        "_since_document_date": pl.Date(),
        "_first_deviation": pl.Boolean(),
    }
    return pl.DataFrame(schema=types)


def check(documents: pl.DataFrame, catalogue: Catalogue, **terms: Unpack[Terms]) -> QualityResult:
    """Judge documents by every rule of the catalogue.

    Args:
        documents: the contract table `documents` in the lake's shape; the order of rows does not matter.
        catalogue: the rules.
        terms: see `Terms`.

    Raises:
        DocumentsError: a column without which nothing can be judged is missing.
    """
    bound = Check.of(documents, catalogue, **terms)
    parts: list[pl.DataFrame] = []
    counted = bound.run(parts.append, process=True, clusters=True)
    checks = _in_columns(parts, bound.compiled).sort("document_id")
    return QualityResult(**vars(counted), doc_checks=checks)


def check_columns(compiled: CompiledCatalogue) -> dict[str, pl.DataType]:
    """Columns of `doc_checks` with their types."""
    keys: dict[str, pl.DataType] = {
        **dict.fromkeys(CHECK_COLUMNS, pl.String()),
        **{"month": pl.Date(), "document_date": pl.Date(), "readable": pl.Boolean()},
    }
    return {**keys, **{c.rule.id: pl.Boolean() for c in compiled.rules}}


def _in_columns(parts: Sequence[pl.DataFrame], compiled: CompiledCatalogue) -> pl.DataFrame:
    columns = check_columns(compiled)
    return pl.concat([pl.DataFrame(schema=columns), *parts], how="diagonal").select(list(columns))


def _delivered(columns: Sequence[str]) -> list[str]:
    """Columns of prepared documents that mean something in an extract with these columns."""
    lacking = {name for name in (*HEADER, "content") if name not in columns and name != "area"}
    lacking |= {fact for name in lacking for fact in DERIVED.get(name, ())}
    return [name for name in FIELD_TYPES if name not in lacking]
