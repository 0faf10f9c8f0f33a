"""Chapters on cases as a process and on the human audit: protected facts first, then their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from reporting.disclosure import Margin, protect
from reporting.numbers import MISSING, unbroken
from reporting.pdf.blocks import Block, Cell, Column, Table
from reporting.pdf.voice import Voice

ALL = "all"
CONFORMANCE_COLUMNS = (
    *("level", "area", "service_task", "judged", "conforming"),
    *("share", "low", "high", "median_cost_days"),
)
TIMES_COLUMNS = ("level", "area", "service_task", "from_phase", "to_phase", "cases", "median_days", "p90_days")
STALL_COLUMNS = ("level", "area", "service_task", "phase", "open", "long", "median_days")
AUDIT_COLUMNS = (
    *("level", "dimension", "read_findings", "read_passed", "precision", "precision_low", "precision_high"),
    *("sensitivity", "sensitivity_low", "sensitivity_high"),
)
AGREEMENT_COLUMNS = ("dimension", "pairs", "kappa")


@dataclass(frozen=True)
class ProcessTables:
    """Tables of the process view and the audit; each may be None.

    Attributes:
        conformance: see `CONFORMANCE_COLUMNS`.
        times: see `TIMES_COLUMNS`.
        stalls: see `STALL_COLUMNS`.
        audit: see `AUDIT_COLUMNS`; it tells of rules, not of persons.
        agreement: see `AGREEMENT_COLUMNS`.
    """

    conformance: pl.DataFrame | None = None
    times: pl.DataFrame | None = None
    stalls: pl.DataFrame | None = None
    audit: pl.DataFrame | None = None
    agreement: pl.DataFrame | None = None

    def __post_init__(self) -> None:
        """Take empty tables for none."""
        for name in ("conformance", "times", "stalls", "audit", "agreement"):
            given: pl.DataFrame | None = getattr(self, name)
            if given is not None and given.is_empty():
                object.__setattr__(self, name, None)

    def protected(self, county: str, k: int) -> ProcessTables:
        """The same with counts of 1..k-1 cases hidden, and what would tell them."""
        return ProcessTables(
            None if self.conformance is None else _conformance(self.conformance, county, k),
            None if self.times is None else _times(self.times, county, k),
            None if self.stalls is None else _stalls(self.stalls, county, k),
            self.audit,
            self.agreement,
        )


def _margins(county: str) -> list[Margin]:
    return [Margin("area", total=county), Margin("service_task", total=ALL)]


def _conformance(table: pl.DataFrame, county: str, k: int) -> pl.DataFrame:
    """Cases that conform, that deviate and both together are one problem: each is told by the other two."""
    rows = table.filter(pl.col("level") != "unit").select(CONFORMANCE_COLUMNS)
    rows = rows.with_columns(deviating=pl.col("judged") - pl.col("conforming"))
    place = ["area", "service_task"]
    kinds = ("judged", "conforming", "deviating")
    cells = pl.concat(
        rows.select(*place, pl.lit(kind).alias("kind"), pl.col(kind).alias("cases")) for kind in kinds
    )
    found = protect(cells, count="cases", by=[*_margins(county), Margin("kind", total="judged")], k=k)
    hidden = found.pivot("kind", index=place, values="suppressed").rename({kind: f"_{kind}" for kind in kinds})
    joined = rows.join(hidden, on=place, how="left", maintain_order="left")
    shares = ("share", "low", "high", "median_cost_days")
    either = pl.max_horizontal("_conforming", "_deviating")
    return joined.with_columns(
        *(pl.when(pl.col(f"_{kind}") == "").then(pl.col(kind)).alias(kind) for kind in kinds),
        *(pl.when(either == "").then(pl.col(column)).alias(column) for column in shares),
        suppressed=pl.max_horizontal(either, "_judged"),
    ).drop(f"_{kind}" for kind in kinds)


def _times(table: pl.DataFrame, county: str, k: int) -> pl.DataFrame:
    rows = table.filter(pl.col("level") != "unit").select(TIMES_COLUMNS)
    return protect(
        rows,
        count="cases",
        by=_margins(county),
        within=["from_phase", "to_phase"],
        derived=["median_days", "p90_days"],
        k=k,
    )


def _stalls(table: pl.DataFrame, county: str, k: int) -> pl.DataFrame:
    """Both counts are protected, each over areas and tasks; where one is hidden the median is too."""
    rows = table.filter(pl.col("level") != "unit").select(STALL_COLUMNS)
    for count, derived in (("long", ["median_days"]), ("open", ["median_days", "long"])):
        rows = protect(rows, count=count, by=_margins(county), within=["phase"], derived=derived, k=k).drop(
            "suppressed"
        )
    return rows


def process(tables: ProcessTables | None, place: str, voice: Voice) -> list[Block]:
    """Which cases follow the expected phases, how long phases last, where cases stand.

    Args:
        tables: protected tables; None leaves the chapter out.
        place: the county or one of its areas.
        voice: language and frame.
    """
    if tables is None or tables.conformance is None:
        return []
    source = voice.say("report-quality-source", day=voice.numbers.day(voice.inputs.quality_day))
    blocks: list[Block] = [voice.heading("rq-process"), voice.paragraph("rq-process-intro")]
    blocks.append(_conformance_table(tables.conformance.filter(pl.col("area") == place), voice, source))
    for name, table, drawn in (
        ("times", tables.times, _times_table),
        ("stalls", tables.stalls, _stalls_table),
    ):
        own = None if table is None else table.filter(pl.col("area") == place)
        if own is not None and own.height:
            blocks += [voice.heading(f"rq-process-{name}", 2), voice.paragraph(f"rq-process-{name}-intro")]
            blocks.append(drawn(own, voice, source))
    return blocks


def _task(code: str, voice: Voice) -> str:
    return voice.say("rq-all-tasks") if code == ALL else voice.name("ssw-task", code or "unstated")


def _ordered(rows: pl.DataFrame, voice: Voice) -> list[dict[str, Any]]:
    """All tasks first, then the others by name, documents that name none last."""
    return voice.ordered(
        rows.iter_rows(named=True),
        lambda row: _task(str(row["service_task"]), voice),
        within=lambda row: (row["service_task"] != ALL, not row["service_task"]),
    )


def _conformance_table(rows: pl.DataFrame, voice: Voice, source: str) -> Table:
    n = voice.numbers
    columns = (
        Column(voice.say("rq-task"), width=2.2),
        Column(voice.say("rq-cases-judged"), "right", 1.1),
        Column(voice.say("rq-conform"), "right", 2),
        Column(voice.say("rq-deviate"), "right", 1.1),
        Column(voice.say("rq-cost-days"), "right", 1.2),
    )

    def cells(r: dict[str, Any]) -> tuple[Cell, ...]:
        if r["share"] is None:
            hidden = MISSING if r["judged"] == 0 else voice.say("value-hidden")
            return (_task(str(r["service_task"]), voice), voice.count(r["judged"]), hidden, hidden, MISSING)
        share = voice.with_interval(r["share"], r["low"], r["high"], 1)
        cost = n.integer(r["median_cost_days"])
        return (
            _task(str(r["service_task"]), voice),
            voice.count(r["judged"]),
            share,
            voice.count(r["deviating"]),
            cost,
        )

    return Table(voice.say("rq-process-caption"), columns, tuple(cells(r) for r in _ordered(rows, voice)), source)


def _times_table(rows: pl.DataFrame, voice: Voice, source: str) -> Table:
    steps = rows.select("from_phase", "to_phase").unique(maintain_order=True).rows()
    columns = (
        Column(voice.say("rq-task"), width=2.2),
        *(Column(f"{voice.name('rq-phase', a)} → {voice.name('rq-phase', b)}", "right", 1.3) for a, b in steps),
    )
    days = {(r["service_task"], r["from_phase"]): r for r in rows.iter_rows(named=True)}
    tasks = [str(r["service_task"]) for r in _ordered(rows.unique("service_task"), voice)]

    def cell(task: str, phase: str) -> str:
        r = days.get((task, phase))
        if r is None or r["cases"] == 0:
            return MISSING
        if r["cases"] is None:
            return voice.say("value-hidden")
        if r["median_days"] is None:
            return voice.say("rq-not-half-yet")
        long = "" if r["p90_days"] is None else f" ({voice.numbers.integer(r['p90_days'])})"
        return unbroken(f"{voice.numbers.integer(r['median_days'])}{long}")

    cells = tuple((_task(task, voice), *(cell(task, a) for a, _ in steps)) for task in tasks)
    return Table(voice.say("rq-process-times-caption"), columns, cells, source)


def _stalls_table(rows: pl.DataFrame, voice: Voice, source: str) -> Table:
    columns = (
        Column(voice.say("rq-phase"), width=2.2),
        Column(voice.say("rq-open-cases"), "right", 1.1),
        Column(voice.say("rq-days-in-phase"), "right", 1.3),
        Column(voice.say("rq-longer-than-usual"), "right", 1.3),
    )
    cells = tuple(
        (
            voice.name("rq-phase", r["phase"]),
            voice.count(r["open"]),
            voice.say("value-hidden") if r["median_days"] is None else voice.numbers.integer(r["median_days"]),
            voice.count(r["long"]),
        )
        for r in rows.filter(pl.col("service_task") == ALL).iter_rows(named=True)
    )
    return Table(voice.say("rq-process-stalls-caption"), columns, cells, source)


def audit(tables: ProcessTables | None, voice: Voice) -> list[Block]:
    """How far the checks can be trusted, by what people found in the sample."""
    if tables is None:
        return []
    blocks: list[Block] = [voice.heading("rq-audit")]
    if tables.audit is None:
        return [*blocks, voice.paragraph("rq-audit-none")]
    kappa = {} if tables.agreement is None else dict(tables.agreement.select("dimension", "kappa").iter_rows())
    columns = (
        Column(voice.say("rq-audit-checks"), width=2),
        Column(voice.say("rq-audit-read"), "right", 1),
        Column(voice.say("rq-audit-precision"), "right", 2),
        Column(voice.say("rq-audit-sensitivity"), "right", 2),
        Column(voice.say("rq-audit-kappa"), "right", 1),
    )
    cells: Sequence[tuple[Cell, ...]] = [
        (
            voice.name("report-dimension", r["dimension"] or "overall"),
            voice.numbers.integer(r["read_findings"] + r["read_passed"]),
            _interval(r, "precision", voice),
            _interval(r, "sensitivity", voice),
            voice.numbers.decimal(kappa.get(r["dimension"] or ALL), 2),
        )
        for r in tables.audit.filter(pl.col("level") != "rule").iter_rows(named=True)
    ]
    source = voice.say("rq-audit-source", day=voice.numbers.day(voice.inputs.quality_day))
    intro = voice.paragraph("rq-audit-intro")
    return [*blocks, intro, Table(voice.say("rq-audit-caption"), columns, tuple(cells), source)]


def _interval(row: dict[str, float | None], name: str, voice: Voice) -> str:
    if row[name] is None:
        return MISSING
    return voice.with_interval(row[name], row[f"{name}_low"], row[f"{name}_high"], 0)
