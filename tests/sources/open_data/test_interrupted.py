"""A fetch that is killed in the middle: the next one goes on where it stopped and gives the same table."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from sources.open_data import OpenDataClient
from sources.statfin import fetch_population
from tests.replay.server import Fault, ReplayServer

FETCH = """
import sys
from datetime import date
from pathlib import Path
from sources.http_client import HttpClient
from sources.open_data import OpenDataClient
from sources.statfin import fetch_population

with HttpClient(trust_env=False) as http:
    client = OpenDataClient(http, Path(sys.argv[1]), date(2026, 11, 22))
    fetch_population(client, ["016", "398"], base_url=sys.argv[2], cell_limit=500)
"""


def test_a_killed_fetch_is_finished_by_the_next_one(
    replay: ReplayServer, client: OpenDataClient, tmp_path: Path, root: Path
) -> None:
    replay.faults.append(Fault("slow", "11re", "POST", times=99, seconds=0.3))
    command = [sys.executable, "-c", FETCH, str(client.raw), replay.statfin]
    process = subprocess.Popen(command, cwd=root)
    deadline = time.monotonic() + 30
    while len(replay.asked("11re", "POST")) < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.wait()
    before = len(replay.asked("11re", "POST"))
    assert 4 <= before < 7, "killed after the third portion was answered and before the last"
    replay.faults.clear()

    resumed = fetch_population(client, ["016", "398"], base_url=replay.statfin, cell_limit=500)
    fresh_client = OpenDataClient(client.http, tmp_path / "fresh", date(2026, 11, 22))
    middle = len(replay.asked("11re", "POST"))
    fresh = fetch_population(fresh_client, ["016", "398"], base_url=replay.statfin, cell_limit=500)
    undisturbed = len(replay.asked("11re", "POST")) - middle
    assert resumed.equals(fresh)
    assert middle - before < undisturbed, "what had been fetched was not asked again"
    kept = {p.name for p in (client.raw / "statfin").iterdir() if len(p.name) == 64}
    assert kept == {p.name for p in (tmp_path / "fresh" / "statfin").iterdir() if len(p.name) == 64}
