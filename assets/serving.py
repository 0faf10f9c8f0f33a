"""The Dagster and MLflow pages on loopback, started together and stopped together."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

from assets.instance import heal_dead_runs, prepare_home
from lake.settings import PROJECT, Settings

HOST = "127.0.0.1"
EXPERIMENT = "palvelutarve"  # where `forecasting.tracking` keeps the runs
# Notices about parts of Dagster whose version is locked: by first words, so that no module is loaded early.
_LOCKED = (
    "Parameter `backfill_policy` of function",
    "Specifying a partitions_def on an AssetCheckSpec",
    "Function `dev_command` is superseded",
)


@dataclass(frozen=True)
class Page:
    """A server to run: its command, the address that answers when it is ready, and where a person begins."""

    name: str
    command: list[str]
    url: str
    probe: str
    start: Callable[[str], str] = str


def pages(settings: Settings, *, dagster_port: int, mlflow_port: int) -> list[Page]:
    """The servers of an installation; MLflow's only when runs are tracked in the data folder."""
    dagster_url = f"http://{HOST}:{dagster_port}"
    dev = ["-m", "dagster", "dev", "-w", str(PROJECT / "workspace.yaml"), "-h", HOST, "-p", str(dagster_port)]
    servers = [Page("Dagster", [sys.executable, *dev], dagster_url, f"{dagster_url}/server_info")]
    if settings.tracking == "sqlite" and settings.tracking_uri:
        from forecasting.tracking_store import ensure_store

        ensure_store(settings.data / "mlflow")
        url = f"http://{HOST}:{mlflow_port}"
        command = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(mlflow_port)]
        command += [
            "--workers",
            "1",
            "--uvicorn-opts",
            "--log-level=warning",
            "--backend-store-uri",
            settings.tracking_uri,
        ]
        command += ["--artifacts-destination", str(settings.data / "mlflow" / "artifacts")]
        servers.append(Page("MLflow", command, url, f"{url}/health", runs_page))
    return servers


def runs_page(url: str) -> str:
    """The page of the pipeline's runs: MLflow's own front page shows traces, of which there are none."""
    query = urllib.parse.urlencode({"experiment_name": EXPERIMENT})
    try:
        with urllib.request.urlopen(f"{url}/api/2.0/mlflow/experiments/get-by-name?{query}", timeout=10) as answer:  # noqa: S310 (loopback)
            number = json.load(answer)["experiment"]["experiment_id"]
    except (urllib.error.URLError, OSError, KeyError, ValueError):  # no run has been tracked yet
        return f"{url}/#/experiments"
    return f"{url}/#/experiments/{number}/runs"


def serve(settings: Settings, *, dagster_port: int, mlflow_port: int, say: Callable[[str], None]) -> int:
    """Run the pages until interrupted or one of them ends; returns an exit code: 2 when a port is taken."""
    import dagster as dg

    for option, port in (("--dagster-port", dagster_port), ("--mlflow-port", mlflow_port)):
        if _is_taken(port):
            say(f"Port {port} is taken, perhaps by pages that run already; name another one with {option}.")
            return 2

    with dg.DagsterInstance.from_config(str(prepare_home(settings))) as instance:
        heal_dead_runs(instance)
    quiet = ",".join(f"ignore:{words}" for words in _LOCKED)
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "PYTHONWARNINGS": quiet}
    servers = pages(settings, dagster_port=dagster_port, mlflow_port=mlflow_port)
    running = [
        subprocess.Popen(  # what the servers say goes beside, so that standard output names the pages only
            page.command, cwd=settings.data, env=environment, start_new_session=True, stdout=sys.stderr
        )
        for page in servers
    ]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    try:
        for page in servers:
            if not _wait_until_ready(page, running):
                say(f"{page.name} did not start; see its messages above.")
                return 1
            say(f"{page.name}: {page.start(page.url)}")
        say("Stop with Ctrl-C.")
        while all(process.poll() is None for process in running):
            time.sleep(0.5)
        return 1
    except KeyboardInterrupt:
        say("Stopping; this may take some seconds.")
        return 0
    finally:
        _stop(running)


def _is_taken(port: int) -> bool:
    with socket.socket() as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((HOST, port))
        except OSError:
            return True
    return False


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _wait_until_ready(page: Page, running: list[subprocess.Popen[bytes]], *, seconds: float = 180) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until and all(process.poll() is None for process in running):
        try:
            with urllib.request.urlopen(page.probe, timeout=5):  # noqa: S310 (loopback)
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    return False


def _stop(running: list[subprocess.Popen[bytes]], *, seconds: float = 12) -> None:
    """End the servers with all their processes: asked first, then by force; at once when interrupted again."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _signal_all(running, signal.SIGKILL))
    _signal_all(running, signal.SIGTERM)
    until = time.monotonic() + seconds
    while any(process.poll() is None for process in running) and time.monotonic() < until:
        time.sleep(0.1)
    _signal_all(running, signal.SIGKILL)  # what a server has left behind in its group, too
    for process in running:
        process.wait()


def _signal_all(running: list[subprocess.Popen[bytes]], number: int) -> None:
    for process in running:
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            continue
