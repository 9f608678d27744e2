"""The whole program works even if the kernel refuses every network socket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.no_network import CAN_REFUSE, no_network

pytestmark = pytest.mark.skipif(not CAN_REFUSE, reason="the filter is for Linux")


def cut_off(root: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "refsheet_tui", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=root,
        preexec_fn=no_network,
        env={**os.environ, "LANG": "C.UTF-8"},
        check=False,
    )


def test_the_refusal_is_real(root: Path) -> None:
    code = "import socket; socket.create_connection(('127.0.0.1', 9))"
    done = subprocess.run(
        [sys.executable, "-c", code], preexec_fn=no_network, capture_output=True, text=True
    )
    assert "PermissionError" in done.stderr


def test_a_chat_needs_no_network(root: Path) -> None:
    done = cut_off(root, "talk", "ember", "--greedy", "--json", stdin="What are you?\n")
    assert done.returncode == 0, done.stderr
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask", "samples/ember.png", "What is this?", "--max-new-tokens", "8"),
        ("models",),
        ("models", "path", "demo"),
        ("doctor",),
        ("cache",),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_no_other_command_needs_one(root: Path, arguments: tuple[str, ...]) -> None:
    done = cut_off(root, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "denied" not in done.stderr


def test_a_download_says_that_it_can_reach_nobody(root: Path) -> None:
    done = cut_off(root, "models", "download", "4b", "--accept-licence")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Can't reach Hugging Face" in done.stderr
