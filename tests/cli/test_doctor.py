"""`refsheet doctor`: its findings, and the private data that its report leaves out."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from helpers.command import ROOT, CommandResult, command, environment
from refsheet_tui.cli.bug_report import anonymize


def doctor(home: Path, *arguments: str | Path, **variables: str) -> CommandResult:
    done = subprocess.run(
        command("doctor", *arguments),
        capture_output=True,
        cwd=ROOT,
        env={**environment(home), **variables},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return CommandResult(done.returncode, done.stdout.decode(), done.stderr.decode())


def findings(outcome: CommandResult) -> dict[str, dict[str, str]]:
    return {each["topic"]: each for each in json.loads(outcome.out)["findings"]}


def test_all_is_well_on_a_machine_where_tests_run(tmp_path: Path) -> None:
    done = doctor(tmp_path, "--json")
    found = findings(done)
    assert done.code == 0, done.out
    assert found["llama.cpp"]["words"].startswith("llama-cpp-python 0.")
    assert "flash attention" in found["llama.cpp"]["words"]
    assert found["model in use"]["words"] == "demo"
    assert {"Python", "system", "memory", "locale", "cache in", "models in"} <= set(found)
    assert not any(each["remedy"] for each in found.values())


def test_each_problem_has_a_remedy_beside_it(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "config.yaml").write_text("model: 4b\n")
    done = doctor(tmp_path, LANG="C", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert done.code == 1
    lines = done.out.splitlines()
    broken = next(index for index, line in enumerate(lines) if line.startswith("! model in use"))
    assert "4b isn't downloaded yet" in lines[broken]
    assert lines[broken + 1].strip() == "Download it: refsheet models download 4b"


def test_a_model_that_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"GGUF" + os.urandom(5000))
    (config / "config.yaml").write_text(f"model: {bad}\nmmproj: {tmp_path}/none.gguf\n")
    done = doctor(tmp_path)
    assert done.code == 1
    assert "isn't a GGUF file" in done.out
    assert "none.gguf doesn't exist" in done.out


def test_a_mistake_in_the_settings_is_one_finding_of_many(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "config.yaml").write_text("modell: 4b\n")
    found = findings(doctor(tmp_path, "--json"))
    assert "modell" in found["settings"]["words"]
    assert "model in use" in found


def test_safe_mode_is_told(tmp_path: Path) -> None:
    from importlib.metadata import version

    state = tmp_path / "state"
    state.mkdir()
    mode = {"rung": 1, "place": "read", "how": "killed by SIGILL", "day": "2026-01-01"}
    key = f"demo.gguf 1 {version('llama-cpp-python')}"
    (state / "safe-mode.json").write_text(json.dumps({key: mode, "old.gguf 1 0.0.1": mode}))
    done = doctor(tmp_path)
    assert done.out.count("safe mode") == 1
    assert "demo.gguf 1 has used safer settings" in done.out
    assert "safe-mode.json" in done.out


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    found = findings(doctor(tmp_path, "--json", REFSHEET_CACHE_DIR=str(closed / "cache")))
    assert "isn't writable" in found["cache in"]["words"]


def test_the_report_holds_neither_home_nor_token(tmp_path: Path) -> None:
    home = tmp_path / "home" / "jane"
    (tmp_path / "state" / "log").mkdir(parents=True)
    secret = "hf_" + "a1B2" * 8
    (tmp_path / "state" / "log" / "crash.log").write_text(
        f"File {home}/refsheet/x.py\nAuthorization: Bearer {secret}\nHF_TOKEN=mine-own\x1b[31m\n"
    )
    report = tmp_path / "report.txt"
    models = tmp_path / "elsewhere-of-jane"
    variables = {"HOME": str(home), "HF_TOKEN": "mine-own", "REFSHEET_MODELS_DIR": str(models)}
    done = doctor(tmp_path, "--report", report, **variables)
    assert "Read the report before you share it" in done.out
    text = report.read_text()
    assert "llama-cpp-python" in text and "crash.log" in text
    for word in (secret, "mine-own", str(home), "jane", "\x1b"):
        assert word not in text
    again = doctor(tmp_path, "--report", report, **variables)
    assert again.code == 1 and "exists" in again.problem


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/home/jane/x", "/home/<somebody>/x"),
        ("/Users/jane/x", "/Users/<somebody>/x"),
        ("C:\\Users\\jane\\x", "C:\\Users\\<somebody>\\x"),
        ("key sk-abcdefgh12345", "key <token>"),
        ("?token=abc&x", "?token=<token>&x"),
        ('{"token": "abc"}', '{"token": <token>'),
        ("Authorization: Basic abc==", "Authorization: Basic <token>"),
        ("X-Amz-Signature=abc&y", "X-Amz-Signature=<token>&y"),
        ("api_key: abc", "api_key: <token>"),
        ("https://jane:secret@proxy:80", "https://<token>@proxy:80"),
        ("token to piece cache size = 1 MB", "token to piece cache size = 1 MB"),
        ("Bearer abc", "Bearer <token>"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_what_identifies_somebody_is_taken_out(text: str, found: str) -> None:
    assert anonymize(text) == found


def test_a_gpu_that_computes_wrongly_is_told(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "gpu-checks.json").write_text('{"Vulkan lavapipe, build 1": {"fault": "pictures"}}')
    done = doctor(tmp_path)
    assert "Vulkan lavapipe, build 1 gets pictures wrong" in done.out
