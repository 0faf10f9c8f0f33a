"""The model that MLflow loads: one code file for every service, told by `payload.json` which model is in charge.

From a table unique_id, ds, y, whose series are areas of one service, to unique_id, ds, mean, quantiles and note.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc.model import PythonModel

from forecasting.monthly.frames import plain

FEWEST_MONTHS = 36
"""Months that a challenger's series must have: its lags go back so far."""


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
            model_input: unique_id, ds, y, a pandas or Polars frame.
            params: `horizon`, months ahead.
        """
        asked = (params or {}).get("horizon") or self.payload["horizon"]
        return months_ahead(model_input, str(self.payload["model"]), int(asked))


def months_ahead(table: Any, model: str, horizon: int) -> pd.DataFrame:
    """Monthly forecast by a named model, its spread from its errors at earlier origins of the same table.

    Args:
        table: unique_id, ds, y; the series are areas of one service. What cannot be used is left out, with a
            warning that names it.
        model: `batch` or a challenger.
        horizon: months ahead.

    Returns:
        unique_id, ds, mean, quantile columns, note (what was mended; series that are short or do not end with most
        others are forecast by `batch`).

    Raises:
        ValueError: no series can be used, or there is no such model.
    """
    from forecasting.monthly import forecast_series
    from forecasting.monthly.month_models import BATCH, check_models

    check_models([model])
    made = forecast_series(plain(table), freq="MS", horizon=horizon, only_counts=model != BATCH)
    for row in made.refused.itertuples(index=False):
        warnings.warn(f"series {row.unique_id} is left out: {row.reason}", stacklevel=2)
    if model == BATCH:
        return made.forecast
    return _challenged(made.forecast, plain(table), model, horizon)


def _challenged(batch: pd.DataFrame, table: pd.DataFrame, model: str, horizon: int) -> pd.DataFrame:
    """The batch engine's table with the challenger's figures for the series that it can learn from."""
    from forecasting.monthly.grid import history_of
    from forecasting.monthly.month_models import MODELS, champion_forecasts, model_trials
    from forecasting.monthly.panel import read_panel
    from forecasting.monthly.periods import frequency, stamps_of
    from forecasting.scores import QUANTILE_COLUMNS

    panel, _ = read_panel(table, frequency("MS"), only_counts=True)
    end = panel.start + panel.length
    last, number = np.unique(end, return_counts=True)
    able = (end == last[number == number.max()].max()) & (panel.length >= FEWEST_MONTHS)
    rest = ~np.isin(batch["unique_id"].to_numpy(), panel.ids[able])
    if able.any():
        row, column = np.nonzero(np.isfinite(panel.y) & able)
        stamps = stamps_of(panel.start[column] + row, "M", np.ones(row.size, dtype=np.int64))
        known = pd.DataFrame({"unique_id": panel.ids[column], "ds": stamps, "y": panel.y[row, column]})
        ids, history = history_of(known, horizon)
        trials = model_trials(history, horizon, {model: MODELS[model]})
        mean, values = champion_forecasts(history, horizon, {0: model}, trials)
        names = panel.ids[able].astype(str)
        place = pd.Index(ids).get_indexer(names)
        for name, figures in (("mean", mean), *zip(QUANTILE_COLUMNS, values, strict=True)):
            batch.loc[~rest, name] = figures[:, place].T.ravel()
    fallback = f"too short for {model}, or does not end with the others: forecast by batch"
    batch.loc[rest, "note"] = batch.loc[rest, "note"].where(batch["note"] == "", batch["note"] + "; ") + fallback
    return batch


mlflow.models.set_model(ServiceModel())
