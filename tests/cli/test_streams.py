"""Standard streams that are closed, full, or can't show every letter, and invalid paths."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from helpers.command import ROOT, command, environment, refsheet

EMBER = "samples/ember.png"


def shell(home: Path, line: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `line`, in which `"$@"` is `refsheet`."""
    return subprocess.run(
        ["sh", "-c", line, "sh", *command()],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**environment(home), **variables},
    )


def test_a_talk_with_standard_input_closed_is_a_greeting(tmp_path: Path) -> None:
    done = shell(tmp_path, '"$@" talk ember --greedy <&-')
    assert done.returncode == 0
    assert "Ember" in done.stdout


def test_a_closed_standard_output_is_no_crash(tmp_path: Path) -> None:
    done = shell(tmp_path, '"$@" ask --greedy Hello >&-')
    assert done.returncode == 0
    assert "refsheet: " not in done.stderr and "Exception" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_behind_standard_output_is_one_sentence(tmp_path: Path) -> None:
    done = shell(tmp_path, '"$@" ask --greedy Hello >/dev/full')
    assert done.returncode == 1
    assert "refsheet: Can't write to standard output: No space left" in done.stderr
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr


def test_letters_that_the_output_can_t_show_don_t_stop_a_reply(tmp_path: Path) -> None:
    plain = shell(tmp_path, '"$@" talk ember --language zh --greedy', PYTHONIOENCODING="ascii")
    assert plain.returncode == 0
    assert "???" in plain.stdout


def test_json_loses_no_letter_in_any_encoding(tmp_path: Path) -> None:
    line = '"$@" talk ember --language zh --greedy --json'
    done = shell(tmp_path, line, PYTHONIOENCODING="ascii")
    assert "小焰" in json.loads(done.stdout)["text"]


@pytest.mark.parametrize("path", ["x" * 300, "~nobody-of-this-name/x"])
@pytest.mark.parametrize(
    "before", [("ask",), ("talk",), ("ask", "--model"), ("ask", "--model", EMBER, "--mmproj")]
)
def test_a_path_that_can_t_be(tmp_path: Path, before: tuple[str, ...], path: str) -> None:
    after = () if before == ("talk",) else ("Hi",)
    done = refsheet(tmp_path, *before, path, *after)
    assert done.code == 1
    assert (EMBER if "--mmproj" in before else path) in done.problem
    assert "Unexpected error" not in done.err
    assert done.out == ""


def test_an_option_before_the_command_counts(tmp_path: Path) -> None:
    done = refsheet(tmp_path, "--model", "nowhere.gguf", "ask", "Hello!")
    assert done.code == 1
    assert "nowhere.gguf" in done.problem
    after = refsheet(tmp_path, "--model", "nowhere.gguf", "ask", "--model", "demo", "Hello!")
    assert after.code == 0


def test_logs_that_have_no_place_are_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    done = refsheet(tmp_path, "ask", "--greedy", "Hello!")
    assert done.code == 0
    assert done.out
