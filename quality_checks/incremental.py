"""A check of what changed since an earlier check, with the result of a whole one.

Judged again are documents that are new or say something else, and those of which others tell something else: the
facts of documents that share a case, a text, a minute of signing, a version or an id with one that changed or went
away are made again from what the earlier check left (`spines`), and only where they are others the document is
read. Where time alone changes a verdict, the earlier check told the day (`turns`): only that verdict is put right.
Rules whose turns cannot be told, and on an earlier day all rules with a clock, are asked about every document.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from quality_checks.cells import counted
from quality_checks.checking import Check, Counted
from quality_checks.clusters import DOCUMENT, GROUPS, weight_columns, weight_sums
from quality_checks.document_hashes import NONE
from quality_checks.engine import CompiledCatalogue
from quality_checks.files import read_table, write_table
from quality_checks.kinship import Kinship, both
from quality_checks.memory import LAST_SEEN, Memory, anew, apart, file_names, left_by
from quality_checks.preparation import month_on
from quality_checks.rereading import Carried, ReadAgain, read_again
from quality_checks.schema import CELL_KEYS
from quality_checks.spines import RECORD
from quality_checks.tables import VIOLATION_SCHEMA, WHERE, age_on, defects_in, with_first_seen
from quality_checks.turns import MONTH, due, month_turns, untimed
from quality_checks.usable import counts_of
from quality_checks.verdict_files import VERDICTS, WEIGHTS, add_part, read_verdicts, written_part

NO_ID = 1
ORDER = ("rule_id", "document_id")
_ID = pl.col("document_id").hash()


def remember(bound: Check, counted: Counted, folder: Path) -> None:
    """Leave in the folder of a whole check what the next one compares with.

    Args:
        bound: the check.
        counted: what it found, weights and turns included.
        folder: its folder.
    """
    # Documents to come may be of a type by whose rules a dimension is judged that no document here has.
    columns = dict(counted.weights.schema) | dict.fromkeys(weight_columns(bound.compiled), pl.Int32())
    with written_part(folder, WEIGHTS, 0, columns) as stream:
        stream.write(counted.weights)
    kinship, counts = Kinship.of(bound.extract, bound.part), counted.counted.tallies
    # Of a piece without documents no part told.
    written = [None if own.piece.length else np.zeros(0, dtype=RECORD) for own in kinship.pieces]
    memory = Memory(kinship, bound.usable.reasons, counted.facts, written, bound.as_of, counted.turns, counts)
    memory.write(folder, bound.fingerprint, bound.compiled.not_evaluable)


@dataclass(frozen=True)
class Changed:
    """What a check of changes found.

    Attributes:
        counted: the counts of the whole extract, as a whole check would give them.
        changed: documents that are new, say something else, or went away.
        judged: documents judged again.
    """

    counted: Counted
    changed: int
    judged: int


def check_since(bound: Check, previous: Path, out: Path, *, clusters: bool = False) -> Changed:
    """Judge what changed since the check in `previous`, and write the files of a whole check to `out`.

    Args:
        bound: rules bound to the whole new extract.
        previous: folder of the earlier check; it stays as it is.
        out: another folder.
        clusters: also give the weights of all documents, for scores.

    Raises:
        FileNotFoundError: `previous` holds no memory of a check.
        OtherTermsError: the earlier check was made on other terms.
        ValueError: both folders are one.
    """
    apart(previous, out)
    memory = Memory.read(previous, bound.fingerprint)
    anew(out)
    then = memory.kinship
    now = Kinship.of(bound.extract, bound.part, then)
    moved = now.moved_since(then)
    new, gone = now.changed_since(then, moved)
    otherwise, turns = _judged_otherwise(bound, memory, previous)
    ids = np.r_[now.at("document", new), then.at("document", gone)]
    carried = Carried.of(now, then, moved)
    changed = now.with_copies(np.r_[new, now.kin(otherwise)], ids)
    read = read_again(bound, memory, now, carried, **_reached(now, then, changed, gone, ids))
    judged = pl.Series(np.union1d(now.at("document", read.judged), ids))
    turns = turns.filter(~pl.col("document").is_in(judged.implode()))
    turned = due(turns, bound.as_of)
    superseded = pl.concat([judged, turned["document"]]).unique()
    earlier = read_verdicts(previous).filter(_ID.is_in(superseded.implode())).collect()
    later = _later(earlier, turned, bound.as_of)
    parts = [later]
    only = pl.Series(np.unique(now.at("document", read.judged)))
    fresh = read.check.run(
        parts.append,
        clusters=True,
        turns=True,
        only=only,
        ready=read.ready,
        onto=memory.tallies,
        less=_counts(earlier, bound.compiled),
        more=_counts(later, bound.compiled),
    )
    weights = pl.concat([*_weights(previous, later, bound.compiled), fresh.weights], how="diagonal")
    tables = {VERDICTS: pl.concat(parts, how="diagonal"), WEIGHTS: weights}
    add_part(previous, out, tables, superseded)
    began = pl.concat([fresh.violations, _begun(turned, later, bound)])
    violations = _violations(previous, began, judged, turned, bound.as_of)
    fresh.counted.write(out / "cells.parquet")
    write_table(violations, out / "violations.parquet")
    ahead = turns.filter(pl.col("day") > bound.as_of)
    ahead = pl.concat([fresh.turns, ahead, month_turns(later, bound.as_of)])
    if not now.height:  # it says nothing of defects, which are not new when their documents are there again
        write_table(_last_seen(previous), out / LAST_SEEN)
    left = _carried_on(memory, now, carried, read, replace(fresh, turns=ahead), previous)
    left.write(out, bound.fingerprint, bound.compiled.not_evaluable, previous=previous)
    result = replace(
        fresh, violations=violations, counts=counts_of(left.reasons), turns=ahead,
        weights=read_verdicts(out, WEIGHTS).collect() if clusters else fresh.weights.clear(),
        not_evaluable=bound.compiled.not_evaluable,
    )  # fmt: skip
    return Changed(result, len(new) + len(gone), len(read.judged) + later.height)


def _reached(now: Kinship, then: Kinship, changed: Any, gone: Any, ids: Any) -> dict[str, Any]:
    """Places that a change reaches: see the arguments of `read_again`.

    Args:
        now: hashes of the extract.
        then: of the earlier one.
        changed: places to judge whatever the facts.
        gone: places of the earlier extract whose documents went away.
        ids: hashes of the ids of what is new or gone.
    """
    touched = both(now.touched(changed), then.touched(then.with_copies(gone, ids)))
    again = now.with_copies(np.union1d(now.kin(touched), changed))
    others = np.setdiff1d(again, changed, assume_unique=True)
    context = now.with_copies(np.union1d(again, now.kin(now.touched(others))))
    return {"changed": changed, "again": again, "context": context[now.at("document", context) != NONE]}


def _carried_on(
    memory: Memory, now: Kinship, carried: Carried, read: ReadAgain, fresh: Counted, previous: Path
) -> Memory:
    """What the earlier check left, of the documents as they are now."""
    reasons, facts = carried.values(memory.reasons, NO_ID), carried.values(memory.facts, 0)
    reasons[read.own] = read.check.usable.reasons
    is_judged = np.isin(read.places, read.judged)
    facts[read.places[is_judged]] = fresh.facts[is_judged]
    pieces = [own.piece for own in now.pieces]
    known = [left_by(previous, name, piece) for name, piece in zip(file_names(pieces), pieces, strict=True)]
    spines, counts = read.spines(pieces, known, memory, carried), fresh.counted.tallies
    return Memory(now, reasons, facts, spines, read.check.as_of, fresh.turns, counts)


def _judged_otherwise(bound: Check, memory: Memory, previous: Path) -> tuple[dict[str, Any], pl.DataFrame]:
    """Keys of the documents that rules with a clock judge otherwise on the new day, and the turns of all others.

    Only rules whose turns were not told are asked.
    """
    backwards = bound.as_of < memory.as_of
    rules = CompiledCatalogue(tuple(c for c in bound.compiled.rules if c.timed))
    rules = rules if backwards else untimed(bound.compiled)
    none = memory.kinship.touched(np.zeros(0, dtype=np.int64))
    if bound.as_of == memory.as_of or not (backwards or rules.rules):
        return none, memory.turns
    parts: list[pl.DataFrame] = []
    found = replace(bound, compiled=rules).run(parts.append, turns=backwards)
    ids = ["document_id", "month", *(c.rule.id for c in rules.rules)]
    then = read_verdicts(previous).select(ids).collect()
    now = pl.concat([then.clear(), *parts], how="diagonal").select(ids)
    same = then.join(now, on=ids, how="semi", nulls_equal=True)["document_id"]
    moved = pl.concat([then["document_id"], now["document_id"]]).filter(
        ~pl.concat([then["document_id"], now["document_id"]]).is_in(same.implode())
    )
    turns = found.turns if backwards else memory.turns
    return {**none, "document": np.unique(moved.hash().to_numpy())}, turns


def _later(earlier: pl.DataFrame, turned: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """The earlier verdicts on the documents that time alone judges otherwise, as they are on the new day."""
    rows = earlier.with_columns(_document=_ID).filter(pl.col("_document").is_in(turned["document"].implode()))
    for (rule,), own in turned.filter(pl.col("rule_id") != MONTH).group_by("rule_id", maintain_order=True):
        verdicts = own.select(_document="document", _verdict="verdict", _turned=pl.lit(value=True))
        rows = rows.join(verdicts, on="_document", how="left", maintain_order="left")
        verdict = pl.when("_turned").then("_verdict").otherwise(str(rule)).alias(str(rule))
        rows = rows.with_columns(verdict).drop("_verdict", "_turned")
    return rows.drop("_document").with_columns(month=month_on(as_of))


def _counts(rows: pl.DataFrame, compiled: CompiledCatalogue) -> list[pl.DataFrame]:
    """What verdicts as they stand in a table count for in the cells."""
    if rows.is_empty():
        return []
    checks = rows.with_columns(pl.col("readable").alias("_readable"), *compiled.scopes)
    return [counted(checks, compiled, defects_in(checks, compiled))]


def _weights(previous: Path, later: pl.DataFrame, compiled: CompiledCatalogue) -> list[pl.DataFrame]:
    """What documents that time alone judges otherwise weigh in the scores."""
    if later.is_empty():
        return []
    rows = later.with_columns(_ID.alias(DOCUMENT))
    wanted = pl.col(DOCUMENT).is_in(rows[DOCUMENT].implode())
    groups = read_verdicts(previous, WEIGHTS).filter(wanted).select(DOCUMENT, *GROUPS).collect()
    rows = rows.join(groups, on=DOCUMENT, how="left")
    return [rows.select(DOCUMENT, *CELL_KEYS, *GROUPS, *weight_sums(compiled))]


def _begun(turned: pl.DataFrame, later: pl.DataFrame, bound: Check) -> pl.DataFrame:
    """The defects that have come with time alone."""
    where = later.select(_ID.alias("document"), "document_id", *WHERE)
    severity = {c.rule.id: c.rule.severity for c in bound.compiled.rules if c.rule.mode == "active"}
    return (
        turned.filter(~pl.col("verdict"), pl.col("rule_id").is_in(list(severity)))
        .join(where, on="document")
        .with_columns(
            pl.col("rule_id").replace_strict(severity, return_dtype=pl.String).alias("severity"),
            first_seen=pl.lit(bound.as_of),
        )
        .with_columns(age_on(bound.as_of))
        .select(list(VIOLATION_SCHEMA))
    )


def _violations(
    previous: Path, began: pl.DataFrame, judged: pl.Series, turned: pl.DataFrame, as_of: date
) -> pl.DataFrame:
    """The defects that stand, each with the day it was first seen and its age on the new day."""
    earlier = read_table(previous / "violations.parquet")
    superseded = earlier.select(_ID.is_in(judged.implode())).to_series()
    if turned.height:
        pairs = earlier.select("rule_id", document=_ID).join(
            turned, on=["document", "rule_id"], how="left", maintain_order="left"
        )
        superseded |= pairs["day"].is_not_null()
    seen_before = earlier.filter(superseded) if earlier.height else _last_seen(previous)
    known = with_first_seen(began, seen_before)
    whole = _merged(earlier, ~superseded, known.select(earlier.columns))
    seen = pl.min_horizontal("first_seen", pl.lit(as_of))  # on an earlier day nothing was seen later
    return whole.with_columns(age_on(as_of), first_seen=seen)


def _last_seen(folder: Path) -> pl.DataFrame:
    """Defects of a check, or, when its extract had no documents, of the last one whose extract had some."""
    last, own = folder / LAST_SEEN, folder / "violations.parquet"
    return read_table(last if last.exists() else own)


def _merged(earlier: pl.DataFrame, stands: pl.Series, more: pl.DataFrame) -> pl.DataFrame:
    """Earlier defects that stand with others put in, all by rule and document, as the earlier ones are already."""
    more = more.sort(ORDER)
    rules, places = _stretches(earlier["rule_id"]), [np.zeros(0, dtype=np.int64)]
    for (rule,), own in more.group_by("rule_id", maintain_order=True):
        start, end = rules.get(str(rule)) or (earlier["rule_id"].search_sorted(str(rule)),) * 2
        known = earlier["document_id"].slice(start, end - start)
        places.append(start + known.search_sorted(own["document_id"], side="left").to_numpy().astype(np.int64))
    standing = stands.arg_true().to_numpy()
    before = np.searchsorted(standing, np.concatenate(places))
    order = np.insert(standing, before, earlier.height + np.arange(more.height))
    return pl.concat([earlier, more], rechunk=True)[pl.Series(order, dtype=pl.UInt32)]


def _stretches(values: pl.Series) -> dict[str, tuple[int, int]]:
    """First row of each value and the one after its last, of values in order."""
    runs = values.rle().struct.unnest()
    ends = runs["len"].cum_sum().to_list()
    return dict(zip(runs["value"].to_list(), zip([0, *ends], ends, strict=False), strict=True))
