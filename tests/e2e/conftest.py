"""One small synthetic edition made through the command line, shared by the tests that look at products."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

KEY = "a key for the tests only, 0123456789"
SLUG, CODE, EDITION = "vantaa-kerava", "04", "2026-11"
LOG = "first_run.log"
COUNTIES = Path(__file__).parent / "counties"  # the county with fewer draws, months and languages


@dataclass(frozen=True)
class Palvelutarve:
    """The installed command on one data folder, with further lines of settings."""

    data: Path
    settings: str = ""

    @property
    def environment(self) -> dict[str, str]:
        settings = self.data / "settings.yaml"
        settings.write_text(f"counties: {COUNTIES}\n{self.settings}", encoding="utf-8")
        return {
            **os.environ,
            "PALVELUTARVE_SETTINGS": str(settings),
            "PALVELUTARVE_DATA": str(self.data),
            "PALVELUTARVE_PSEUDONYM_KEY": KEY,
            "PYTHONUNBUFFERED": "1",
        }

    @property
    def release(self) -> Path:
        return self.data / "synthetic" / "releases" / CODE / EDITION

    def command(self, *arguments: str) -> list[str]:
        return [str(Path(sys.executable).parent / "palvelutarve"), *arguments]

    def run(self, *arguments: str, timeout: float = 400) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            env=self.environment,
            cwd=self.data,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def run_and_kill(self, *arguments: str, when: str, after: float = 0.0) -> bool:
        """Start the command, kill it without warning `after` seconds from when `when` is printed.

        Returns:
            False when the command had ended before.
        """
        process = subprocess.Popen(
            self.command(*arguments),
            env=self.environment,
            cwd=self.data,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert process.stderr is not None
        for line in process.stderr:
            if when in line:
                time.sleep(after)
                os.killpg(process.pid, signal.SIGKILL)
                return process.wait() == -signal.SIGKILL
        process.wait()
        return False


def tree(folder: Path) -> dict[str, bytes]:
    """Every file under a folder by its relative name."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Path:
    """A small synthetic county."""
    from datetime import date

    from sources.synthetic import write_demo

    folder = tmp_path_factory.mktemp("demo") / SLUG
    write_demo(SLUG, folder, seed=3, scale=0.03, as_of=date(2026, 10, 31))
    return folder


@pytest.fixture(scope="session")
def published(demo, tmp_path_factory) -> Palvelutarve:
    """The whole job run once on the small county."""
    house = Palvelutarve(tmp_path_factory.mktemp("data"))
    done = house.run("run", "--county", SLUG, "--data", str(demo))
    assert done.returncode == 0, done.stderr[-4000:]
    (house.data / LOG).write_text(done.stderr, encoding="utf-8")
    return house
