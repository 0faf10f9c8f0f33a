"""How well the models behind the page's figures forecast years they had not seen."""

from __future__ import annotations

import polars as pl

from reporting.localised import Localised
from reporting.numbers import MISSING
from reporting.page.tables import Table

PUBLISHED_INDICATOR = "pooled_trend"  # the model behind the figures


def scorecard(edition: Localised, service: str) -> Table | None:
    """How well the service's model forecast years it had not seen."""
    table = edition.inputs.need_scorecard
    if table is None:
        return None
    published = table.filter((pl.col("service") == service) & pl.col("published"))
    return _scorecard(edition, published, edition.labels.service(service))


def indicator_scorecard(edition: Localised, indicator: str) -> Table | None:
    """How well an indicator's model forecast years it had not seen."""
    name = edition.labels.indicator(indicator)
    table = edition.inputs.indicator_scorecard
    if table is None:
        return None
    published = table.filter((pl.col("indicator") == indicator) & (pl.col("model") == PUBLISHED_INDICATOR))
    return _scorecard(edition, published, name)


def _scorecard(edition: Localised, published: pl.DataFrame, name: str) -> Table | None:
    """Scores of the model whose figures are published, also where a baseline scored better."""
    scored = published.sort("horizon")
    if scored.is_empty():
        return None
    model = scored["model"][0]
    rows = tuple(
        (
            edition.numbers.integer(row["horizon"]),
            edition.numbers.signed_percent(-row["crps_skill"]) if row["crps_skill"] is not None else MISSING,
            edition.numbers.percent(row["coverage80"]),
            edition.numbers.percent(row["coverage95"]),
            edition.numbers.integer(row["origins"]),
        )
        for row in scored.iter_rows(named=True)
    )
    columns = (
        "page-col-horizon",
        "page-col-skill",
        "page-col-cover80",
        "page-col-cover95",
        "page-col-origins",
    )
    caption = edition.texts.get("page-scorecard-caption", name=name, model=edition.labels.model(model))
    return Table(caption, tuple(map(edition.texts.get, columns)), rows, words=())
