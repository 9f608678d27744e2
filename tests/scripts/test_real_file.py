"""`scripts/test --real FILE [MMPROJ]` tests a file; the demo stands in for the user's Gemma 3."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.fake_tools import Machine
from refsheet_tui.paths import demo_mmproj, demo_model

ROOT = Path(__file__).resolve().parent.parent.parent


def run(*command: str | Path, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    # The variables of pytest belong to this run.
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, check=False)


def run_tests(*options: str | Path) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "pytest", "-q", "tests/real", *options)


@pytest.mark.parametrize("given", [[], ["missing file.gguf"], [demo_model(), "missing.gguf"]])
def test_a_missing_file_is_told_before_anything_else(
    given: list[str | Path], tmp_path: Path
) -> None:
    done = run("sh", ROOT / "scripts" / "test", "--real", *given, folder=tmp_path)
    assert done.returncode == 2
    assert "scripts/test --real FILE [MMPROJ]" in done.stderr
    if given:
        assert f"There is no file '{given[-1]}'." in done.stderr


@pytest.mark.parametrize(
    ("more", "passed_on"),
    [
        ([], []),
        (["its projector.gguf", "-x"], ["--mmproj", "{}/its projector.gguf", "-x"]),
        (["-x"], ["-x"]),
    ],
)
def test_paths_lead_where_the_user_is(
    tmp_path: Path, root: Path, more: list[str], passed_on: list[str]
) -> None:
    """The tests run in the project's folder, not in the user's."""
    for name in ("my model.gguf", "its projector.gguf"):
        (tmp_path / name).touch()
    machine = Machine.make(tmp_path, root)
    machine.environment()
    pytest_of_it = machine.root / ".venv" / "bin" / "pytest"
    pytest_of_it.write_text('#!/bin/sh\nprintf "<%s>\\n" "$PWD" "$@"\n')
    pytest_of_it.chmod(0o755)
    done = subprocess.run(
        [machine.root / "scripts" / "test", "--real", "my model.gguf", *more],
        cwd=tmp_path,
        env=machine.variables(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    want = [
        str(machine.root),
        "-q",
        "--timeout",
        "0",
        "tests/real",
        "--real",
        f"{tmp_path}/my model.gguf",
    ]
    want += [each.format(tmp_path) for each in passed_on]
    assert done.stdout.splitlines() == [f"<{each}>" for each in want]


def test_a_file_of_another_kind_is_refused_in_a_sentence() -> None:
    done = run_tests("--real", ROOT / "README.md")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "README.md isn't a GGUF file." in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_measured_stands_in_a_table(tmp_path: Path) -> None:
    """Only the tests that take no more than seconds are run."""
    model = tmp_path / "my model.gguf"
    shutil.copy(demo_model(), model)
    quick = "verify or tokens or next_turn"
    done = run_tests("--real", model, "--mmproj", demo_mmproj(), "-k", quick)
    assert done.returncode == 0, done.stdout
    assert "| verify: my model.gguf, format " in done.stdout
    assert "not compared: this file has 2,048 tokens" in done.stdout
    assert "| KL from a cold run: the next turn " in done.stdout
