"""Install a llama.cpp that works on this machine: ready-made, built here, or built carefully."""

from __future__ import annotations

import os
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from installer import machine, terminal, wheels
from installer.errors import CommandError, SetupError
from installer.packages import PackageInstaller

_PACKAGE = "llama-cpp-python"
_VERSION = f"import importlib.metadata; print(importlib.metadata.version('{_PACKAGE}'))"
# The status of refsheet_tui.engine.selfcheck when the engine died or could not start.
_ENGINE_BROKEN = 3
_CHECK_TIMEOUT_S = 300


def pinned_version(pyproject: Path) -> str:
    """Return the version that pyproject.toml pins. Raises `SetupError`."""
    pin = f"{_PACKAGE}=="
    try:
        dependencies = tomllib.loads(pyproject.read_text())["project"]["dependencies"]
        return next(str(each).removeprefix(pin) for each in dependencies if each.startswith(pin))
    except (tomllib.TOMLDecodeError, KeyError, StopIteration) as error:
        raise SetupError(f"{pyproject} does not pin {_PACKAGE}.", "Restore that file.") from error


def llama_works(python: Path) -> bool:
    """Return whether llama.cpp decodes a picture and a sentence, in a process of its own.

    Raises `SetupError` if that can't be tried.
    """
    command = [str(python), "-m", "refsheet_tui.engine.selfcheck"]
    try:
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_CHECK_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    if result.returncode == 0:
        return True
    if result.returncode < 0 or result.returncode == _ENGINE_BROKEN:
        return False
    last_line = (result.stderr.strip().splitlines() or ["it said nothing"])[-1]
    raise SetupError(
        f"The installation could not be checked: {last_line}",
        f"Try '{' '.join(command)}' yourself.",
    )


@dataclass(frozen=True)
class LlamaInstaller:
    """Installs llama-cpp-python in the version that the project pins."""

    packages: PackageInstaller
    version: str

    def try_variants(self) -> Iterator[str]:
        """Install one variant of llama.cpp after the other, and yield a description of each.

        The next one is installed when the caller asks for it. The last is the most careful one.
        Raises `SetupError` when building fails.
        """
        user_options = os.environ.get("CMAKE_ARGS", "")
        is_installed = self.packages.run_python("-c", _VERSION) == self.version
        if is_installed:
            yield "as it was installed"
        if not user_options:  # otherwise the user asks for a build with these options
            for backend, index in wheels.find_wheel_indexes(self.version):
                if self._install_ready_made(backend, index):
                    yield f"ready-made, {backend}"
        machine.check_can_build()
        if not is_installed:
            self._build(user_options)
            yield "built for this processor"
        portable_options = f"{user_options} {machine.portable_options()}".strip()
        terminal.print_line(f"trying a build with portable settings: {portable_options}")
        self._build(portable_options)
        yield "built with portable settings"

    def _install_ready_made(self, backend: str, index: str) -> bool:
        try:
            self.packages.install(
                f"installing a ready-made llama.cpp ({backend})",
                [
                    *self._reinstall_options(),
                    "--extra-index-url",
                    index,
                    "--only-binary",
                    _PACKAGE,
                    self._pin,
                ],
            )
        except CommandError:
            terminal.print_line(f"there is none for this system ({backend}).")
            return False
        return True

    def _build(self, options: str) -> None:
        reinstall_options = self._reinstall_options()
        try:
            self.packages.install(
                "building llama.cpp, which takes about 5 minutes on two cores",
                [
                    *reinstall_options,
                    *(["--no-binary", _PACKAGE] if reinstall_options else []),
                    self._pin,
                ],
                CMAKE_ARGS=options,
            )
        except CommandError:
            raise self.packages.describe_failure("llama.cpp could not be built.") from None

    @property
    def _pin(self) -> str:
        return f"{_PACKAGE}=={self.version}"

    def _reinstall_options(self) -> list[str]:
        """Return options that replace a build that does not work by another of the same version.

        They avoid pip's cache, because it holds the build that does not work.
        """
        if self.packages.run_python("-c", _VERSION) != self.version:
            return []
        return self.packages.reinstall_options(_PACKAGE)
