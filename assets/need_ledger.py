"""The edition ledger: inputs of this and the previous edition, and every edition's explained change."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from assets.forecast_inputs import empty
from assets.stages import CountyRun

if TYPE_CHECKING:
    import polars as pl

    from forecasting.assumption_register import Register
    from forecasting.editions import EditionInputs

VARIANT = "trend"


def edition_inputs(
    run: CountyRun,
    tables: Sequence[Any],
    options: Mapping[str, Any],
    register: "Register | None",
    running: Any = None,
) -> "EditionInputs":
    """What this edition is made from, as the ledger keeps it."""
    from forecasting.assumption_register import NOTHING_ASSUMED
    from forecasting.editions import EditionInputs

    population, projection, counts, tree = tables
    if "variant" in projection.columns:
        projection = projection[projection["variant"] == VARIANT]
    return EditionInputs(
        run.edition, population, projection, counts, tree, options["exposures"], run.as_of.isoformat(),
        options["flags"], register or NOTHING_ASSUMED, running=running,
    )  # fmt: skip


def kept_ledger(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    """The tables of the ledger as they stand, for an edition without a forecast."""
    tables = {name: run.table_or_none(name) for name in ("need_ledger", "need_edition_changes")}
    return {name: table for name, table in tables.items() if table is not None}


def next_ledger(
    run: CountyRun, inputs: "EditionInputs", tested_to: Mapping[str, int]
) -> dict[str, "pl.DataFrame"]:
    """Tables `need_ledger` and `need_edition_changes` with this edition in them.

    The ledger keeps the inputs of two editions; the changes of all editions stay. A run that repeats an edition
    takes its place. Figures up to `tested_to`, by service, are marked as tested.
    """
    import polars as pl

    from forecasting.editions import EditionInputs, explain_editions
    from forecasting.need_tables import with_tested

    now = pl.from_pandas(inputs.table()).with_columns(edition=pl.lit(run.edition))
    ledger, changes = (run.table_or_none(name) for name in ("need_ledger", "need_edition_changes"))
    earlier = None if ledger is None else ledger.filter(pl.col("edition") < run.edition)
    if earlier is None or earlier.is_empty():
        return {"need_ledger": now, "need_edition_changes": empty("need_edition_changes")}
    last = earlier.filter(pl.col("edition") == pl.col("edition").max())
    previous = EditionInputs.from_table(last.drop("edition").to_pandas())
    found, refused = explain_editions(previous, inputs, seed=run.county.forecast.seed)
    for service, reason in refused.items():
        run.log.info(f"edition change of {service} is not explained: it {reason}")
    fresh = pl.from_pandas(with_tested(found, "year", tested_to))
    kept = [] if changes is None else [changes.filter(pl.col("edition") < run.edition)]
    return {
        "need_ledger": pl.concat([last.select(now.columns), now]),
        "need_edition_changes": pl.concat([*kept, fresh], how="diagonal_relaxed"),
    }
