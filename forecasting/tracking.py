"""Runs, scores and champions in MLflow. A tracker that fails is noted and never stops a forecast.

One parent run per pipeline run. Champions are registered models with the alias `champion`, loaded with
`mlflow.pyfunc.load_model("models:/<name>@champion")`; a new version is made, and the alias moved, only when the
model in charge of a service has changed. MLflow is imported when first needed.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from forecasting.tracking_store import ARTIFACTS, address, ensure_store

Mode = Literal["off", "sqlite", "http"]
ALIAS = "champion"
BATCH = 500
"""Metrics or parameters sent in one call; MLflow admits 1000 and 100."""
PARAMETER_LENGTH = 500
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrackingSettings:
    """Where runs are kept.

    Attributes:
        mode: `off`; `sqlite`: a database and artifacts in `folder`; `http`: the server at `uri`.
        folder: folder of the sqlite store.
        uri: address of the server.
        experiment: name of the experiment.
    """

    mode: Mode = "off"
    folder: Path | None = None
    uri: str = ""
    experiment: str = "palvelutarve"

    @property
    def tracking_uri(self) -> str:
        """The address MLflow is given.

        Raises:
            ValueError: the mode's folder or address is missing.
        """
        if self.mode == "sqlite" and self.folder is not None:
            return address(self.folder)
        if self.mode == "http" and self.uri:
            return self.uri
        wanted = {"sqlite": "folder", "http": "uri"}.get(self.mode)
        raise ValueError(f"tracking mode {self.mode!r} needs {wanted or 'no address'}")


@dataclass(frozen=True)
class Champion:
    """A model in charge of a service.

    Attributes:
        name: name in the registry; `/` and `:` are not allowed by MLflow and become `-`.
        model: name of the model (`batch`, `poisson_glm`, ...); the alias moves when it has changed.
        horizon: months that the registered model forecasts unless it is told otherwise.
    """

    name: str
    model: str
    horizon: int

    @property
    def registry_name(self) -> str:
        """The name with characters MLflow admits."""
        return self.name.replace("/", "-").replace(":", "-")


@dataclass
class TrackedRun:
    """One run being tracked; every method swallows and notes the tracker's failures.

    Attributes:
        run_id: MLflow's id, empty when tracking is off or could not start.
        failures: what went wrong, in words.
    """

    run_id: str = ""
    failures: list[str] = field(default_factory=list)
    _client: Any = None
    _artifacts: str = ""

    def parameters(self, values: Mapping[str, object]) -> None:
        """Log parameters, data vintage included; long values are cut."""
        from_mapping = [(str(key), str(value)[:PARAMETER_LENGTH]) for key, value in values.items()]

        def send() -> None:
            from mlflow.entities import Param

            for first in range(0, len(from_mapping), 100):
                part = [Param(key, value) for key, value in from_mapping[first : first + 100]]
                self._client.log_batch(self.run_id, params=part)

        self._try("parameters", send)

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Log metrics in batches; values that are not finite are left out."""
        pairs = [(str(key), float(value)) for key, value in values.items() if abs(float(value)) < float("inf")]

        def send() -> None:
            import time

            from mlflow.entities import Metric

            now = int(time.time() * 1000)
            for first in range(0, len(pairs), BATCH):
                part = [Metric(_metric_name(key), value, now, step) for key, value in pairs[first : first + BATCH]]
                self._client.log_batch(self.run_id, metrics=part)

        self._try("metrics", send)

    def scorecard(self, table: pd.DataFrame, prefix: str = "months") -> None:
        """Log a scorecard: the table as an artifact, the champions' scores as metrics."""
        self.table(table, f"{prefix}_scorecard.csv")
        chosen = table[table["champion"].astype(bool)] if "champion" in table.columns else table
        values = {
            f"{prefix}.{row['service']}.h{row['horizon']}.{score}": row[score]
            for row in chosen.to_dict("records")
            for score in ("crps", "crps_skill", "mase", "bias", "coverage80", "coverage95")
            if pd.notna(row.get(score))
        }
        self.metrics(values)

    def table(self, table: pd.DataFrame, name: str) -> None:
        """Log a table as a CSV artifact."""
        self.text(table.to_csv(index=False), name)

    def text(self, content: str, name: str) -> None:
        """Log a text artifact: a table, or a plot as SVG or HTML."""
        self._try(f"artifact {name}", lambda: self._client.log_text(self.run_id, content, name))

    def register(self, champions: Sequence[Champion]) -> list[str]:
        """Register each champion that is new or has changed, and move its alias.

        Returns:
            Names whose alias moved.
        """
        if not self._client or not champions:
            return []
        moved: list[str] = []
        with tempfile.TemporaryDirectory() as scratch:
            template = self._try("model template", lambda: _template(Path(scratch)))
            for champion in champions if template is not None else ():

                def send(champion: Champion = champion, template: Path = template) -> bool:
                    return self._register(champion, template)

                if self._try(f"registering {champion.registry_name}", send):
                    moved.append(champion.registry_name)
        return moved

    def _in_charge(self, name: str) -> Any:
        from mlflow.exceptions import MlflowException

        try:
            return self._client.get_model_version_by_alias(name.replace("/", "-").replace(":", "-"), ALIAS)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise

    def _register(self, champion: Champion, template: Path) -> bool:
        from mlflow.exceptions import MlflowException

        name = champion.registry_name
        before = self._in_charge(name)
        if before is not None and before.tags.get("model") == champion.model:
            return False
        payload = json.dumps({"horizon": champion.horizon, "model": champion.model})
        (template / "artifacts" / "payload.json").write_text(payload, encoding="utf-8")
        folder = f"models/{name}"
        self._client.log_artifacts(self.run_id, str(template), folder)
        try:
            self._client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        version = self._client.create_model_version(
            name, source=f"{self._artifacts}/{folder}", run_id=self.run_id, tags={"model": champion.model}
        )
        self._client.set_registered_model_alias(name, ALIAS, version.version)
        return True

    def _try(self, what: str, action: Callable[[], Any]) -> Any:
        if self._client is None:
            return None
        try:
            return action()
        except Exception as error:  # a tracker may fail in any way; the forecast goes on
            self.failures.append(f"{what}: {error}")
            _log.warning("tracking failed (%s): %s", what, error)
            return None


@contextmanager
def tracked_run(
    settings: TrackingSettings, name: str, tags: Mapping[str, str] | None = None
) -> Iterator[TrackedRun]:
    """Track one pipeline run.

    Args:
        settings: where runs are kept; `off` gives a run that logs nothing.
        name: name of the run.
        tags: tags of the run, for example county and edition.

    Yields:
        The run. It ends FINISHED, or FAILED when the block raises.
    """
    run = TrackedRun()
    if settings.mode != "off":
        _start(run, settings, name, tags or {})
    try:
        yield run
    except BaseException:
        run._try("end of the run", lambda: run._client.set_terminated(run.run_id, "FAILED"))
        raise
    run._try("end of the run", lambda: run._client.set_terminated(run.run_id, "FINISHED"))


def _start(run: TrackedRun, settings: TrackingSettings, name: str, tags: Mapping[str, str]) -> None:
    try:
        client = _client(settings)
        experiment = client.get_experiment_by_name(settings.experiment)
        location = None
        if settings.mode == "sqlite" and settings.folder is not None:
            location = (settings.folder.resolve() / ARTIFACTS).as_uri()
        number = (
            experiment.experiment_id
            if experiment is not None
            else client.create_experiment(settings.experiment, artifact_location=location)
        )
        _end_abandoned(client, number, name)
        started = client.create_run(number, run_name=name, tags={str(k): str(v) for k, v in tags.items()})
    except Exception as error:  # a tracker may fail in any way; the forecast goes on
        run.failures.append(f"start: {error}")
        _log.warning("tracking could not start: %s", error)
        return
    run.run_id, run._client, run._artifacts = started.info.run_id, client, started.info.artifact_uri


def _end_abandoned(client: Any, experiment: str, name: str) -> None:
    """End earlier runs of this name that were killed: MLflow would show them as running for ever."""
    abandoned = client.search_runs(
        [experiment], f"attributes.run_name = '{name}' AND attributes.status = 'RUNNING'"
    )
    for one in abandoned:
        client.set_terminated(one.info.run_id, "KILLED")


def _client(settings: TrackingSettings) -> Any:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    uri = settings.tracking_uri
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    from mlflow import MlflowClient

    if settings.mode == "sqlite" and settings.folder is not None:
        ensure_store(settings.folder)
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def _template(scratch: Path) -> Path:
    """Save the model's folder once; each champion then differs in its payload only (saving costs a second)."""
    import warnings

    import mlflow.pyfunc
    from mlflow.models import ModelSignature
    from mlflow.types import DataType, ParamSchema, ParamSpec

    # Parameters that no signature names are dropped by MLflow; no default: the payload has each model's own.
    signature = ModelSignature(params=ParamSchema([ParamSpec("horizon", DataType.long, None)]))
    payload = scratch / "payload.json"
    payload.write_text("{}", encoding="utf-8")
    code = scratch / "registry_model.py"
    shutil.copyfile(Path(__file__).with_name("registry_model.py"), code)
    folder = scratch / "model"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlflow.pyfunc.save_model(
            folder,
            python_model=str(code),
            artifacts={"payload": str(payload)},
            pip_requirements=["palvelutarve"],
            signature=signature,
        )
    description = folder / "MLmodel"
    text = description.read_text(encoding="utf-8")
    description.write_text(text.replace(f"{scratch}{os.sep}", ""), encoding="utf-8")
    return folder


def _metric_name(name: str) -> str:
    """Names with characters MLflow admits."""
    return "".join(letter if letter.isalnum() or letter in "_-. /" else "_" for letter in name)[:240]
