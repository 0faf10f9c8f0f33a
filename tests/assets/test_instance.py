"""Runs whose process was killed are ended at the next start; living ones are left alone."""

import json
import os
import subprocess
import sys

import dagster as dg

from assets.instance import PROCESS_TAG, heal_dead_runs, prepare_home, process_tag
from lake.settings import Settings


def started_run(instance: dg.DagsterInstance, tags: dict[str, str]) -> str:
    run = instance.create_run(
        job_name="main",
        run_id=None,
        run_config={},
        status=dg.DagsterRunStatus.STARTED,
        tags=tags,
        resolved_op_selection=None,
        step_keys_to_execute=None,
        execution_plan_snapshot=None,
        job_snapshot=None,
        parent_job_snapshot=None,
        asset_selection=None,
        asset_check_selection=None,
        op_selection=None,
        remote_job_origin=None,
        job_code_origin=None,
        root_run_id=None,
        parent_run_id=None,
        asset_graph=None,
    )
    return run.run_id


def tag_of_a_killed_process() -> dict[str, str]:
    code = (
        "from assets.instance import process_tag; import json, os, signal; "
        "print(json.dumps(process_tag()), flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return json.loads(out.stdout)


def test_a_run_of_a_killed_process_is_ended(tmp_path):
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        run_id = started_run(instance, tag_of_a_killed_process())
        assert heal_dead_runs(instance) == [run_id]
        assert instance.get_run_by_id(run_id).status == dg.DagsterRunStatus.FAILURE


def test_a_run_of_a_living_process_is_left_alone(tmp_path):
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        started_run(instance, process_tag())
        assert heal_dead_runs(instance) == []


def test_a_process_number_used_again_is_not_taken_for_the_dead_process(tmp_path):
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        host, pid, _ = process_tag()[PROCESS_TAG].rsplit(":", 2)
        run_id = started_run(instance, {PROCESS_TAG: f"{host}:{os.getpid()}:1"})
        assert heal_dead_runs(instance) == [run_id]


def test_another_machines_run_is_not_judged(tmp_path):
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        started_run(instance, {PROCESS_TAG: "elsewhere:1:1"})
        assert heal_dead_runs(instance) == []


def test_the_pages_send_nothing_and_ask_for_no_address(tmp_path):
    home = prepare_home(Settings(data=tmp_path))
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
