"""Launching a job from the command line: through Dagster, in this process, on the data folder's instance."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import dagster as dg

from assets.failures import OWN_PACKAGES
from assets.instance import open_instance, process_tag
from assets.promises import PROMISES
from lake.settings import Settings

# Classes whose messages are written for the reader; the name of another one is part of what went wrong.
_FOR_READERS = re.compile(rf"\A(?:(?:{'|'.join(OWN_PACKAGES)})\.[\w.]+|ValueError): ")


@dataclass(frozen=True)
class LaunchResult:
    """How a run ended.

    Attributes:
        run_id: its id.
        success: whether every step ended well.
        failures: step that failed -> the reason in one line.
        skipped: steps that did not start.
        done: steps that ended well.
        broken_promises: step that went well -> what it could not put where it was promised, and why.
    """

    run_id: str
    success: bool
    failures: dict[str, str]
    skipped: tuple[str, ...]
    done: tuple[str, ...]
    broken_promises: dict[str, str]

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for is there."""
        return self.success and not self.broken_promises


def launch(
    settings: Settings, slug: str, *, job: str, data: str = "", as_of: str = "", edition: str = ""
) -> LaunchResult:
    """Run one job for one county and wait for it.

    Args:
        settings: the installation's settings.
        slug: the county.
        job: name of the job, such as `main`.
        data: folder of extracts and fetched open data; empty means the landing folder.
        as_of: ISO date; empty means what `Pipeline` says.
        edition: `YYYY-MM`; empty means what `Pipeline` says.
    """
    for notice in (dg.BetaWarning, dg.PreviewWarning):
        warnings.simplefilter("ignore", notice)
    from assets.definitions import defs

    with open_instance(settings) as instance:
        result = defs.resolve_job_def(job).execute_in_process(
            instance=instance,
            partition_key=slug,
            run_config=dg.RunConfig(
                resources={"pipeline": {"config": {"data": data, "as_of": as_of, "edition": edition}}},
                loggers={"console": {"config": {"log_level": "CRITICAL"}}},  # the log is in Dagster's pages
            ),
            tags=process_tag(),
            raise_on_error=False,
        )
        blocked = _blocked(result.all_events)
        failures = {
            str(event.step_key): blocked.get(str(event.step_key)) or _reason(event)
            for event in result.all_events
            if event.event_type == dg.DagsterEventType.STEP_FAILURE
        }
        done = tuple(
            str(e.step_key) for e in result.all_events if e.event_type == dg.DagsterEventType.STEP_SUCCESS
        )
        started = {e.step_key for e in result.all_events if e.event_type == dg.DagsterEventType.STEP_START}
        skipped = tuple(node.name for node in result.job_def.nodes if node.name not in started)
        broken = {
            str(event.step_key): " ".join((check.description or "").split())
            for event in result.all_events
            if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
            and (check := event.asset_check_evaluation_data).check_name in PROMISES
            and not check.passed
        }
        return LaunchResult(result.run_id, result.success, failures, skipped, done, broken)


def _blocked(events: Iterable[dg.DagsterEvent]) -> dict[str, str]:
    """Step whose blocking check failed -> what it found; the framework's own error names the check alone."""
    found: dict[str, str] = {}
    for event in events:
        if event.event_type != dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            continue
        check = event.asset_check_evaluation_data
        if check.blocking and not check.passed and check.severity == dg.AssetCheckSeverity.ERROR:
            told = f"{check.asset_key.path[-1]}: {check.description or check.check_name}"
            found[str(event.step_key)] = "; ".join(filter(None, [found.get(str(event.step_key)), told]))
    return found


def _reason(event: dg.DagsterEvent) -> str:
    """The innermost cause of a step's failure, in one line, without the class of an error written for readers."""
    error = event.step_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    message = error.message if error is not None else "unknown"
    return " ".join(_FOR_READERS.sub("", message, count=1).split())
