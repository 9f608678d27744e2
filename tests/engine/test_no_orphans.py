"""No engine process outlives its client, whatever it is doing when the client is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.faults import Faults

pytestmark = pytest.mark.cold_start

TESTS = Path(__file__).parents[1]
PLACES = ["load", "look", "read", "write"]


def is_gone(pid: int) -> bool:
    """Return whether a process has ended, even if its parent has not waited for it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] in "ZX"


async def engine_of_killed_client(folder: Path, place: str, *, stopped: bool = False) -> int:
    """Kill a client whose engine is at `place`, and return the engine's process id.

    `stopped`: the engine is stopped by a signal when the client is killed.
    """
    client = subprocess.Popen(
        [sys.executable, str(TESTS / "helpers" / "doomed_client.py"), str(folder), place],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])},
    )
    with client:
        assert client.stdout is not None
        pid = int(client.stdout.readline())
        if stopped:
            os.kill(pid, signal.SIGSTOP)
        client.kill()
    return pid


async def until_gone(pid: int) -> None:
    while not is_gone(pid):
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("place", PLACES)
async def test_at_work(tmp_path: Path, place: str) -> None:
    await until_gone(await engine_of_killed_client(tmp_path, place))


@pytest.mark.parametrize("place", PLACES)
async def test_hung(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    Faults(monkeypatch, tmp_path).set(place, "hang")
    await until_gone(await engine_of_killed_client(tmp_path, place))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only a running process can notice")
async def test_stopped(tmp_path: Path) -> None:
    await until_gone(await engine_of_killed_client(tmp_path, "write", stopped=True))
