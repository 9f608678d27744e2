"""Ask which build of llama.cpp is installed, what it can use on this machine, and how fast it is.

The questions are asked in a process of its own, which may die of them.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from refsheet_tui.engine.process import child_environment
from refsheet_tui.errors import EngineError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import one_line

_PACKAGE = "refsheet_tui.engine.native"
_TIMEOUT_S = 60
_REMEDY = N_("Reinstall llama-cpp-python, built for this computer. See docs/models.md.")
_T = TypeVar("_T", bound=BaseModel)


class _ProbeAnswer(BaseModel):
    model_config = ConfigDict(frozen=True)


class GpuDevice(_ProbeAnswer):
    """A GPU. Sizes are in bytes; `shares_memory` is True if its memory is the machine's own."""

    name: str
    free: int
    total: int
    shares_memory: bool


class LlamaBuild(_ProbeAnswer):
    """The installed build of llama-cpp-python and what it can use on this machine.

    Attributes:
        version: The version of llama-cpp-python.
        cpu_features: The features of the processor that it uses.
        supports_gpu_offload: True if it can offload layers to a GPU.
        devices: The GPUs that it found.
        threads: The number of threads that it computes with.
        flash_attention: True if it uses flash attention when it may.
    """

    version: str
    cpu_features: tuple[str, ...]
    supports_gpu_offload: bool
    devices: tuple[GpuDevice, ...]
    threads: int
    flash_attention: bool


class _SpeedAnswer(_ProbeAnswer):
    bytes_per_s: float


def probe_build() -> LlamaBuild:
    """Return the installed build of llama.cpp, which takes half a second.

    Raises `EngineError` when llama.cpp can't even start here.
    """
    return _parse_answer(LlamaBuild, _run_native_module("probe"))


def measure_weight_bandwidth() -> float:
    """Measure how many bytes of weights a second this machine goes through while it writes.

    It writes with random weights for 3 seconds. Raises `EngineError`.
    """
    with tempfile.TemporaryDirectory(prefix="refsheet-") as folder:
        return _parse_answer(
            _SpeedAnswer, _run_native_module("speed_test", str(Path(folder) / "speed-test.gguf"))
        ).bytes_per_s


def _parse_answer(answer_type: type[_T], answer: str) -> _T:
    try:
        return answer_type.model_validate_json(answer)
    except ValidationError as error:
        raise EngineError(_("llama.cpp didn't respond."), _(_REMEDY)) from error


def _run_native_module(module: str, *arguments: str) -> str:
    with tempfile.TemporaryDirectory(prefix="refsheet-") as folder:
        try:
            result = subprocess.run(
                [sys.executable, "-m", f"{_PACKAGE}.{module}", *arguments],
                # An empty folder: Python imports from where a module is started.
                cwd=folder,
                env=child_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise EngineError(
                _("llama.cpp didn't respond within {seconds} s.").format(seconds=_TIMEOUT_S),
                _(_REMEDY),
            ) from error
        except OSError as error:
            raise EngineError(
                _("Can't start llama.cpp: {reason}.").format(reason=error.strerror),
                _("Free up some memory, then try again."),
            ) from error
    if result.returncode != 0:
        raise EngineError(
            _("llama.cpp doesn't run on this computer: {how}.").format(how=_describe_exit(result)),
            _(_REMEDY),
        )
    return result.stdout


def _describe_exit(result: subprocess.CompletedProcess[str]) -> str:
    if result.returncode < 0:
        name = signal.Signals(-result.returncode).name
        return _("killed by {what}").format(what=name)
    lines = result.stderr.strip().splitlines()
    if lines:
        return one_line(lines[-1])
    return _("exited with status {what}").format(what=result.returncode)
