"""Schedules, in Finnish time, off until an engineer turns them on. Each runs every county that has a file."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from assets.jobs import main, record_quality, refresh_statistics
from lake.settings import load_settings

TIMEZONE = "Europe/Helsinki"


def counties_with_a_file() -> list[str]:
    """Slugs of the counties that have a county file."""
    from counties import county_slugs

    return list(county_slugs(load_settings().counties))


def _requests(context: dg.ScheduleEvaluationContext, name: str) -> Iterator[dg.RunRequest]:
    for slug in counties_with_a_file():
        yield dg.RunRequest(
            run_key=f"{name}:{slug}:{context.scheduled_execution_time:%Y-%m-%d}", partition_key=slug
        )


@dg.schedule(
    job=refresh_statistics,
    cron_schedule="0 6 15 4 *",
    execution_timezone=TIMEZONE,
    description="Every April, after the population of the turn of the year is published.",
)
def yearly_statistics(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
    """Refresh the open statistics of every county."""
    yield from _requests(context, "yearly_statistics")


@dg.schedule(
    job=main,
    cron_schedule="0 3 3 * *",
    execution_timezone=TIMEZONE,
    description="On the third of each month: a new edition.",
)
def monthly_edition(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
    """Publish the month's edition of every county."""
    yield from _requests(context, "monthly_edition")


@dg.schedule(
    job=record_quality,
    cron_schedule="0 4 * * 1",
    execution_timezone=TIMEZONE,
    description="Every Monday morning, before the units' week begins.",
)
def weekly_record_quality(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
    """Check every county's documents."""
    yield from _requests(context, "weekly_record_quality")


ALL_SCHEDULES = [yearly_statistics, monthly_edition, weekly_record_quality]
