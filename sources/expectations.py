"""Contract -> expectations for Great Expectations, over a one-row profile of what the gate counted.

No expectation looks at a value of a record: the profile holds counts only. An empty table never passes.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import polars as pl

from sources.contract_shape import Contract
from sources.gate import Gated, contract_checks

FATAL, CONVENTION = "fatal", "convention"
MAX_QUARANTINED_SHARE = 0.05

_TITLES = {
    "identity": "no identity code stands in {column}",
    "required": "{column} is present",
    "pseudonym": "{column} is a keyed pseudonym",
    "allowed": "{column} is in its closed set",
    "known": "{column} is a known code",
    "own": "{column} is of this county",
    "range": "{column} is within its range",
    "future": "{column} is not after the day of the run",
    "unique_key_content": "no key has different contents",
    "unique_key": "no row stands twice",
    "readable": "{column} can be read",
}


def profile_frame(gated: Gated) -> pl.DataFrame:
    """One row of counts: what the expectations of the table look at.

    Returns:
        rows_in, rows (accepted), quarantined, unaccounted (rows in - accepted - quarantined), quarantined_share,
        and `failed__<check_id>` for every check.
    """
    quarantined = gated.quarantined.height
    counts: dict[str, Any] = {
        "rows_in": gated.rows_in,
        "rows": gated.accepted.height,
        "quarantined": quarantined,
        "unaccounted": gated.rows_in - gated.accepted.height - quarantined,
        "quarantined_share": quarantined / gated.rows_in if gated.rows_in else 1.0,
    }
    failed = {f"failed__{row['check_id']}": row["failed"] for row in gated.checks.iter_rows(named=True)}
    return pl.DataFrame([{**counts, **failed}])


def expectations(
    contract: Contract,
    *,
    coded: Collection[str] = (),
    owned: Collection[str] = (),
    max_quarantined_share: float = MAX_QUARANTINED_SHARE,
) -> list[dict[str, Any]]:
    """Expectations of a contract over its profile.

    Args:
        contract: the contract table.
        coded: columns that the gate compared with codes of the county file.
        owned: those where codes of other counties were told apart.
        max_quarantined_share: largest share of rows in quarantine before the table is refused.

    Returns:
        Dicts `rule_id, type, kwargs, title, severity`; `fatal` ones block, `convention` ones warn.
    """
    name = contract.name
    return [
        _rule(f"{name}.profile", "expect_table_row_count_to_equal", {"value": 1}, "the table was judged", FATAL),
        _between(f"{name}.rows", "rows", 1, None, f"{name} has rows", FATAL),
        _between(f"{name}.unaccounted", "unaccounted", 0, 0, "rows in = accepted + quarantined", FATAL),
        _between(
            f"{name}.quarantined_share",
            "quarantined_share",
            0,
            max_quarantined_share,
            f"at most {max_quarantined_share:.0%} of the rows are in quarantine",
            FATAL,
        ),
        *(
            _between(f"{name}.{check_id}", f"failed__{check_id}", 0, 0, title, CONVENTION)
            for check_id, title in _titled_checks(contract, coded, owned)
        ),
    ]


def _titled_checks(contract: Contract, coded: Collection[str], owned: Collection[str]) -> list[tuple[str, str]]:
    checks = [(check.check_id, check.column) for check in contract_checks(contract, coded, owned)]
    checks += [("readable_row", "the row"), *((f"readable_{c.name}", c.name) for c in contract.raw_columns)]
    orders = {f"order_{o.first}_{o.last}": f"{o.first} is not after {o.last}" for o in contract.orders}
    return [
        (check_id, orders.get(check_id) or _title(check_id).format(column=column)) for check_id, column in checks
    ]


def _title(check_id: str) -> str:
    return _TITLES.get(check_id) or _TITLES[check_id.split("_", 1)[0]]


def _between(
    rule_id: str, column: str, low: float, high: float | None, title: str, severity: str
) -> dict[str, Any]:
    kwargs = {"column": column, "min_value": low, "max_value": high}
    return _rule(rule_id, "expect_column_values_to_be_between", kwargs, title, severity)


def _rule(rule_id: str, kind: str, kwargs: dict[str, Any], title: str, severity: str) -> dict[str, Any]:
    kwargs = {name: value for name, value in kwargs.items() if value is not None}
    return {"rule_id": rule_id, "type": kind, "kwargs": kwargs, "title": title, "severity": severity}
