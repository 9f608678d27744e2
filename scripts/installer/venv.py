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

_COMMAND_S = 300
_CHECK = "import sys; sys.exit(sys.version_info < (3, 11))"


@dataclass(frozen=True)
class Environment:
    """`uv` is the program that installs into it; None: its own pip does."""

    python: Path
    uv: str | None

    @property
    def installer(self) -> list[str]:
        """The command that `install …` is appended to."""
        return [self.uv, "pip"] if self.uv else [str(self.python), "-m", "pip"]


def prepare(root: Path) -> Environment:
    """The environment in `root`/.venv, made (again) where it is missing or broken."""
    folder = root / ".venv"
    python = folder / "bin" / "python"
    uv = shutil.which("uv")
    if _problem(str(python), "-c", _CHECK):
        _remove(folder)
        uv = _make(folder, uv)
    if uv and _reaches_packages(uv, python):
        return Environment(python, uv)
    if _problem(str(python), "-m", "pip", "--version") and _problem(str(python), "-m", "ensurepip"):
        raise _no_pip(base_python())
    return Environment(python, None)


def base_python() -> Path:
    """The interpreter outside of any virtual environment, by its versioned name: a link named
    `python3` points to another version after an upgrade, and .venv would be silently empty."""
    base = Path(getattr(sys, "_base_executable", sys.executable))
    versioned = base.with_name(f"python{sys.version_info.major}.{sys.version_info.minor}")
    if versioned.exists() and versioned.samefile(base):
        return versioned
    return base.resolve()


def _make(folder: Path, uv: str | None) -> str | None:
    """Make the environment; returns uv where uv did it."""
    base = base_python()
    if uv and not _problem(uv, "venv", "--quiet", "--python", str(base), str(folder)):
        return uv
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise _no_pip(base)
    problem = _problem(str(base), "-m", "venv", "--clear", str(folder))
    if problem:
        raise SetupError(f"{folder} could not be made: {problem}", "Correct that, and run again.")
    return None


def _no_pip(base: Path) -> SetupError:
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
    terminal.say("making .venv again: it is incomplete, or its Python is gone.")
    try:
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)
        else:
            folder.unlink()
    except OSError as error:
        raise SetupError(f"{folder} can't be removed: {error}.", "Remove it yourself.") from error


def _reaches_packages(uv: str, python: Path) -> bool:
    """uv has index settings of its own: where only pip's lead to an index, pip has to do it."""
    return not _problem(
        uv, "pip", "install", "--quiet", "--python", str(python), "--upgrade", "pip"
    )


def _problem(*command: str) -> str | None:
    """Run a command; None when it ended well, else the last line it wrote."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_COMMAND_S,
            check=False,
        )
    except OSError as error:
        return str(error)
    except subprocess.TimeoutExpired:
        return f"{command[0]} took longer than {_COMMAND_S} s."
    if done.returncode == 0:
        return None
    return (done.stdout.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
