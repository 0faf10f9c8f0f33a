"""The model that MLflow loads: one code file for every service, told by `payload.json` what it is.

Kind `months`: from a table unique_id, ds, y to unique_id, ds, mean and quantiles, by the service's champion.
Kind `rates`: from a table area, sex, age_group, year, persons to the same rows with `mean` = persons x rate.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc.model import PythonModel

RATE_KEYS = ("area", "sex", "age_group")


class ServiceModel(PythonModel):
    """A registered service model; `payload` holds what makes it this service's."""

    payload: dict[str, Any]

    def load_context(self, context: Any) -> None:
        """Read the payload beside the code."""
        self.payload = json.loads(Path(context.artifacts["payload"]).read_text(encoding="utf-8"))

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Forecast from a plain table.

        Args:
            context: given by MLflow.
            model_input: the table of the model's kind (see the module).
            params: months only: `horizon`.

        Raises:
            ValueError: the payload's kind is unknown, or a rate is missing for a row.
        """
        kind = self.payload.get("kind")
        if kind == "months":
            horizon = int((params or {}).get("horizon", self.payload.get("horizon", 12)))
            return months_ahead(model_input, str(self.payload["model"]), horizon, self.payload.get("alpha", {}))
        if kind == "rates":
            return expected_use(model_input, self.payload["rates"])
        raise ValueError(f"unknown kind of registered model: {kind!r} (expected months or rates)")


def months_ahead(table: pd.DataFrame, model: str, horizon: int, alpha: dict[str, float]) -> pd.DataFrame:
    """Monthly forecast by a named model.

    Args:
        table: unique_id, ds, y; the series are areas of one service.
        model: `batch` or a challenger.
        horizon: months ahead.
        alpha: NB2 dispersion by last month of the horizon band, for challengers.

    Returns:
        unique_id, ds, mean, quantile columns.
    """
    from forecasting.monthly import forecast_series
    from forecasting.monthly.champions import BANDS, LEVELS, bands
    from forecasting.monthly.counts import negative_binomial_quantiles
    from forecasting.monthly.grid import history_of
    from forecasting.monthly.month_models import MODELS
    from forecasting.scores import QUANTILE_COLUMNS

    if model not in MODELS:
        return forecast_series(table, freq="MS", horizon=horizon).forecast.drop(columns="note")
    ids, history = history_of(table, horizon)
    mean = MODELS[model](history, horizon)(history)
    by_band = np.array([alpha.get(str(band), 0.1) for band in BANDS])
    spread = np.broadcast_to(by_band[bands(horizon)][:, None], mean.shape)
    values = negative_binomial_quantiles(mean, spread, LEVELS[:, None, None])
    stamps = (history.future(horizon) - 1970 * 12).astype("datetime64[M]").astype("datetime64[ns]")
    result = pd.DataFrame({"unique_id": np.repeat(ids, horizon), "ds": np.tile(stamps, len(ids))})
    result["mean"] = mean.T.ravel()
    for name, value in zip(QUANTILE_COLUMNS, values, strict=True):
        result[name] = value.T.ravel()
    return result


def expected_use(table: pd.DataFrame, rates: list[dict[str, Any]]) -> pd.DataFrame:
    """Persons times the rate of their area, sex and age group.

    Raises:
        ValueError: a row's area, sex and age group have no rate; a missing rate is never taken as anything.
    """
    keys = pd.DataFrame(rates)
    result = table.merge(keys[[*RATE_KEYS, "rate"]], on=list(RATE_KEYS), how="left", validate="m:1")
    missing = result["rate"].isna()
    if missing.any():
        row = result[missing].iloc[0]
        raise ValueError(f"no rate for area {row['area']}, sex {row['sex']}, age group {row['age_group']}")
    return result.assign(mean=result["persons"] * result["rate"]).drop(columns="rate")


mlflow.models.set_model(ServiceModel())
