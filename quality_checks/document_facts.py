"""Facts about one document from others: bulk signing, copied texts, versions.

Most documents share no text, no minute and no version with another: only those that do are looked at.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import polars as pl

from quality_checks.repeats import repeated

LONG_ENOUGH_TO_BE_A_COPY = 60


def document_facts(spine: pl.DataFrame, wanted: Collection[str]) -> dict[str, pl.Series]:
    """The facts asked for, one value per row of the spine."""
    found: dict[str, pl.Series] = {}
    if {"other_clients_with_text", "same_text_in_case"} & set(wanted):
        found.update(_copies(spine, wanted))
    if "signed_with" in wanted:
        found["signed_with"] = _signed_with(spine)
    if "successors" in wanted:
        found["successors"] = _successors(spine)
    if {"replaces_known", "replaces_own_client", "replaced_status"} & set(wanted):
        found.update(_predecessors(spine))
    return {name: column for name, column in found.items() if name in wanted}


def _filled(rows: int, default: int, places: pl.Series, values: pl.Series) -> pl.Series:
    """A column of one value but for some places."""
    column = np.full(rows, default, dtype=np.int64)
    column[places.to_numpy()] = values.to_numpy()
    return pl.Series(column)


def _shared(spine: pl.DataFrame, key: str) -> pl.DataFrame:
    """Rows that have the key and share it with another row, with their place."""
    return spine.select(key).with_row_index("_place").filter(repeated(spine[key]))


def _copies(spine: pl.DataFrame, wanted: Collection[str]) -> dict[str, pl.Series]:
    long = spine.select(text=pl.when(pl.col("text_length") >= LONG_ENOUGH_TO_BE_A_COPY).then(pl.col("text")))
    shared = _shared(long, "text")
    rows = spine.height
    found: dict[str, pl.Series] = {}
    if "other_clients_with_text" in wanted:
        others = shared.with_columns(spine["client"].gather(shared["_place"])).select(
            "_place", n=pl.col("client").n_unique().over("text").cast(pl.Int64) - 1
        )
        found["other_clients_with_text"] = _filled(rows, 0, others["_place"], others["n"])
    if "same_text_in_case" in wanted:
        own = shared.with_columns(spine["case"].gather(shared["_place"])).filter(pl.col("case").is_not_null())
        own = own.select("_place", n=pl.len().over("text", "case").cast(pl.Int64) - 1)
        found["same_text_in_case"] = _filled(rows, 0, own["_place"], own["n"])
    return found


def _signed_with(spine: pl.DataFrame) -> pl.Series:
    """Documents that the author signed within the same minute, this one included."""
    keys = spine.select(
        moment=pl.when(pl.col("author").is_not_null() & pl.col("minute").is_not_null()).then(
            pl.struct("author", "minute").hash()
        )
    )
    shared = _shared(keys, "moment").select("_place", n=pl.len().over("moment").cast(pl.Int64))
    return _filled(spine.height, 1, shared["_place"], shared["n"])


def _successors(spine: pl.DataFrame) -> pl.Series:
    counts = spine.lazy().select(document="replaced").drop_nulls().group_by("document").agg(n=pl.len()).collect()
    replaced = spine.select("document").with_row_index("_place")
    replaced = replaced.filter(pl.col("document").is_in(counts["document"].implode())).join(counts, on="document")
    return _filled(spine.height, 0, replaced["_place"], replaced["n"].cast(pl.Int64))


def _predecessors(spine: pl.DataFrame) -> dict[str, pl.Series]:
    """Whether the document that this one replaces is known, is of the same client, and its status."""
    own = spine.select(pl.col("replaced"), *_of(spine, "client")).with_row_index("_place")
    own = own.filter(pl.col("replaced").is_not_null())
    wanted = own["replaced"].unique().implode()
    targets = spine.select(pl.col("document"), *_of(spine, "client", "status")).filter(
        pl.col("document").is_in(wanted)
    )
    names = {"document": "replaced", "client": "_client", "status": "replaced_status"}
    targets = targets.rename({k: v for k, v in names.items() if k in targets.columns})
    joined = own.join(
        targets.with_columns(_known=pl.lit(True)), on="replaced", how="left", maintain_order="left"
    ).with_columns(replaces_known=pl.col("_known").fill_null(False))
    if "_client" in joined.columns:
        same = pl.col("_client").eq_missing(pl.col("client")) & pl.col("client").is_not_null()
        joined = joined.with_columns(
            replaces_own_client=pl.when("replaces_known", pl.col("client").is_not_null()).then(same)
        )
    names_given = [n for n in ("replaces_known", "replaces_own_client", "replaced_status") if n in joined.columns]
    return {name: _scattered(spine.height, joined["_place"], joined[name]) for name in names_given}


def _of(spine: pl.DataFrame, *names: str) -> list[str]:
    return [name for name in names if name in spine.columns]


def _scattered(rows: int, places: pl.Series, values: pl.Series) -> pl.Series:
    """A column that is null but for some places."""
    index = np.full(rows, len(values), dtype=np.uint32)
    index[places.to_numpy()] = np.arange(len(values), dtype=np.uint32)
    return pl.concat([values, pl.Series([None], dtype=values.dtype)]).gather(index)
