"""Running `refsheet` as a user or a script does."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class CommandResult:
    code: int
    out: str
    err: str

    @property
    def problem(self) -> str:
        """The line of standard error that says why the command failed."""
        lines = [line for line in self.err.splitlines() if line.startswith("refsheet: ")]
        assert len(lines) == 1, self.err
        return lines[0]


def environment(home: Path) -> dict[str, str]:
    """Return environment variables with new folders and without the user's settings."""
    names = ("CONFIG", "DATA", "CACHE", "STATE", "MODELS")
    folders = {f"REFSHEET_{name}_DIR": str(home / name.lower()) for name in names}
    # Output is buffered, as it is for users, so that text that is never written is noticed.
    unwanted = ("REFSHEET_", "LC_", "LANG", "PYTHONUNBUFFERED")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return {**kept, **folders, "LANG": "C.UTF-8"}


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "refsheet_tui", *map(str, arguments)]


def refsheet(home: Path, *arguments: str | Path, stdin: bytes = b"") -> CommandResult:
    """Run a command to its end, in the project's folder and with files instead of a terminal."""
    if sys.platform != "linux":
        done = subprocess.run(
            command(*arguments), input=stdin, capture_output=True, cwd=ROOT, env=environment(home)
        )
        return CommandResult(done.returncode, done.stdout.decode(), done.stderr.decode())
    from helpers import forked

    with (
        tempfile.TemporaryFile() as inbox,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        inbox.write(stdin)
        inbox.seek(0)
        process = forked.fork_module(
            "refsheet_tui",
            list(map(str, arguments)),
            [inbox.fileno(), out.fileno(), err.fileno()],
            folder=ROOT,
            environment=environment(home),
        )
        try:
            process.join()
        finally:
            process.kill()
        assert process.exitcode is not None
        out.seek(0)
        err.seek(0)
        return CommandResult(process.exitcode, out.read().decode(), err.read().decode())
