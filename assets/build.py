"""Building the definitions: assets, checks, jobs, schedules, sensors, with resources that tests may replace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from assets.delivery import DELIVERY_STAGES
from assets.forecasts import FORECAST_STAGES
from assets.intake import INTAKE_STAGES
from assets.jobs import ALL_JOBS
from assets.measures import MEASURE_STAGES
from assets.open_data import OPEN_DATA_STAGES, statistics_download
from assets.planner_database import PLANNER_DATABASE_STAGES
from assets.publishing import PUBLISHING_STAGES
from assets.quality import QUALITY_CHECKS, QUALITY_STAGES
from assets.resources import Pipeline
from assets.schedules import ALL_SCHEDULES
from assets.sensors import ALL_SENSORS
from assets.tracking import TRACKING_STAGES

ALL_STAGES = (
    *OPEN_DATA_STAGES,
    *INTAKE_STAGES,
    *FORECAST_STAGES,
    *TRACKING_STAGES,
    *QUALITY_STAGES,
    *MEASURE_STAGES,
    *PUBLISHING_STAGES,
    *PLANNER_DATABASE_STAGES,
    *DELIVERY_STAGES,
)


def build_defs(resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """The definitions of the one code location.

    Args:
        resource_overrides: resources to put in place of the default ones.
    """
    return dg.Definitions(
        assets=[statistics_download, *(stage.assets() for stage in ALL_STAGES)],
        asset_checks=QUALITY_CHECKS,
        jobs=ALL_JOBS,
        schedules=ALL_SCHEDULES,
        sensors=ALL_SENSORS,
        resources={"pipeline": Pipeline.configure_at_launch(), **(resource_overrides or {})},
        executor=dg.in_process_executor,
    )
