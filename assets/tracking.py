"""The register of models: one tracked run per county and edition, one registered champion per service."""

from typing import TYPE_CHECKING, Any

from assets.stages import CountyRun, Stage

if TYPE_CHECKING:
    import polars as pl

REGISTRY = ("service", "model", "name", "note")


def champions(scorecard: "pl.DataFrame | None") -> dict[str, str]:
    """Model in charge of each service, as the monthly scorecard names it."""
    if scorecard is None:
        return {}
    chosen = scorecard.filter(scorecard["champion"]).unique("service", keep="first").sort("service")
    return dict(chosen.select("service", "model").iter_rows())


def incumbents(run: CountyRun) -> dict[str, str]:
    """Models in charge before this run; none on a county's first one, nor where the model is no more."""
    from forecasting.monthly.month_models import BATCH, MODELS

    registered = run.table_or_none("model_registry")
    if registered is None:
        return {}
    known = {BATCH, *MODELS}
    return {s: model for s, model in registered.select("service", "model").iter_rows() if model in known}


def _register(run: CountyRun) -> dict[str, "pl.DataFrame"]:
    """Track parameters, scores, vintages and plots; register the champions. A failed tracker fails nothing."""
    import polars as pl

    from forecasting.tracking import Champion, tracked_run

    chosen = champions(run.table_or_none("month_scorecard"))
    prefix = f"{'synthetic-' if run.synthetic else ''}{run.slug}"
    names = {service: f"{prefix}-{service}" for service in chosen}
    failures: list[str] = []
    if chosen:
        tags = {"county": run.slug, "edition": run.edition, "synthetic": str(run.synthetic)}
        with tracked_run(_settings(run), f"{prefix} {run.edition}", tags) as tracked:
            tracked.parameters(_parameters(run))
            for prefix_, table in (("months", "month_scorecard"), ("years", "need_scorecard")):
                scorecard = run.table_or_none(table)
                if scorecard is not None:
                    tracked.scorecard(scorecard.to_pandas(), prefix_)
            for name, svg in _plots(run):
                tracked.text(svg, f"plots/{name}.svg")
            horizon = run.county.forecast.months
            tracked.register([Champion(names[s], model, horizon) for s, model in chosen.items()])
        failures = tracked.failures
    for failure in failures:
        run.log.warning(f"tracking: {failure}")
    note = "; ".join(failures)
    return {
        "model_registry": pl.DataFrame(
            [(service, model, names[service], note) for service, model in chosen.items()],
            schema=dict.fromkeys(REGISTRY, pl.String),
            orient="row",
        )
    }


def _settings(run: CountyRun) -> Any:
    from forecasting.tracking import TrackingSettings

    tracking = run.settings.tracking
    if tracking in ("off", "sqlite"):
        return TrackingSettings(mode=tracking, folder=run.settings.data / "mlflow")  # type: ignore[arg-type]
    return TrackingSettings(mode="http", uri=tracking)


def _parameters(run: CountyRun) -> dict[str, object]:
    """What the forecasts were made with: settings, and the vintage of each input."""
    vintages = {
        f"vintage.{table}": ", ".join(frame["vintage"].unique().sort().to_list()[:3])
        for table in ("population", "projection", "indicators")
        if (frame := run.table_or_none(table)) is not None
    }
    return {**run.county.forecast.model_dump(), **vintages, "as_of": run.as_of, "edition": run.edition}


def _plots(run: CountyRun) -> list[tuple[str, str]]:
    """The county's total need by year, one drawing per service."""
    import polars as pl

    from reporting.charts import fan_chart

    table = run.table_or_none("need_forecast")
    if table is None:
        return []
    total = table.filter(
        (pl.col("area") == run.county.code) & (pl.col("sex") == "all") & (pl.col("age_group") == "all")
    )
    names = run.county.service_names("en")
    return [
        (service, fan_chart(rows, "en", title=names[service], unit="").svg)
        for (service,), rows in total.group_by("service", maintain_order=True)
        if service in names
    ]


TRACKING_STAGES: tuple[Stage, ...] = (
    Stage(
        name="model_registry",
        group="forecasts",
        tables={"model_registry": "Champion of each service in the model registry, alias `champion`."},
        reads=("month_scorecard", "need_scorecard", "need_forecast", "population", "projection", "indicators"),
        code=("forecasting", "counties"),
        make=_register,
        inputs=lambda run: [run.edition, run.settings.tracking],
        kinds=frozenset({"mlflow", "python"}),
    ),
)
