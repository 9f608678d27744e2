"""The decisions of scripts/run, on machines where every tool is a fake. Nothing is built."""

from __future__ import annotations

import functools
import http.server
import os
import platform
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.fake_tools import Machine
from installer import machine as hardware, wheels
from installer.errors import SetupError


@pytest.fixture
def machine(tmp_path: Path, root: Path) -> Machine:
    return Machine.make(tmp_path, root)


def test_the_first_run_installs_and_the_next_only_starts(machine: Machine) -> None:
    machine.environment()
    first = machine.run("ask", "two words", "")
    assert first.returncode == 0, first.stderr
    assert first.stdout == "<ask>\n<two words>\n<>\n"
    assert "building llama.cpp, which takes about 5 minutes" in first.stderr
    assert len(machine.installs()) == 2
    (machine.bin / "python3").unlink()  # a later run starts only refsheet's own Python
    second = machine.run("ask")
    assert (second.stdout, second.stderr) == ("<ask>\n", "")
    assert len(machine.installs()) == 2


def test_a_changed_project_is_installed_again_without_building(machine: Machine) -> None:
    machine.environment()
    assert machine.run().returncode == 0
    with (machine.root / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    assert machine.run().returncode == 0
    assert ["llama-cpp-python" in line for line in machine.installs()] == [True, False, False]


def test_uv_makes_the_environment_where_there_is_one(machine: Machine) -> None:
    made = machine.state / "made"
    machine.environment()
    (machine.root / ".venv").rename(made)
    machine.tool(
        "uv",
        f'echo "$*" >>"{machine.state}/uv"\n'
        f'[ "$1" = venv ] || exit 0\nfor to; do :; done\nmv "{made}" "$to"',
    )
    done = machine.run()
    assert done.returncode == 0, done.stderr
    asked = (machine.state / "uv").read_text().splitlines()
    assert [line.split()[0] for line in asked] == ["venv", "pip", "pip", "pip"]
    assert "llama-cpp-python==0.3.36" in asked[2]
    assert "--editable ." in asked[3]


def test_pip_installs_where_uv_reaches_no_index(machine: Machine) -> None:
    machine.environment()
    machine.tool("uv", "exit 2")
    assert machine.run().returncode == 0
    assert len(machine.installs()) == 2


@pytest.mark.parametrize("death", [3, "killed"])
def test_a_build_that_dies_is_built_again_without_amx(machine: Machine, death: int | str) -> None:
    machine.environment()
    machine.checks_end_with(death, 0)
    done = machine.run("--version")
    assert done.returncode == 0, done.stderr
    assert "llama.cpp (built for this processor) dies on this machine" in done.stderr
    assert "portable settings: -DGGML_NATIVE=OFF" in done.stderr
    again = machine.installs()[2]
    for option in ("--no-cache-dir", "--force-reinstall", "--no-binary", "-DGGML_NATIVE=OFF"):
        assert option in again
    assert "AMX" not in again
    assert done.stdout == "<--version>\n"


def test_an_interrupted_rebuild_is_not_preceded_by_the_build_that_dies(machine: Machine) -> None:
    machine.environment()
    (machine.state / "llama").write_text("0.3.36\n")
    machine.checks_end_with(3, 0)
    assert machine.run().returncode == 0
    builds = [line for line in machine.installs() if "llama-cpp-python" in line]
    assert len(builds) == 1
    assert "-DGGML_NATIVE=OFF" in builds[0]


def test_when_the_portable_build_dies_too_it_says_so_and_nothing_counts_as_installed(
    machine: Machine,
) -> None:
    machine.environment()
    machine.checks_end_with(3, 3)
    done = machine.run()
    assert done.returncode == 1
    assert "not even built with portable settings" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((machine.root / ".venv").glob("installed-*"))


def test_a_check_that_fails_for_another_reason_builds_nothing_again(machine: Machine) -> None:
    machine.environment()
    machine.checks_end_with(1)
    done = machine.run()
    assert done.returncode == 1
    assert "could not be checked" in done.stderr
    assert len(machine.installs()) == 2


def test_the_persons_own_build_options_are_kept(machine: Machine) -> None:
    machine.environment()
    machine.checks_end_with(3, 0)
    assert machine.run(CMAKE_ARGS="-DGGML_CUDA=ON").returncode == 0
    first, _, again, _ = machine.installs()
    assert "CMAKE_ARGS=-DGGML_CUDA=ON" in first
    assert "CMAKE_ARGS=-DGGML_CUDA=ON -DGGML_NATIVE=OFF" in again


@pytest.mark.parametrize("version", ["3.8.18", "3.10.13"])
def test_a_python_that_is_too_old_is_named_with_its_version(machine: Machine, version: str) -> None:
    machine.tool("python3", f'[ "$1" = -V ] || exit 1; echo Python {version}')
    done = machine.run()
    assert done.returncode == 1
    assert f"Python 3.11 or newer is needed, and 'python3' is {version}" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_newer_python_is_found_beside_an_old_one(machine: Machine) -> None:
    machine.environment()
    (machine.bin / "python3").rename(machine.bin / "python3.12")
    machine.tool("python3", "exit 1")
    assert machine.run().returncode == 0


def test_a_missing_python_is_said(machine: Machine) -> None:
    (machine.bin / "python3").unlink()
    assert "'python3' is not to be found" in machine.run().stderr


def test_the_python_that_is_asked_for_is_the_one_that_counts(machine: Machine) -> None:
    assert "'/no/such' is not to be found" in machine.run(PYTHON="/no/such").stderr


def test_a_missing_compiler_is_said_before_anything_is_built(machine: Machine) -> None:
    machine.environment()
    (machine.bin / "c++").unlink()
    done = machine.run()
    assert done.returncode == 1
    assert "there is no C++ compiler" in done.stderr
    assert "build-essential" in done.stderr
    assert machine.installs() == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("NewConnectionError: Failed to establish a new connection", "can't be downloaded"),
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("CMake Error: no", "    CMake Error: no"),
    ],
)
def test_a_failed_installation_says_why(machine: Machine, said: str, expected: str) -> None:
    machine.environment()
    (machine.state / "refuse").write_text(f"{said}\n")
    done = machine.run()
    assert done.returncode == 1
    assert "llama.cpp could not be built." in done.stderr
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


def test_too_little_disk_space_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(SetupError, match=r"0\.0 GiB of free disk space and 0\.5 GiB are needed"):
        hardware.check_space_for_packages(tmp_path)


def test_two_runs_at_once_install_once(machine: Machine) -> None:
    machine.environment()
    command = [str(machine.root / "scripts" / "run"), "hello"]
    both = [
        subprocess.Popen(command, env=machine.variables(), stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [child.communicate()[0] for child in both] == ["<hello>\n"] * 2
    assert len(machine.installs()) == 2


def test_an_interrupted_run_can_be_run_again(machine: Machine) -> None:
    machine.environment()
    python = machine.root / ".venv" / "bin" / "python"
    fake = python.read_text()
    begun = machine.state / "begun"
    os.mkfifo(begun)
    python.write_text(
        fake.replace('*"pip install"*)', f'*"pip install"*)\necho >"{begun}"; exec sleep 600\n')
    )
    child = subprocess.Popen(
        [str(machine.root / "scripts" / "run")],
        env=machine.variables(),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # its own process group, as in a terminal
    )
    begun.read_text()
    os.killpg(child.pid, signal.SIGINT)
    assert "the next run goes on from here" in child.communicate()[1]
    assert not list((machine.root / ".venv").glob("installed-*"))
    python.write_text(fake)
    assert machine.run("again").stdout == "<again>\n"


class Wheels(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        """Log nothing."""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """Yield the address of a wheel index that has `cpu` wheels of 0.3.36."""
    page = tmp_path / "whl" / "cpu" / "llama-cpp-python"
    page.mkdir(parents=True)
    (page / "index.html").write_text("<a>llama_cpp_python-0.3.36-py3-none-any.whl</a>")
    handler = functools.partial(Wheels, directory=str(tmp_path / "whl"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_ready_made_wheels_are_used_where_the_index_has_them(machine: Machine, index: str) -> None:
    machine.environment()
    (machine.bin / "c++").unlink()  # wheels need no compiler
    done = machine.run(REFSHEET_WHEELS=index)
    assert done.returncode == 0, done.stderr
    assert f"--extra-index-url {index}/cpu --only-binary llama-cpp-python" in machine.installs()[0]
    assert "building" not in done.stderr


def test_an_index_that_does_not_answer_is_not_used(machine: Machine) -> None:
    machine.environment()
    done = machine.run(REFSHEET_WHEELS="http://127.0.0.1:9")
    assert done.returncode == 0, done.stderr
    assert "--extra-index-url" not in machine.installs()[0]


def test_an_index_without_this_version_is_not_used(
    index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFSHEET_WHEELS", index)
    monkeypatch.setattr(hardware, "cuda_version", lambda: (12, 4))
    assert list(wheels.find_wheel_indexes("0.3.36")) == [("cpu", f"{index}/cpu")]
    assert list(wheels.find_wheel_indexes("0.3.35")) == []


def test_the_driver_decides_which_cuda_wheels_can_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(hardware, "cuda_version", lambda: (12, 4))
    assert list(wheels._backends()) == ["cu124", "cu123", "cu122", "cu121", "cpu"]


def test_portable_options_use_what_every_core_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(hardware, "_features", lambda: {"avx", "avx2", "fma", "avx512f"})
    options = hardware.portable_options()
    assert "-DGGML_AVX2=ON" in options
    assert "-DGGML_AVX512=OFF" in options
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert hardware.portable_options() == "-DGGML_NATIVE=OFF"


def test_the_scripts_are_posix_shell(root: Path) -> None:
    for name in ("run", "test", "start.sh"):
        subprocess.run(["sh", "-n", str(root / "scripts" / name)], check=True)
