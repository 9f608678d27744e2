"""Getting a llama.cpp that works on this machine: ready-made, built here, or built carefully."""

from __future__ import annotations

import os
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from installer import machine, terminal, wheels
from installer.errors import CommandError, SetupError
from installer.packages import Packages

_NAME = "llama-cpp-python"
_VERSION = f"import importlib.metadata; print(importlib.metadata.version('{_NAME}'))"
# What refsheet_tui.engine.selfcheck exits with when the engine died or could not start.
_ENGINE_BROKEN = 3
_CHECK_S = 300


def pinned_version(pyproject: Path) -> str:
    """The version that pyproject.toml pins."""
    pin = f"{_NAME}=="
    try:
        dependencies = tomllib.loads(pyproject.read_text())["project"]["dependencies"]
        return next(str(each).removeprefix(pin) for each in dependencies if each.startswith(pin))
    except (tomllib.TOMLDecodeError, KeyError, StopIteration) as error:
        raise SetupError(f"{pyproject} does not pin {_NAME}.", "Restore that file.") from error


def works(python: Path) -> bool:
    """Whether llama.cpp decodes a picture and a sentence, tried in a process of its own.

    Raises `SetupError` when that could not be tried.
    """
    command = [str(python), "-m", "refsheet_tui.engine.selfcheck"]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_CHECK_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    if done.returncode == 0:
        return True
    if done.returncode < 0 or done.returncode == _ENGINE_BROKEN:
        return False
    said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    raise SetupError(
        f"The installation could not be checked: {said}", f"Try '{' '.join(command)}' yourself."
    )


@dataclass(frozen=True)
class Llama:
    """llama-cpp-python in the version that the project pins."""

    packages: Packages
    version: str

    def ways(self) -> Iterator[str]:
        """Install llama.cpp and yield in which way; asked for the next, install it in another.

        Ends after the most careful way. Raises `SetupError` when building fails.
        """
        wanted = os.environ.get("CMAKE_ARGS", "")
        already = self.packages.output("-c", _VERSION) == self.version
        if already:
            yield "as it was installed"
        if not wanted:  # else the person asks for a build of their own
            for backend, index in wheels.indexes(self.version):
                if self._install_ready_made(backend, index):
                    yield f"ready-made, {backend}"
        machine.check_can_build()
        if not already:
            self._build(wanted)
            yield "built for this processor"
        careful = f"{wanted} {machine.portable_options()}".strip()
        terminal.say(f"trying a build with portable settings: {careful}")
        self._build(careful)
        yield "built with portable settings"

    def _install_ready_made(self, backend: str, index: str) -> bool:
        try:
            self.packages.install(
                f"installing a ready-made llama.cpp ({backend})",
                [*self._over(), "--extra-index-url", index, "--only-binary", _NAME, self._pin],
            )
        except CommandError:
            terminal.say(f"there is none for this system ({backend}).")
            return False
        return True

    def _build(self, options: str) -> None:
        over = self._over()
        try:
            self.packages.install(
                "building llama.cpp, which takes about 5 minutes on two cores",
                [*over, *(["--no-binary", _NAME] if over else []), self._pin],
                CMAKE_ARGS=options,
            )
        except CommandError:
            raise self.packages.failure("llama.cpp could not be built.") from None

    @property
    def _pin(self) -> str:
        return f"{_NAME}=={self.version}"

    def _over(self) -> list[str]:
        """Options that put another build of the same version over one that does not work, made
        anew: pip's cache holds what does not work."""
        if self.packages.output("-c", _VERSION) != self.version:
            return []
        return self.packages.replacing(_NAME)
