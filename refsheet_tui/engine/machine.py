"""What llama.cpp finds on this machine, and how fast it is here. Asked in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from refsheet_tui.engine.process import environment
from refsheet_tui.errors import EngineError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import one_line

_PACKAGE = "refsheet_tui.engine.native"
_PATIENCE_S = 60
_REMEDY = N_("Install llama-cpp-python anew, built for this machine: see docs/models.md.")
_T = TypeVar("_T", bound=BaseModel)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Device(_Answer):
    """A GPU; sizes in bytes. `shares`: what it has is the machine's own memory."""

    name: str
    free: int
    total: int
    shares: bool


class Build(_Answer):
    """llama-cpp-python as it is installed: which of the processor's abilities it uses, whether it
    can use a GPU and which there are, and how many threads it computes with."""

    version: str
    features: tuple[str, ...]
    offloads: bool
    devices: tuple[Device, ...]
    threads: int
    flash_attention: bool


class _Speed(_Answer):
    bytes_per_s: float


def ask_build() -> Build:
    """Takes half a second. Raises `EngineError` when llama.cpp can't even start here."""
    return _read(Build, _run("probe"))


def measure_speed() -> float:
    """How many bytes of weights a second writing goes through, by doing it for 3 seconds with
    random ones. Raises `EngineError`."""
    with tempfile.TemporaryDirectory(prefix="refsheet-") as folder:
        return _read(_Speed, _run("yardstick", str(Path(folder) / "yardstick.gguf"))).bytes_per_s


def _read(kind: type[_T], answer: str) -> _T:
    try:
        return kind.model_validate_json(answer)
    except ValidationError as error:
        raise EngineError(_("llama.cpp gave no answer."), _(_REMEDY)) from error


def _run(module: str, *arguments: str) -> str:
    with tempfile.TemporaryDirectory(prefix="refsheet-") as folder:
        try:
            done = subprocess.run(
                [sys.executable, "-m", f"{_PACKAGE}.{module}", *arguments],
                # An empty folder: Python imports from where a module is started.
                cwd=folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_PATIENCE_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise EngineError(
                _("llama.cpp did not answer in {seconds} s.").format(seconds=_PATIENCE_S),
                _(_REMEDY),
            ) from error
        except OSError as error:
            raise EngineError(
                _("llama.cpp can't be started: {reason}.").format(reason=error.strerror),
                _("Free some memory, and try again."),
            ) from error
    if done.returncode != 0:
        raise EngineError(
            _("llama.cpp does not run here: {how}.").format(how=_how(done)), _(_REMEDY)
        )
    return done.stdout


def _how(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        return _("it was ended by {what}").format(what=name)
    words = done.stderr.strip().splitlines()
    if words:
        return one_line(words[-1])
    return _("it exited with status {what}").format(what=done.returncode)
