"""Install packages into .venv, with progress, a log, and one sentence on failure."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from installer import terminal
from installer.errors import CommandError, SetupError
from installer.venv import VirtualEnv

_TAIL_LINES = 15
_NO_NETWORK = (
    "Failed to establish a new connection",
    "Temporary failure in name resolution",
    "Name or service not known",
    "nodename nor servname",
    "Network is unreachable",
    "ConnectTimeoutError",
    "Connection refused",
    "dns error",
    "tcp connect error",
)
_NO_SPACE = ("No space left on device", "Disk quota exceeded")


@dataclass(frozen=True)
class PackageInstaller:
    """Installs packages into one environment.

    `root` is the project's folder. Its `install.log` holds the output of all commands.
    """

    environment: VirtualEnv
    root: Path

    @property
    def log(self) -> Path:
        return self.root / "install.log"

    def run_python(self, *arguments: str) -> str | None:
        """Return the output of the environment's Python; None when it fails."""
        command = [str(self.environment.python), *arguments]
        result = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        return result.stdout.strip() if result.returncode == 0 else None

    def reinstall_options(self, package: str) -> list[str]:
        """Return options that install `package` again although that version is installed."""
        if self.environment.uv:
            return ["--no-deps", "--no-cache", "--reinstall-package", package]
        return ["--no-deps", "--no-cache-dir", "--force-reinstall"]

    def install_project(self, extras: str) -> None:
        """Install the project itself, editable, and what it needs. `extras` may be `[test]`."""
        with_extras = " and what its tests need" if extras else ""
        try:
            self.install(f"installing refsheet{with_extras}", ["--editable", f".{extras}"])
        except CommandError:
            if self.environment.uv is None:
                raise self.describe_failure("refsheet could not be installed.") from None
            terminal.print_line("uv did not manage; trying pip.")
            PackageInstaller(replace(self.environment, uv=None), self.root).install_project(extras)

    def install(self, title: str, arguments: Sequence[str], **variables: str) -> None:
        """Run one installation. Raises `CommandError`."""
        if self.environment.uv:
            arguments = ["--python", str(self.environment.python), *arguments]
        else:
            arguments = ["--disable-pip-version-check", "--no-input", *arguments]
        command = [*self.environment.installer, "install", *arguments]
        # Without a network pip tries each package five times, for minutes.
        environment = {"PIP_RETRIES": "2", **os.environ, **variables}
        with self.log.open("ab") as log:
            log.write(f"\n$ {' '.join(command)}\n".encode())
            log.flush()
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self.root,
                close_fds=False,  # the child holds the installation's lock as long as it lives
            )
            try:
                terminal.wait_with_progress(title, lambda seconds: _wait_for_exit(child, seconds))
            except BaseException:
                child.terminate()
                child.wait()
                raise
        if child.returncode != 0:
            raise CommandError

    def describe_failure(self, summary: str) -> SetupError:
        """Return an error that says why the last installation failed, according to its log."""
        lines = self.log.read_text(errors="replace").splitlines()
        last = "\n".join(lines[_last_command(lines) :])
        if any(sign in last for sign in _NO_SPACE):
            return SetupError(f"{summary} The disk is full.", "Free some space and run this again.")
        if any(sign in last for sign in _NO_NETWORK):
            return SetupError(
                f"{summary} The packages it needs can't be downloaded from here.",
                "Check the network, a proxy or pip's index settings, and run this again.",
            )
        tail = "\n".join(f"    {line}" for line in lines[-_TAIL_LINES:])
        return SetupError(summary, f"The end of {self.log} says why:\n{tail}")


def _last_command(lines: Sequence[str]) -> int:
    return max((number for number, line in enumerate(lines) if line.startswith("$ ")), default=0)


def _wait_for_exit(child: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True
