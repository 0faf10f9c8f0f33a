"""Prepares documents for judging: typed columns, content fields, cross-document facts, codes fit to be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from quality_checks.content import read_content
from quality_checks.facts import case_facts, document_facts
from quality_checks.registers import Registers
from quality_checks.schema import HEADER, UNKNOWN

_POLARS = {
    "text": pl.String(),
    "number": pl.Int64(),
    "bool": pl.Boolean(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us"),
}
REQUIRED = ("document_id", "client_id", "document_type", "created_at", "content")
IDENTITY_CODE = r"(?i)\d{6}[+\-A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]"
SAFE_CODE = r"^[0-9A-Za-zÅÄÖåäö._:-]{1,64}$"
REASONS = (
    "no_document_id",
    "unusable_document_id",
    "no_creation_time",
    "same_id_same_content",
    "same_id_other_content",
)


class DocumentsError(ValueError):
    """Documents that cannot be prepared; the message names the column, what was expected and the mend."""


def with_areas(documents: pl.DataFrame, area_of_municipality: Mapping[str, str]) -> pl.DataFrame:
    """Documents with the service area of their municipality; one that no area has becomes `unknown`."""
    area = pl.col("municipality").replace_strict(
        dict(area_of_municipality), default=UNKNOWN, return_dtype=pl.String
    )
    return documents.with_columns(area=area.fill_null(UNKNOWN))


def split_usable(documents: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Documents that can be judged and, apart, those that cannot, each once and with its reason.

    Of documents with one id the latest made is judged (`id_copies` tells of the others); exact copies and other
    contents under the same id are set aside.
    """
    frame = _typed(documents)
    identity = pl.col("document_id")
    usable = identity.str.contains(SAFE_CODE) & ~identity.str.contains(IDENTITY_CODE)
    reason = (
        pl.when(identity.is_null() | (identity.str.strip_chars() == ""))
        .then(pl.lit(REASONS[0]))
        .when(~usable)
        .then(pl.lit(REASONS[1]))
        .when(pl.col("created_at").is_null())
        .then(pl.lit(REASONS[2]))
    )
    frame = frame.with_columns(_reason=reason)
    kept = frame.filter(pl.col("_reason").is_null()).drop("_reason")
    set_aside = frame.filter(pl.col("_reason").is_not_null())
    repeated = kept["document_id"].is_duplicated()
    if not repeated.any():
        return kept.with_columns(id_copies=pl.lit(1, dtype=pl.Int64)), set_aside.select("_reason")
    last, others = _latest_of_each(kept.filter(repeated))
    once = kept.filter(~repeated).with_columns(id_copies=pl.lit(1, dtype=pl.Int64))
    return pl.concat([once, last.select(once.columns)]), pl.concat([set_aside.select("_reason"), others])


def _latest_of_each(copies: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    names = [name for name in copies.columns if name != "document_id"]
    fields = pl.concat_str([pl.col(n).cast(pl.String).fill_null("\x00") for n in names], separator="\x1f")
    ordered = (
        copies.with_columns(_all=fields)
        .sort("document_id", "created_at", "_all", descending=[False, True, True])
        .with_columns(
            id_copies=pl.len().over("document_id").cast(pl.Int64),
            _place=pl.int_range(pl.len()).over("document_id"),
            _same=pl.col("_all") == pl.col("_all").first().over("document_id"),
        )
    )
    reason = pl.when("_same").then(pl.lit(REASONS[3])).otherwise(pl.lit(REASONS[4])).alias("_reason")
    last = ordered.filter(pl.col("_place") == 0)
    different = pl.col("_all").n_unique().over("document_id")
    last = last.with_columns(
        id_copies=ordered.with_columns(_n=different).filter(pl.col("_place") == 0)["_n"].cast(pl.Int64)
    )
    return last, ordered.filter(pl.col("_place") > 0).select(reason)


def prepare(documents: pl.DataFrame, *, registers: Registers, as_of: date) -> pl.LazyFrame:
    """One row per document with everything the rules read.

    Args:
        documents: the contract table `documents` in the lake's shape, with `area` and, from `split_usable`,
            `id_copies`; the order of the rows does not matter.
        registers: dated code sets and the order of phases.
        as_of: day of the judgement; no fact depends on today's date.

    Returns:
        The columns of `schema.FIELD_TYPES` and the shown codes of `schema.CHECK_COLUMNS`.
    """
    typed = _typed(documents)
    content = read_content(typed)
    frame = pl.concat([typed.drop("content"), content], how="horizontal").lazy()
    dated = frame.with_columns(
        event_day=pl.col("event_at").dt.date(),
        created_day=pl.col("created_at").dt.date(),
        signed_day=pl.col("signed_at").dt.date(),
        document_date=pl.coalesce("event_at", "created_at").dt.date(),
        _minute=pl.col("signed_at").dt.truncate("1m"),
        **{
            name: pl.col(name).fill_null(False)
            for name in ("text_has_identity_code", "text_has_phone", "text_has_email", "text_is_placeholder")
        },
    )
    return case_facts(document_facts(dated), registers).with_columns(
        month=pl.col("document_date").clip(date(1900, 1, 1), as_of).dt.truncate("1mo"),
        shown_unit=_shown("unit", registers.codes("units")),
        shown_area=_shown("area", ()),
        shown_service_task=_shown("service_task", registers.codes("service_tasks")),
        shown_document_type=_shown("document_type", registers.codes("document_types")),
        shown_author_role=_shown("author_role", registers.codes("author_roles")),
    )


def _shown(column: str, codes: Sequence[str]) -> pl.Expr:
    """A code that may stand in a table; whatever else the field holds is `unknown`."""
    value = pl.col(column)
    fit = value.is_in(codes) if codes else value.str.contains(SAFE_CODE) & ~value.str.contains(IDENTITY_CODE)
    return pl.when(fit).then(value).otherwise(pl.lit(UNKNOWN))


def _typed(documents: pl.DataFrame) -> pl.DataFrame:
    missing = [name for name in REQUIRED if name not in documents.columns]
    if missing:
        raise DocumentsError(
            f"documents: column {', '.join(missing)} is missing; expected the contract table 'documents' "
            "(document_id, client_id, document_type, created_at, content, ...); add it to the extract"
        )
    own = [*HEADER, *(("id_copies",) if "id_copies" in documents.columns else ()), "content"]
    types = {**{n: _POLARS[t] for n, t in HEADER.items()}, "id_copies": pl.Int64(), "content": pl.String()}
    columns = [
        pl.col(name).cast(types[name])
        if name in documents.columns
        else pl.lit(None, dtype=types[name]).alias(name)
        for name in own
    ]
    return documents.select(columns)
