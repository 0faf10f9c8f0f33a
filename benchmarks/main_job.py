"""The main job in a fresh data folder: seconds and peak memory of every stage.

Run: `python -m benchmarks.main_job [--county paijat-hame --data DIR --scale 1.0 --runs 2]`. Without --data a
synthetic county of that scale is made first, outside the timing. The first run finds an empty data folder, the
next ones the same input again. Limits: 90 s with the environment made, 4 GB. Memory is the resident set of the
process, its high-water mark taken back after each stage (Linux); elsewhere it is left out.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ENDED = re.compile(r"^  (\S+) \(\S+\) (.*), ([0-9.]+) s$")
SECONDS, GIGABYTES = 90, 4.0


def run_once(county: str, data: Path, home: Path) -> tuple[float, float, int]:
    """Run the job and print a line per stage.

    Args:
        county: the county's slug.
        data: folder of extracts and open data.
        home: data folder of the project.

    Returns:
        Wall seconds, peak memory in MB (0 where unknown) and the exit code.
    """
    environment = {**os.environ, "PALVELUTARVE_DATA": str(home), "PYTHONUNBUFFERED": "1"}
    command = [str(Path(sys.executable).parent / "palvelutarve"), "run", "--county", county, "--data", str(data)]
    began, peak = time.monotonic(), 0
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        if process.stderr is None:
            raise RuntimeError("the process gives no progress")
        for line in process.stderr:
            if ended := ENDED.match(line.rstrip()):
                stage, note, seconds = ended.groups()
                memory = high_water(process.pid)
                peak = max(peak, memory)
                print(f"{stage:28s} {float(seconds):7.1f} s {memory:6d} MB  {note}", flush=True)
            elif "FAILED" in line:
                print(line.rstrip(), flush=True)
        process.wait()
    return time.monotonic() - began, float(peak), process.returncode


def high_water(pid: int) -> int:
    """Peak resident memory of a process since the last call, MB; 0 where the system does not tell."""
    status, clear = Path(f"/proc/{pid}/status"), Path(f"/proc/{pid}/clear_refs")
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii"))
        clear.write_text("5\n", encoding="ascii")
    except OSError:
        return 0
    return int(found[1]) // 1024 if found else 0


def main() -> None:
    """A first run, then one on known input, each against its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--county", default="paijat-hame")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--runs", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        data = given.data
        if data is None:
            from sources.synthetic import write_demo

            data = Path(scratch) / given.county
            write_demo(given.county, data, scale=given.scale)
        for number in range(1, given.runs + 1):
            seconds, peak, code = run_once(given.county, data.resolve(), Path(scratch) / "home")
            print(
                f"run {number}: {seconds:.0f} s ({seconds / SECONDS:.2f} of the limit), "
                f"peak {peak:.0f} MB ({peak / 1024 / GIGABYTES:.2f} of the limit), exit code {code}\n",
                flush=True,
            )


if __name__ == "__main__":
    main()
