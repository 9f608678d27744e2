"""The virtual environment in .venv."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from installer import terminal
from installer.errors import SetupError

_COMMAND_TIMEOUT_S = 300
_VERSION_CHECK = "import sys; sys.exit(sys.version_info < (3, 11))"


@dataclass(frozen=True)
class VirtualEnv:
    """A virtual environment. `uv` is the program that installs into it; None for its own pip."""

    python: Path
    uv: str | None

    @property
    def installer(self) -> list[str]:
        """The command that `install …` is appended to."""
        return [self.uv, "pip"] if self.uv else [str(self.python), "-m", "pip"]


def prepare_environment(root: Path) -> VirtualEnv:
    """Return the environment in `root`/.venv, after making it if it is missing or broken."""
    folder = root / ".venv"
    python = folder / "bin" / "python"
    uv = shutil.which("uv")
    if _run_for_error(str(python), "-c", _VERSION_CHECK):
        _remove(folder)
        uv = _create(folder, uv)
    if uv and _uv_reaches_index(uv, python):
        return VirtualEnv(python, uv)
    if _run_for_error(str(python), "-m", "pip", "--version") and _run_for_error(
        str(python), "-m", "ensurepip"
    ):
        raise _no_pip_error(base_python())
    return VirtualEnv(python, None)


def base_python() -> Path:
    """Return the interpreter outside of any virtual environment, by its versioned name.

    A link named `python3` points to another version after an upgrade, and .venv would be silently
    empty.
    """
    base = Path(getattr(sys, "_base_executable", sys.executable))
    versioned = base.with_name(f"python{sys.version_info.major}.{sys.version_info.minor}")
    if versioned.exists() and versioned.samefile(base):
        return versioned
    return base.resolve()


def _create(folder: Path, uv: str | None) -> str | None:
    """Make the environment. Returns uv if uv made it."""
    base = base_python()
    if uv and not _run_for_error(uv, "venv", "--quiet", "--python", str(base), str(folder)):
        return uv
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise _no_pip_error(base)
    problem = _run_for_error(str(base), "-m", "venv", "--clear", str(folder))
    if problem:
        raise SetupError(f"{folder} could not be made: {problem}", "Correct that, and run again.")
    return None


def _no_pip_error(base: Path) -> SetupError:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return SetupError(
        f"{base} can't make a virtual environment with pip.",
        f"On Debian and Ubuntu: sudo apt install python{version}-venv; elsewhere install a "
        "complete Python, or uv. Then run this again.",
    )


def _remove(folder: Path) -> None:
    """Remove what is left of a broken environment."""
    if not os.path.lexists(folder):
        return
    terminal.print_line("making .venv again: it is incomplete, or its Python is gone.")
    try:
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)
        else:
            folder.unlink()
    except OSError as error:
        raise SetupError(f"{folder} can't be removed: {error}.", "Remove it yourself.") from error


def _uv_reaches_index(uv: str, python: Path) -> bool:
    """Return whether uv can install packages.

    It has its own index settings: if only pip's lead to an index, pip has to install.
    """
    return not _run_for_error(
        uv, "pip", "install", "--quiet", "--python", str(python), "--upgrade", "pip"
    )


def _run_for_error(*command: str) -> str | None:
    """Run a command. Returns None on success, else the last line that it wrote."""
    try:
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_COMMAND_TIMEOUT_S,
            check=False,
        )
    except OSError as error:
        return str(error)
    except subprocess.TimeoutExpired:
        return f"{command[0]} took longer than {_COMMAND_TIMEOUT_S} s."
    if result.returncode == 0:
        return None
    return (result.stdout.strip().splitlines() or [f"exit status {result.returncode}"])[-1]
