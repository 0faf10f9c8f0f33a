"""Recording of service events: level shifts that are changes in recording, delays, and figures marked for them."""

from typing import TYPE_CHECKING

from assets.forecast_inputs import counts_by_month, empty
from assets.stages import CountyRun

if TYPE_CHECKING:
    import polars as pl


def recording_breaks(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    """Level shifts of monthly use, recording delays and coverage; empty ones where nothing is delivered."""
    import polars as pl

    from forecasting.monthly.breaks import detect_breaks

    use, coverage = run.table_or_none("service_use"), _coverage(run)
    if use is None:
        return {"break_flags": empty("break_flags"), **coverage}
    counts = counts_by_month(use, run.as_of)
    areas = dict(zip(counts["unique_id"], counts["area"], strict=True))
    found = detect_breaks(counts, groups=areas, announced=announced_changes(run))
    parts = pl.from_pandas(found).with_columns(pl.col("unique_id").str.split_exact("|", 1))
    return {
        "break_flags": parts.select(
            area=pl.col("unique_id").struct.field("field_0"),
            service=pl.col("unique_id").struct.field("field_1"),
            ds=pl.col("ds").cast(pl.Date),
            ratio=pl.col("ratio"),
            score=pl.col("score"),
            announced=pl.col("announced"),
        ).sort("area", "service", "ds"),
        **coverage,
    }


def _coverage(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    """Recording delays of service events, and the months whose counts say more of recording than of need."""
    import polars as pl

    from quality_checks.recording import coverage_flags, recording_delays

    events = run.table_or_none("service_events")
    if events is None:
        return {name: empty(name) for name in ("recording_delays", "coverage_flags")}
    areas = run.county.area_of_municipality
    records = events.select(
        "service",
        "unit",
        area=pl.col("municipality").replace_strict(areas, return_dtype=pl.String),
        happened=pl.col("event_date"),
        recorded=pl.col("recorded_at").dt.date(),
    )
    delays = recording_delays(records, source="service_events", as_of=run.as_of)
    return {"recording_delays": delays, "coverage_flags": coverage_flags(delays, run.as_of)}


def marked(table: "pl.DataFrame", run: CountyRun, time: str) -> "pl.DataFrame":
    """Figures that rest on late records say so."""
    from quality_checks.recording import mark_figures

    flags = run.table_or_none("coverage_flags")
    if flags is None:
        return table
    return mark_figures(table, flags, time=time, total=run.county.code, as_of=run.as_of)


def announced_changes(run: CountyRun) -> list[tuple[str, str]]:
    """Changes in recording that the county file names, by `area|service`, with their first day."""
    areas = tuple(area.code for area in run.county.service_areas)
    return [
        (f"{area}|{change.service}", change.first_day.isoformat())
        for change in run.county.forecast.recording_changes
        for area in change.areas or areas
    ]
