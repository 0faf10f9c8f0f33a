"""The model that MLflow loads: one code file for every service, told by `payload.json` which model is in charge.

From a table unique_id, ds, y, whose series are areas of one service, to unique_id, ds, mean and quantiles.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc.model import PythonModel


class ServiceModel(PythonModel):
    """A registered service model; `payload` holds its name and the usual horizon."""

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
            model_input: unique_id, ds, y.
            params: `horizon`, months ahead.
        """
        horizon = int((params or {}).get("horizon", self.payload["horizon"]))
        return months_ahead(model_input, str(self.payload["model"]), horizon)


def months_ahead(table: pd.DataFrame, model: str, horizon: int) -> pd.DataFrame:
    """Monthly forecast by a named model, its spread from its errors at earlier origins of the same table.

    Args:
        table: unique_id, ds, y; the series are areas of one service.
        model: `batch` or a challenger.
        horizon: months ahead.

    Returns:
        unique_id, ds, mean, quantile columns.
    """
    from forecasting.monthly import forecast_series
    from forecasting.monthly.grid import history_of
    from forecasting.monthly.month_models import BATCH, MODELS, champion_forecasts, check_models, model_trials
    from forecasting.scores import QUANTILE_COLUMNS

    check_models([model])
    if model == BATCH:
        return forecast_series(table, freq="MS", horizon=horizon).forecast.drop(columns="note")
    ids, history = history_of(table, horizon)
    trials = model_trials(history, horizon, {model: MODELS[model]})
    mean, values = champion_forecasts(history, horizon, {0: model}, trials)
    stamps = (history.future(horizon) - 1970 * 12).astype("datetime64[M]").astype("datetime64[ns]")
    result = pd.DataFrame({"unique_id": np.repeat(ids, horizon), "ds": np.tile(stamps, len(ids))})
    result["mean"] = mean.T.ravel()
    for name, value in zip(QUANTILE_COLUMNS, values, strict=True):
        result[name] = value.T.ravel()
    return result


mlflow.models.set_model(ServiceModel())
