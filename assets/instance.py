"""Dagster's own home: its configuration, and the healing of runs whose process died.

A killed command-line run stays STARTED for ever and keeps its slots; nothing in Dagster ends it. So the
command line ends such runs before it starts one.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

import dagster as dg
import yaml

from lake.settings import Settings

PROCESS_TAG = "palvelutarve/process"
_ALIVE_STATES = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING)


def prepare_home(settings: Settings) -> Path:
    """Write Dagster's configuration into its home and point `DAGSTER_HOME` there."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(_configuration(settings), sort_keys=True)
    file = home / "dagster.yaml"
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        from lake.atomic import write_text

        write_text(file, text)
    os.environ["DAGSTER_HOME"] = str(home)
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    return home


def _configuration(settings: Settings) -> dict[str, object]:
    configuration: dict[str, object] = {
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},  # no dialog that asks for an e-mail address
        "freshness": {"enabled": True},
        "concurrency": {"runs": {"max_concurrent_runs": 2}},
        "run_monitoring": {"enabled": True, "free_slots_after_run_end_seconds": 60},
    }
    if settings.dagster_database_variable:
        configuration["storage"] = {
            "postgres": {"postgres_url": {"env": settings.dagster_database_variable}},
        }
    else:
        configuration |= event_log(settings.dagster_home)
    return configuration


def event_log(home: Path) -> dict[str, object]:
    """Configuration of Dagster's event log on SQLite, where Dagster itself would put it."""
    folder = {"base_dir": str(home / "history/runs")}
    return {"event_log_storage": {"module": "assets.event_log", "class": "EventLog", "config": folder}}


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """The Dagster instance of the data folder, with dead runs healed and what they left half written removed."""
    from assets.event_database import keep_open
    from lake.atomic import remove_abandoned

    remove_abandoned(settings.data)
    home = prepare_home(settings)
    keep_open(home)
    instance = dg.DagsterInstance.from_config(str(home))
    heal_dead_runs(instance)
    return instance


def process_tag() -> dict[str, str]:
    """Tag that lets a later start see whether a run's process still lives."""
    return {PROCESS_TAG: f"{socket.gethostname()}:{os.getpid()}:{_started_at(os.getpid())}"}


def heal_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """End runs of this machine's command line whose process is gone; free their slots. Returns their ids."""
    healed = []
    for run in instance.get_runs(filters=dg.RunsFilter(statuses=list(_ALIVE_STATES))):
        if PROCESS_TAG in run.tags and not _alive(run.tags[PROCESS_TAG]):
            instance.report_run_failed(run, "The process of this run ended without finishing it (killed?).")
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
            healed.append(run.run_id)
    return healed


def _alive(tag: str) -> bool:
    host, pid, started = tag.rsplit(":", 2)
    if host != socket.gethostname():
        return True  # another machine's run is that machine's to judge
    return _started_at(int(pid)) == started != ""


def _started_at(pid: int) -> str:
    """Start time of a process in clock ticks since boot; empty when it is gone (pids are used again)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    except OSError:
        return _portable_presence(pid)
    return "" if fields[0] == "Z" else fields[19]


def _portable_presence(pid: int) -> str:
    """Without /proc only the presence of the pid can be asked."""
    if Path("/proc/self/stat").exists():
        return ""
    try:
        os.kill(pid, 0)
    except OSError:
        return ""
    return "present"
