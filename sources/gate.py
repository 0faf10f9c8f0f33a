"""The gate: every row of a contract table is accepted, or set aside with its reason.

Rows in = accepted + quarantined, always. Of rows with the same key, equal contents keep the first row
(`duplicate`); different contents keep none (`conflicting_key`), because nothing says which one is right. In
`documents` an id given to different documents is a finding of record quality: it is counted and let through.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

import polars as pl

from sources.contract_shape import Column, Contract
from sources.dates import dates_out_of_order
from sources.privacy import identity_codes_in
from sources.pseudonyms import DOMAINS, PSEUDONYM
from sources.quarantine import FILE, PROVENANCE, ROW, empty_quarantine, rejected

_UNDATED = ("areas", "population", "projection", "languages", "indicators")
KEPT_CONFLICTS = ("documents",)
_UNKNOWN = {"municipality": "unknown_municipality"}
_SAFE_KEY = r"^[A-Za-z0-9_.:|\-]{1,64}$"
CHECKS_SCHEMA: dict[str, pl.DataType] = {
    "check_id": pl.String(),
    "column": pl.String(),
    "reason": pl.String(),
    "eligible": pl.Int64(),
    "failed": pl.Int64(),
}


@dataclass(frozen=True)
class Check:
    """One check of a contract.

    Attributes:
        check_id: kind of check and column, such as `required_unit`.
        column: the column it speaks of.
        reason: why a row that breaks it is set aside (`sources.quarantine.REASONS`).
    """

    check_id: str
    column: str
    reason: str


@dataclass(frozen=True)
class Gated:
    """A table after the gate.

    Attributes:
        table: the contract's name.
        accepted: rows in the shape of the contract.
        quarantined: one row per rejected row (`sources.quarantine.SCHEMA`), without values.
        checks: one row per check: check_id, column, reason, eligible, failed.
        rows_in: rows read; `accepted.height + quarantined.height`.
        files: where the rows came from.
        absent: optional columns that were not delivered.
    """

    table: str
    accepted: pl.DataFrame
    quarantined: pl.DataFrame
    checks: pl.DataFrame
    rows_in: int
    files: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


class GateError(AssertionError):
    """The gate lost or made rows: a fault of this program, never of the data."""


def gate(
    frame: pl.DataFrame,
    contract: Contract,
    *,
    allowed: Mapping[str, Collection[str]] | None = None,
    elsewhere: Mapping[str, Collection[str]] | None = None,
    as_of: date,
    problems: pl.DataFrame | None = None,
    files: tuple[str, ...] = (),
) -> Gated:
    """Split a table into accepted and quarantined rows.

    Args:
        frame: rows with the contract's lake columns; `_file` and `_row` when they are known.
        contract: the contract table.
        allowed: column -> codes that may stand in it, beside the contract's closed sets.
        elsewhere: column -> codes that exist but are not `allowed` here (reason `other_county`).
        as_of: day of the run; later dates are refused.
        problems: quarantine rows set aside while reading and at the door.
        files: where the rows came from.

    Raises:
        ValueError: a column of the contract is missing or has another type.
        GateError: rows in are not accepted + quarantined.
    """
    problems = empty_quarantine() if problems is None else problems
    frame = _with_provenance(_shaped(frame, contract))
    rows_in = frame.height + problems.height
    judged = _judge(frame, contract, allowed or {}, elsewhere or {}, as_of)
    refused = [(check, mask) for check, _, mask in judged if not _is_kept(check, contract)]
    reasons = [(check.column, check.reason, mask) for check, mask in refused]
    quarantined = pl.concat(
        [problems, rejected(frame, table=contract.name, reasons=reasons, key=_shown_keys(frame, contract))]
    )
    bad = pl.select(pl.any_horizontal([mask for _, mask in refused])).to_series()
    accepted = frame.filter(~bad).drop(PROVENANCE)
    if accepted.height + quarantined.height != rows_in:
        raise GateError(
            f"{contract.name}: {rows_in} rows in, {accepted.height} accepted and {quarantined.height} quarantined"
        )
    checks = _checks(judged, problems, contract, rows_in)
    return Gated(contract.name, accepted, quarantined.sort("file", "row"), checks, rows_in, files)


def contract_checks(contract: Contract, coded: Collection[str] = (), owned: Collection[str] = ()) -> list[Check]:
    """The checks of a contract in order of weight; the first that fails names a row's reason.

    Args:
        contract: the contract table.
        coded: columns with allowed codes from elsewhere.
        owned: those of them where codes of other counties are told apart.
    """
    columns = contract.lake_columns
    texts = [c for c in columns if c.kind in ("string", "code", "json")]
    days = [c for c in columns if c.kind in ("date", "datetime") and not c.ahead]
    dated = days if contract.name not in _UNDATED else []
    return [
        *(Check(f"identity_{c.name}", c.name, "identity_code") for c in texts),
        *(Check(f"required_{c.name}", c.name, "missing") for c in columns if not c.nullable),
        *(Check(f"pseudonym_{c.name}", c.name, "not_a_pseudonym") for c in columns if c.name in DOMAINS),
        *(Check(f"allowed_{c.name}", c.name, "not_allowed") for c in columns if c.allowed),
        *(
            Check(f"known_{c.name}", c.name, _UNKNOWN.get(c.name, "unknown_code"))
            for c in columns
            if c.name in coded
        ),
        *(Check(f"own_{c.name}", c.name, "other_county") for c in columns if c.name in owned),
        *(Check(f"range_{c.name}", c.name, "out_of_range") for c in columns if _bounded(c)),
        *(
            Check(f"order_{o.first}_{o.last}", o.last, "dates_out_of_order")
            for o in contract.orders
            if {o.first, o.last} <= set(contract.schema())
        ),
        *(Check(f"future_{c.name}", c.name, "future_date") for c in dated),
        Check("unique_key_content", contract.key[0], "conflicting_key"),
        Check("unique_key", contract.key[0], "duplicate"),
    ]


def _is_kept(check: Check, contract: Contract) -> bool:
    return check.reason == "conflicting_key" and contract.name in KEPT_CONFLICTS


def _bounded(column: Column) -> bool:
    return column.low is not None or column.high is not None


def _shaped(frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    schema = contract.schema()
    for name, dtype in schema.items():
        if name not in frame.columns:
            raise ValueError(f"{contract.name}: no column '{name}'; expected {', '.join(schema)}")
        if frame.schema[name] != dtype and frame.schema[name] != pl.Null:
            raise ValueError(f"{contract.name}.{name}: {frame.schema[name]}; expected {dtype}")
    kept = [*schema, *(name for name in PROVENANCE if name in frame.columns)]
    return frame.select(kept).cast(schema)  # type: ignore[arg-type]


def _with_provenance(frame: pl.DataFrame) -> pl.DataFrame:
    if FILE not in frame.columns:
        frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(FILE))
    if ROW not in frame.columns:
        frame = frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(ROW))
    return frame


Judged = list[tuple[Check, int, pl.Series]]


def _judge(
    frame: pl.DataFrame,
    contract: Contract,
    allowed: Mapping[str, Collection[str]],
    elsewhere: Mapping[str, Collection[str]],
    as_of: date,
) -> Judged:
    """Each check with its number of eligible rows and the mask of the rows that fail it."""
    by_name = {column.name: column for column in contract.columns}
    orders = {f"order_{o.first}_{o.last}": o for o in contract.orders}
    keys = _key_marks(frame, contract)
    judged = []
    for check in contract_checks(contract, coded=allowed, owned=elsewhere):
        values = frame[check.column]
        kind = check.check_id.split("_", 1)[0]
        present = values.is_not_null()
        if kind == "required":
            judged.append((check, frame.height, ~present))
            continue
        if kind == "order":
            late = dates_out_of_order(frame, orders[check.check_id])
            judged.append((check, frame.height - late.null_count(), late.fill_null(value=False)))
            continue
        if kind == "unique":
            judged.append((check, frame.height, keys[check.reason]))
            continue
        mask = _value_mask(kind, values, by_name[check.column], allowed, elsewhere, as_of)
        judged.append((check, int(present.sum()), mask.fill_null(value=False)))
    return judged


def _value_mask(
    kind: str,
    values: pl.Series,
    column: Column,
    allowed: Mapping[str, Collection[str]],
    elsewhere: Mapping[str, Collection[str]],
    as_of: date,
) -> pl.Series:
    if kind == "identity":
        return _identity_codes(values)
    if kind == "pseudonym":
        return ~values.str.contains(PSEUDONYM)
    if kind == "allowed":
        return ~values.is_in(list(column.allowed))
    if kind == "known":
        return ~values.is_in([*allowed[column.name], *elsewhere.get(column.name, ())])
    if kind == "own":
        own = set(allowed[column.name])
        return values.is_in([code for code in elsewhere[column.name] if code not in own])
    if kind == "range":
        return ~values.is_between(
            float("-inf") if column.low is None else column.low,
            float("inf") if column.high is None else column.high,
        )
    if kind == "future":
        return values > (as_of if column.kind == "date" else datetime.combine(as_of, time.max))
    raise GateError(f"no check of kind {kind}")


def _identity_codes(values: pl.Series) -> pl.Series:
    """Values that hold an identity code; in a pseudonym's digits one can stand only by chance."""
    if not (values.str.len_bytes() > 10).any():
        return values.is_null() & False
    return identity_codes_in(values) & ~values.str.contains(PSEUDONYM)


def _key_marks(frame: pl.DataFrame, contract: Contract) -> dict[str, pl.Series]:
    key = list(contract.key)
    doubled = frame.select(
        pl.struct(key).is_duplicated() & pl.all_horizontal(pl.col(key).is_not_null())
    ).to_series()
    never = pl.Series([False]).new_from_index(0, frame.height)
    if not doubled.any():
        return {"duplicate": never, "conflicting_key": never}
    places = doubled.arg_true()
    rows = frame.filter(doubled).with_columns(pl.struct(list(contract.schema())).alias("_content"))
    marks = rows.select(
        (pl.col("_content").n_unique().over(key) > 1).alias("conflicting_key"),
        (~pl.struct(key).is_first_distinct()).alias("repeated"),
    )
    conflicting = marks["conflicting_key"]
    return {
        "duplicate": never.clone().scatter(places, marks["repeated"] & ~conflicting),
        "conflicting_key": never.clone().scatter(places, conflicting),
    }


def _shown_keys(frame: pl.DataFrame, contract: Contract) -> pl.Series:
    """Keys as text, where they look like keys and hold no identity code."""
    text = frame.select(
        pl.concat_str([pl.col(k).cast(pl.String) for k in contract.key], separator="|")
    ).to_series()
    safe = text.str.contains(_SAFE_KEY).fill_null(value=False) & ~identity_codes_in(text)
    return text.set(~safe, None)


def _checks(judged: Judged, problems: pl.DataFrame, contract: Contract, rows_in: int) -> pl.DataFrame:
    rows = [(c.check_id, c.column, c.reason, eligible, int(mask.sum())) for c, eligible, mask in judged]
    early = problems.group_by("column", "reason").len().sort("column", "reason").rows()
    found = {(column, reason): count for column, reason, count in early}
    for column in ("", *(c.name for c in contract.raw_columns)):
        reasons = [reason for name, reason in found if name == column]
        failed = sum(found[(column, reason)] for reason in reasons)
        rows.append((f"readable_{column or 'row'}", column, ",".join(reasons), rows_in, failed))
    return pl.DataFrame(rows, schema=CHECKS_SCHEMA, orient="row")
