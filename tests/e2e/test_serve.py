"""The pages on loopback: jobs, schedules and sensors are there, and a run launched in them succeeds."""

import json
import re
import signal
import socket
import subprocess
import time
import urllib.request

import pytest

from tests.e2e.conftest import SLUG


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def serving(published, dagster: int, mlflow: int) -> subprocess.Popen[str]:
    """The pages, started on these ports."""
    return subprocess.Popen(
        published.command("serve", "--dagster-port", str(dagster), "--mlflow-port", str(mlflow)),
        env=published.environment,
        cwd=published.data,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


@pytest.fixture(scope="module")
def dagster_url(published):
    dagster, mlflow = free_port(), free_port()
    process = serving(published, dagster, mlflow)
    try:
        lines = [process.stdout.readline(), process.stdout.readline()]
        assert lines[0].startswith("Dagster: "), lines
        assert re.fullmatch(r"MLflow: http://127\.0\.0\.1:\d+/#/experiments/\d+/runs", lines[1].strip()), lines
        yield lines[0].split(": ", 1)[1].strip()
    finally:
        process.send_signal(signal.SIGTERM)
        ended = process.wait(60)
    assert ended == 0


def ask(url: str, query: str, **variables) -> dict:
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"{url}/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["data"]


REPOSITORY = {"repositoryLocationName": "palvelutarve", "repositoryName": "__repository__"}


def wait_until_loaded(url: str) -> None:
    query = "{workspaceOrError{... on Workspace{locationEntries{loadStatus}}}}"
    for _ in range(240):
        entries = ask(url, query)["workspaceOrError"]["locationEntries"]
        if entries and all(entry["loadStatus"] == "LOADED" for entry in entries):
            return
        time.sleep(0.5)
    raise AssertionError("the code location did not load")


def test_jobs_schedules_and_the_sensor_are_visible(dagster_url):
    wait_until_loaded(dagster_url)
    found = ask(
        dagster_url,
        "query($r: RepositorySelector!){repositoryOrError(repositorySelector:$r){... on Repository{"
        "jobs{name} schedules{name} sensors{name}}}}",
        r=REPOSITORY,
    )["repositoryOrError"]
    jobs = {job["name"] for job in found["jobs"]}
    assert {"refresh_statistics", "ingest_extracts", "forecast", "record_quality", "reports", "main"} <= jobs
    assert len(found["schedules"]) == 3
    assert [sensor["name"] for sensor in found["sensors"] if sensor["name"] == "landing_folder"]


def test_a_run_launched_in_the_pages_succeeds(dagster_url, demo):
    wait_until_loaded(dagster_url)
    launched = ask(
        dagster_url,
        "mutation($p: ExecutionParams!){launchRun(executionParams:$p){__typename"
        "... on LaunchRunSuccess{run{runId}}"
        "... on PythonError{message} ... on RunConfigValidationInvalid{errors{message}}}}",
        p={
            "selector": {**REPOSITORY, "jobName": "ingest_extracts"},
            "runConfigData": {"resources": {"pipeline": {"config": {"data": str(demo)}}}},
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": SLUG}]},
        },
    )["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    status = ""
    for _ in range(240):
        status = ask(
            dagster_url,
            "query($i: ID!){runOrError(runId:$i){... on Run{status}}}",
            i=launched["run"]["runId"],
        )["runOrError"]["status"]
        if status in ("SUCCESS", "FAILURE", "CANCELED"):
            break
        time.sleep(0.5)
    assert status == "SUCCESS"


def test_an_impatient_second_interrupt_leaves_no_process_behind(published):
    dagster, mlflow = free_port(), free_port()
    process = serving(published, dagster, mlflow)
    assert process.stdout.readline().startswith("Dagster: ")
    second = published.run("serve", "--dagster-port", str(dagster), "--mlflow-port", str(free_port()))
    assert second.returncode == 2
    assert f"Port {dagster} is taken" in second.stdout
    process.send_signal(signal.SIGINT)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert not [line for line in listed.splitlines() if f"-p {dagster}" in line or f"--port {mlflow}" in line]
