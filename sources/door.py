"""The door: identifiers become pseudonyms, birth dates ages, free text its length and flags; nothing else passes.

Behind it no identity code, birth date or free text is left. A row with an identity code in any other column is
set aside without repeating the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from sources.contract_shape import Contract
from sources.dates import dates_out_of_order
from sources.document_content import reduce_contents
from sources.extracts import Extract
from sources.privacy import emails_in, identity_codes_in, miswritten_identity_codes, phones_in, placeholders_in
from sources.pseudonyms import DOMAINS, PSEUDONYM, KeyFileError, Pseudonymiser, pseudonymiser_for
from sources.quarantine import FILE, ROW, rejected

__all__ = [
    "PSEUDONYM",
    "KeyFileError",
    "Pseudonymiser",
    "lake_columns",
    "pseudonymiser_for",
    "rests_on",
    "through_the_door",
]

EVENT_DAY = {"service_events": "event_date", "waiting_list": "arrived_on"}
_REDUCED = {"text", "content"}
_CODE_LENGTH = 10


def through_the_door(extract: Extract, contract: Contract, pseudonymiser: Pseudonymiser) -> Extract:
    """The extract in the lake shape of its contract.

    Args:
        extract: rows in the raw shape.
        contract: the contract table.
        pseudonymiser: gives the pseudonyms.

    Returns:
        The extract with lake columns; rows with an identity code in a column that is neither an identifier nor
        text reduced here are in `problems` (reason `identity_code`).
    """
    frame = extract.frame
    found = identity_code_columns(frame, skip={*DOMAINS, *_REDUCED})
    reasons = [(name, "identity_code", mask) for name, mask in found.items()] + _orders_lost(frame, contract)
    problems = rejected(frame, table=contract.name, reasons=reasons)
    if problems.height:
        frame = frame.filter(~pl.select(pl.any_horizontal([mask for _, _, mask in reasons])).to_series())
    reduced = lake_columns(frame, contract.schema(), contract, pseudonymiser)
    return Extract(
        reduced.hstack(frame.select(FILE, ROW)),
        extract.read_rows,
        extract.files,
        pl.concat([extract.problems, problems]),
        extract.absent,
    )


def identity_code_columns(frame: pl.DataFrame, skip: set[str]) -> dict[str, pl.Series]:
    """Masks of the text columns (except `skip`) that hold a personal identity code anywhere."""
    masks = {}
    for name, dtype in frame.schema.items():
        if dtype != pl.String or name in skip or name in (FILE, ROW):
            continue
        series = frame[name]
        if (series.str.len_bytes() > _CODE_LENGTH).any():
            mask = identity_codes_in(series)
            if mask.any():
                masks[name] = mask
    return masks


def ages_on(birth_dates: pl.Series, days: pl.Series) -> pl.Series:
    """Ages in full years; null where a date is missing. Born on 29 February: older on 1 March."""
    before_birthday = _day_of_year(days) < _day_of_year(birth_dates)
    ages = days.dt.year().cast(pl.Int64) - birth_dates.dt.year().cast(pl.Int64) - before_birthday.cast(pl.Int64)
    return ages.alias("age")


def _day_of_year(dates: pl.Series) -> pl.Series:
    return dates.dt.month().cast(pl.Int32) * 100 + dates.dt.day().cast(pl.Int32)


def _orders_lost(frame: pl.DataFrame, contract: Contract) -> list[tuple[str, str, pl.Series]]:
    """Date orders that cannot be checked behind the door, because one of the dates stays here."""
    kept = contract.schema()
    return [
        (order.first, "dates_out_of_order", dates_out_of_order(frame, order).fill_null(value=False))
        for order in contract.orders
        if order.first not in kept and order.first in frame.columns
    ]


def lake_columns(
    frame: pl.DataFrame, names: Iterable[str], contract: Contract, pseudonymiser: Pseudonymiser
) -> pl.DataFrame:
    """Some columns of the lake, of rows in which no identity code stands where none may.

    Args:
        frame: rows with the raw columns that these rest on (`rests_on`).
        names: the columns.
        contract: the contract table.
        pseudonymiser: gives the pseudonyms.
    """
    made = _MADE.get(contract.name, {})
    columns = []
    for name in names:
        if name in made:
            columns.append(made[name].make(frame, pseudonymiser).alias(name))
        elif name in DOMAINS:
            columns.append(pseudonymiser.pseudonyms(frame[name], DOMAINS[name]))
        else:
            columns.append(frame[name])
    return pl.DataFrame(columns)


def rests_on(name: str, contract: Contract) -> tuple[str, ...]:
    """Raw columns that a column of the lake is made from; first the one without which it says nothing."""
    made = _MADE.get(contract.name, {}).get(name)
    return made.of if made else (name,)


@dataclass(frozen=True)
class _Made:
    """How a column of the lake is made, and of which raw columns."""

    of: tuple[str, ...]
    make: Callable[[pl.DataFrame, Pseudonymiser], pl.Series]


def _age(born: str, day: str) -> _Made:
    return _Made((born, day), lambda frame, _: ages_on(frame[born], frame[day]))


def _told_of_text(told: Callable[[pl.Series], pl.Series]) -> _Made:
    return _Made(("text",), lambda frame, _: told(frame["text"]))


def _length(text: pl.Series) -> pl.Series:
    return text.str.strip_chars().str.len_chars().cast(pl.Int64)


def _reduced(frame: pl.DataFrame, _: Pseudonymiser) -> pl.Series:
    return reduce_contents(frame["content"], frame["document_type"])


_MADE: dict[str, dict[str, _Made]] = {
    **{table: {"age": _age("birth_date", day)} for table, day in EVENT_DAY.items()},
    "documents": {
        "content": _Made(("content", "document_type"), _reduced),
        "text_length": _told_of_text(_length),
        "text_has_identity_code": _told_of_text(identity_codes_in),
        "text_has_phone": _told_of_text(phones_in),
        "text_has_email": _told_of_text(emails_in),
        "text_is_placeholder": _told_of_text(placeholders_in),
        "client_id_miswritten": _Made(
            ("client_id",), lambda frame, _: miswritten_identity_codes(frame["client_id"])
        ),
        "text_fingerprint": _Made(("text",), lambda frame, key: key.fingerprints(frame["text"])),
    },
}
