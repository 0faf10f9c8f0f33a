"""A check of what changed since an earlier check, with the result of a whole one.

Judged again are documents that are new or say something else, those that share a case, a text, a minute of
signing, a version or an id with one that changed or went away, and those that a later day judges otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from quality_checks import language
from quality_checks.checking import Check, Counted
from quality_checks.document_hashes import NONE
from quality_checks.engine import CompiledCatalogue
from quality_checks.extracts import TableExtract
from quality_checks.files import write_table
from quality_checks.kinship import Kinship, both, numbered
from quality_checks.memory import Memory, forget
from quality_checks.rules import Rule
from quality_checks.schema import CELL_KEYS
from quality_checks.tables import counted, counts_in, defects_in, with_first_seen
from quality_checks.usable import counts_of, usable_documents
from quality_checks.verdict_files import VERDICTS, WEIGHTS, add_part, read_verdicts, written_part

NO_ID = 1


def remember(bound: Check, counted: Counted, folder: Path) -> None:
    """Leave in the folder of a whole check what the next one compares with.

    Args:
        bound: the check.
        counted: what it found, weights included.
        folder: its folder.
    """
    with written_part(folder, WEIGHTS, 0, dict(counted.weights.schema)) as stream:
        stream.write(counted.weights)
    reasons = usable_documents(bound.extract, bound.part).reasons
    memory = Memory(Kinship.of(bound.extract, bound.part), reasons, bound.as_of)
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
    if previous.resolve() == out.resolve():
        raise ValueError(f"{out}: the earlier check is there; give another folder for this one")
    memory = Memory.read(previous, bound.fingerprint)
    forget(out)
    then = memory.kinship
    now = Kinship.of(bound.extract, bound.part, then)
    new, gone = now.changed_since(then)
    touched = both(_touched(now, new, then, gone), _judged_otherwise(bound, memory, previous))
    again = now.with_copies(np.union1d(now.kin(touched), new))
    before = np.union1d(then.kin(touched), gone)
    superseded = pl.Series(np.union1d(now.at("document", again), then.at("document", before)))
    context = now.with_copies(now.kin(now.touched(again)))
    context = context[now.at("document", context) != NONE]
    parts: list[pl.DataFrame] = []
    rows = bound.extract.with_keys(pl.Series(now.at("document", context)), context)
    some = replace(bound, extract=TableExtract(rows))
    earlier = read_verdicts(previous).filter(pl.col("document_id").hash().is_in(superseded.implode())).collect()
    standing = [*counts_in(pl.read_parquet(previous / "cells.parquet")), *_taken(earlier, bound.compiled)]
    only = pl.Series(np.unique(now.at("document", again)))
    fresh = some.run(parts.append, clusters=True, only=only, standing=standing)
    judged = {VERDICTS: pl.concat(parts, how="diagonal") if parts else earlier.clear(), WEIGHTS: fresh.weights}
    add_part(previous, out, judged, superseded)
    violations = _violations(previous, fresh.violations, superseded, bound.as_of)
    write_table(fresh.cells, out / "cells.parquet")
    write_table(violations, out / "violations.parquet")
    whole = _reasons(some, memory, now, again, context)
    memory = Memory(now, whole, bound.as_of)
    memory.write(out, bound.fingerprint, bound.compiled.not_evaluable, previous=previous)
    weights = read_verdicts(out, WEIGHTS).collect() if clusters else fresh.weights.clear()
    result = replace(
        fresh, violations=violations, weights=weights, counts=counts_of(whole),
        not_evaluable=bound.compiled.not_evaluable,
    )  # fmt: skip
    return Changed(result, len(new) + len(gone), len(again))


def _touched(now: Kinship, new: Any, then: Kinship, gone: Any) -> dict[str, Any]:
    """Values of the keys of what changed. Copies under one id decide together which of them is judged."""
    ids = np.union1d(now.at("document", new), then.at("document", gone))
    return both(now.touched(now.with_copies(new, ids)), then.touched(then.with_copies(gone, ids)))


def _judged_otherwise(bound: Check, memory: Memory, previous: Path) -> dict[str, Any]:
    """Keys of the documents that rules with a clock judge otherwise on the new day."""
    none = memory.kinship.touched(np.zeros(0, dtype=np.int64))
    clocked = tuple(c for c in bound.compiled.rules if _has_clock(c.rule))
    if bound.as_of == memory.as_of:
        return none
    parts: list[pl.DataFrame] = []
    replace(bound, compiled=CompiledCatalogue(clocked)).run(parts.append)
    ids = ["document_id", "month", *(c.rule.id for c in clocked)]
    then = read_verdicts(previous).select(ids).collect()
    now = pl.concat([then.clear(), *parts], how="diagonal").select(ids)
    same = then.join(now, on=ids, how="semi", nulls_equal=True)["document_id"]
    moved = pl.concat([then["document_id"], now["document_id"]]).filter(
        ~pl.concat([then["document_id"], now["document_id"]]).is_in(same.implode())
    )
    return {**none, "document": np.unique(moved.hash().to_numpy())}


def _has_clock(rule: Rule) -> bool:
    return "as_of" in language.settings_of(rule.applies_tree) | language.settings_of(rule.fails_tree)


def _taken(rows: pl.DataFrame, compiled: CompiledCatalogue) -> list[pl.DataFrame]:
    """What earlier verdicts added to the counts of cells, taken off."""
    counts = []
    for (kind,), own in rows.group_by("document_type"):
        rules = compiled.about(str(kind))
        checks = own.with_columns(pl.col("readable").alias("_readable"), *rules.scopes)
        counts.append(counted(checks, rules, defects_in(checks, rules)))
    return [table.with_columns(-pl.exclude(CELL_KEYS).cast(pl.Int64)) for table in counts]


def _violations(previous: Path, fresh: pl.DataFrame, superseded: pl.Series, as_of: date) -> pl.DataFrame:
    """The defects that stand, each with the day it was first seen and its age on the new day."""
    earlier = pl.read_parquet(previous / "violations.parquet")
    gone = pl.col("document_id").hash().is_in(superseded.implode())
    known = with_first_seen(fresh, earlier)
    age = (pl.lit(as_of) - pl.col("since")).dt.total_days().clip(lower_bound=0)
    whole = pl.concat([earlier.filter(~gone), known.select(earlier.columns)])
    return whole.with_columns(age.alias("age_days")).sort("rule_id", "document_id")


def _reasons(some: Check, memory: Memory, now: Kinship, again: Any, context: Any) -> Any:
    """Reason of every document of the new extract: as before but for what was judged again."""
    then = memory.kinship
    moved, left = now.moved_since(then)
    reasons = np.full(now.height, NO_ID, dtype=memory.reasons.dtype)
    stay = min(now.height, then.height)
    reasons[:stay] = memory.reasons[:stay]
    before = numbered(then.rows(left), reason=memory.reasons[left])
    known = numbered(now.rows(moved)).join(before, on=["row", "n"], how="left", maintain_order="left")
    reasons[moved] = known["reason"].fill_null(NO_ID).to_numpy()
    fresh = np.full(len(reasons), NO_ID, dtype=reasons.dtype)
    fresh[context] = usable_documents(some.extract, some.part).reasons
    reasons[again] = fresh[again]
    return reasons
