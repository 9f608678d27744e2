"""A copy of the scripts in a new folder, with a PATH on which every tool is a fake."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_REAL_TOOLS = ("sh", "cat", "cksum", "dirname", "env", "sleep")
_PYTHON = Path(getattr(sys, "_base_executable", sys.executable)).resolve()

# The Python of the fake environment. `state/llama` is the installed version of llama.cpp,
# `state/checks` has the exit statuses of the next self-checks, and `state/refuse` the output of an
# installation that fails.
_FAKE_PYTHON = """#!/bin/sh
state='{state}'
echo "$* CMAKE_ARGS=$CMAKE_ARGS" >>"$state/calls"
case "$*" in
*selfcheck*)
    read -r status <"$state/checks" || exit 0
    { read -r _; cat; } <"$state/checks" >"$state/rest" || :
    mv "$state/rest" "$state/checks"
    [ "$status" = killed ] && kill -SEGV $$
    exit "$status" ;;
*importlib.metadata*) cat "$state/llama" ;;
*"pip install"*)
    if [ -f "$state/refuse" ]; then cat "$state/refuse"; exit 1; fi
    case "$*" in *llama-cpp-python==*) echo 0.3.36 >"$state/llama" ;; esac ;;
esac
"""


@dataclass(frozen=True)
class Machine:
    """A machine on which all tools are fakes.

    `root` is the copy of the project, `bin` is all of PATH, and the fakes save data in `state`.
    """

    root: Path
    bin: Path
    state: Path

    @staticmethod
    def make(tmp_path: Path, project: Path) -> Machine:
        machine = Machine(tmp_path / "a clone [1]", tmp_path / "bin", tmp_path / "state")
        for folder in (machine.root, machine.bin, machine.state):
            folder.mkdir()
        shutil.copytree(project / "scripts", machine.root / "scripts")
        shutil.copy(project / "pyproject.toml", machine.root)
        for name in (*_REAL_TOOLS, "mv"):
            found = shutil.which(name)
            assert found is not None
            (machine.bin / name).symlink_to(found)
        machine.tool("python3", f'exec "{_PYTHON}" "$@"')
        machine.tool("c++", "exit 0")
        machine.tool("uname", "echo fake")
        return machine

    def tool(self, name: str, script: str) -> None:
        _executable(self.bin / name, f"#!/bin/sh\n{script}\n")

    def environment(self) -> None:
        """Create a .venv with a fake Python, and with a `refsheet` that prints its arguments."""
        folder = self.root / ".venv" / "bin"
        folder.mkdir(parents=True, exist_ok=True)
        _executable(folder / "python", _FAKE_PYTHON.replace("{state}", str(self.state)))
        _executable(folder / "refsheet", '#!/bin/sh\nfor each; do echo "<$each>"; done\n')

    def checks_end_with(self, *statuses: int | str) -> None:
        (self.state / "checks").write_text("".join(f"{status}\n" for status in statuses))

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.root / "scripts" / "run"), *arguments],
            env=self.variables(**variables),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def variables(self, **variables: str) -> dict[str, str]:
        wanted = {"PATH": str(self.bin), "HOME": str(self.state), "REFSHEET_WHEELS": ""}
        if "TMPDIR" in os.environ:
            wanted["TMPDIR"] = os.environ["TMPDIR"]
        return {**wanted, **variables}

    def installs(self) -> list[str]:
        """Return the command lines of all installations so far."""
        lines = (self.state / "calls").read_text().splitlines()
        return [line for line in lines if "pip install" in line]


def _executable(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
