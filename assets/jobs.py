"""Jobs: what an engineer launches, each with what it does in plain words."""

from __future__ import annotations

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from assets.partitions import county_partitions

OPEN_DATA = dg.AssetSelection.groups("open_data")
INTAKE = dg.AssetSelection.groups("intake") | dg.AssetSelection.groups("service_use")
FORECASTS = dg.AssetSelection.groups("forecasts")
QUALITY = dg.AssetSelection.groups("quality")
MEASURES = dg.AssetSelection.groups("measures")
PUBLISHING = dg.AssetSelection.groups("publishing")
DELIVERY = dg.AssetSelection.groups("delivery")
FETCHING = dg.AssetSelection.groups("fetching")


def _job(name: str, selection: dg.AssetSelection, description: str) -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        name, selection=selection, description=description, partitions_def=county_partitions
    )


refresh_statistics = _job(
    "refresh_statistics",
    FETCHING | OPEN_DATA,
    "Fetch population, projection, languages, indicators, classifications and boundaries from their publishers, "
    "and read the figures into the lake.",
)
ingest_extracts = _job(
    "ingest_extracts", INTAKE, "Read the county's extracts through the door and the gate, and count service use."
)
forecast = _job("forecast", FORECASTS, "Forecast need by year and by month, judge it, and register the champions.")
record_quality = _job("record_quality", QUALITY, "Check the documents against the rule catalogue and score units.")
reports = _job("reports", PUBLISHING, "Publish an edition from the tables that stand in the lake.")
deliver = _job(
    "deliver", DELIVERY, "Send the published edition to the recipients of the county file who have not got it yet."
)
WHOLE = OPEN_DATA | INTAKE | FORECASTS | QUALITY | MEASURES | PUBLISHING
main = _job(
    "main",
    WHOLE,
    "The whole job: read, gate, forecast, check, measure, publish. Needs no network.",
)

main_on_many_cores = dg.define_asset_job(
    "main_on_many_cores",
    selection=WHOLE,
    description="The whole job with steps side by side, for machines with many cores.",
    partitions_def=county_partitions,
    executor_def=dg.multiprocess_executor.configured(
        {"start_method": {"forkserver": {"preload_modules": ["assets.definitions"]}}}
    ),
)

ALL_JOBS = [
    refresh_statistics,
    ingest_extracts,
    forecast,
    record_quality,
    reports,
    deliver,
    main,
    main_on_many_cores,
]
