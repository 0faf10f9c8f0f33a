"""Open data: fetching it, and reading what is already fetched into the lake."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.contract_checks import CONTRACT_CHECK, contract_result
from assets.partitions import county_partitions
from assets.progress import shown
from assets.resources import Pipeline
from assets.stages import OWNERS, CountyRun, Stage

if TYPE_CHECKING:
    import polars as pl

OPEN_TABLES = ("population", "projection", "languages", "indicators")


@dg.asset(
    partitions_def=county_partitions,
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name="fetching",
    owners=OWNERS,
    kinds={"httpx", "parquet"},
    description="Population, projection, languages, indicators, classifications and boundaries fetched from their "
    "publishers.",
    retry_policy=dg.RetryPolicy(max_retries=2, delay=60),
)
def statistics_download(context: dg.AssetExecutionContext, pipeline: Pipeline) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Fetch every source of every county of the run; unchanged tables are not downloaded again.

    A map server that fails stops no figures: the page draws the boundaries that stand, or none.
    """
    from assets.fetching import FETCHERS
    from sources.http_client import FetchError
    from sources.municipality_shapes import ShapesError

    today = datetime.now(UTC).date()  # the day of fetching is a fact of the world, not of the calculation
    written = 0
    for slug in context.partition_keys:
        for name, fetch in FETCHERS.items():
            with shown(f"fetch {name}", slug) as note:
                try:
                    written += len(fetch(pipeline.settings(), slug, today))
                except (FetchError, ShapesError) as error:
                    if name != "boundaries":
                        raise
                    note.text = "not renewed"
                    context.log.warning(f"boundaries of {slug} not renewed: {error}")
    return dg.MaterializeResult(metadata={"files": written, "fetched_on": today.isoformat()})


def _areas(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    from sources.areas import areas_table

    run.input_folder()  # without input nothing of the county is made
    return {"areas": areas_table(run.county)}


def _open_data(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    import polars as pl

    from sources.contracts import CONTRACTS
    from sources.expectations import profile_frame
    from sources.fetched import read_open_data
    from sources.gate import gate
    from sources.ingest import allowed_codes, codes_elsewhere

    run.input_folder()
    read = read_open_data(_folder(run), run.county)
    made: dict[str, pl.DataFrame] = {}
    for name in OPEN_TABLES:
        frame = getattr(read, name)
        gated = gate(
            pl.DataFrame(schema=CONTRACTS[name].schema()) if frame is None else frame,
            CONTRACTS[name],
            allowed=allowed_codes(name, run.county),
            elsewhere=codes_elsewhere(name),
            as_of=run.as_of,
        )
        made[name] = gated.accepted
        made[f"quarantine_{name}"] = gated.quarantined
        made[f"gate_{name}"] = profile_frame(gated)
    made["open_data_notes"] = pl.DataFrame({"note": list(read.notes)}, schema={"note": pl.String})
    return made


def _folder(run: CountyRun) -> Path:
    """The run's folder, or the fetched open data when the folder holds extracts only."""
    from sources.fetched import holds_open_data

    fetched = run.settings.open_data(run.slug)
    return run.folder if holds_open_data(run.folder) or not fetched.exists() else fetched


def _files(run: CountyRun) -> Any:
    from lake.fingerprint import file_fingerprint
    from sources.fetched import open_data_files

    folder = _folder(run)
    return [[str(p.relative_to(folder)), file_fingerprint(p)] for p in open_data_files(folder)]


def _judged(run: CountyRun) -> Sequence[dg.AssetCheckResult]:
    return [contract_result(run, table) for table in OPEN_TABLES]


OPEN_DATA_STAGES = (
    Stage(
        name="areas",
        group="open_data",
        tables={"areas": "Municipalities with their service area, names and validity."},
        reads=(),
        code=("sources", "counties"),
        make=_areas,
    ),
    Stage(
        name="open_data",
        group="open_data",
        tables={
            "population": "Persons on 31 December by area, sex and single year of age.",
            "projection": "Official population projection by area, sex and age.",
            "languages": "Persons by municipality and mother tongue.",
            "indicators": "Open indicators by area and year, for all counties.",
            "open_data_notes": "What the reading of open data used, what it left out and why.",
        },
        side_tables=(
            *(f"quarantine_{name}" for name in OPEN_TABLES),
            *(f"gate_{name}" for name in OPEN_TABLES),
        ),
        reads=(),
        code=("sources", "counties"),
        make=_open_data,
        inputs=_files,
        checks={table: [CONTRACT_CHECK] for table in OPEN_TABLES},
        blocking=True,
        evaluate=_judged,
    ),
)
