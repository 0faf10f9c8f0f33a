"""Pictures in Dagster's pages, where a picture says more than numbers: one drawing per forecast and for quality.

They are drawn when a table is made, never when it was found unchanged.
"""

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.stages import CountyRun

if TYPE_CHECKING:
    import polars as pl

    from reporting.charts.drawing import Chart


def need_picture(run: CountyRun) -> Mapping[str, Any]:
    """Fan chart by year of the county's most used service."""
    import polars as pl

    table = run.table_or_none("need_forecast")
    if table is None:
        return {}
    return _fan(run, table.filter(pl.col("sex") == "all", pl.col("age_group") == "all"), observed="mean")


def months_picture(run: CountyRun) -> Mapping[str, Any]:
    """Fan chart by month of the county's most used service."""
    table = run.table_or_none("month_forecast")
    return {} if table is None else _fan(run, table, observed="y")


def quality_picture(run: CountyRun) -> Mapping[str, Any]:
    """Funnel plot of the units' overall index of record quality."""
    import polars as pl

    from reporting.charts import funnel_plot

    scores = run.table_or_none("quality_scores")
    if scores is None:
        return {}
    overall = scores.filter(pl.col("dimension") == "overall")
    county = overall.filter(pl.col("level") == "county")["index"].drop_nulls()
    units = overall.filter(pl.col("level") == "unit").drop_nulls(["index", "funnel_low", "funnel_high"])
    if county.is_empty() or units.is_empty():
        return {}
    points = units.select(
        label="unit",
        n="documents",
        value="index",
        low="funnel_low",
        high="funnel_high",
        outside=pl.col("outside") != "",
    )
    chart = funnel_plot(points, "en", title="Overall record quality", x_title="documents", centre=county[0])
    return {"units": _picture(chart)}


def _fan(run: CountyRun, table: "pl.DataFrame", *, observed: str) -> Mapping[str, Any]:
    import polars as pl

    from reporting.charts import fan_chart

    total = table.filter(pl.col("area") == run.county.code)
    use = total.filter(pl.col("kind") == "observed").group_by("service").agg(pl.col(observed).sum())
    names = run.county.service_names("en")
    ordered = use.filter(pl.col("service").is_in(list(names))).sort(observed, "service", descending=[True, False])
    if ordered.is_empty():
        return {}
    service = ordered["service"][0]
    rows = total.filter(pl.col("service") == service)
    return {service: _picture(fan_chart(rows, "en", title=names[service], unit=""))}


def _picture(chart: "Chart") -> dg.MarkdownMetadataValue:
    encoded = base64.b64encode(chart.svg.encode()).decode()
    words = chart.alt.replace("[", "(").replace("]", ")").replace("\n", " ")
    return dg.MetadataValue.md(f"![{words}](data:image/svg+xml;base64,{encoded})\n\n{words}")
