"""A PostgreSQL server of the tests' own on loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))


def program(name: str) -> str:
    found = PROGRAMS[-1] / name if PROGRAMS else shutil.which(name)
    if not found or not Path(found).exists():
        pytest.skip(f"PostgreSQL's program {name} is not on this machine")
    return str(found)


def as_server_user(*command: str) -> None:
    """Run a program of PostgreSQL; they refuse root, so root takes the part of the user postgres."""
    prefix: list[str] = []
    if os.geteuid() == 0:
        if "postgres" not in {entry.pw_name for entry in pwd.getpwall()}:
            pytest.skip("PostgreSQL's programs refuse root, and there is no user postgres")
        user = pwd.getpwnam("postgres")
        prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    done = subprocess.run([*prefix, *command], cwd="/", capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr + done.stdout


@contextmanager
def postgres_server() -> Iterator[str]:
    """URL of a server of our own, started in a folder its user may read; skips where there is none."""
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
    folder = Path(tempfile.mkdtemp(prefix="palvelutarve-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    cluster = str(folder / "cluster")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    try:
        as_server_user(initdb, "-D", cluster, "-U", "dagster", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
        as_server_user(pg_ctl, "-D", cluster, "-l", str(folder / "log"), "-w", "-o", options, "start")
        try:
            yield f"postgresql://dagster@127.0.0.1:{port}/postgres"
        finally:
            as_server_user(pg_ctl, "-D", cluster, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
