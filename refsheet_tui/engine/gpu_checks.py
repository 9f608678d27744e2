"""The results of checking the GPUs of this machine, saved for each build of llama.cpp."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from refsheet_tui.engine.events import GpuFault
from refsheet_tui.file_io import JsonFile
from refsheet_tui.paths import state_dir

# A check that began this often and never ended took the process down with it.
MAX_TRIES = 2


@dataclass(frozen=True)
class GpuCheckResult:
    """The result of comparing a GPU with the processor.

    `fault` is None if the check has begun `tries` times and never ended. `text_kl` is in nats,
    `picture_error` is relative to the length of the soft tokens.
    """

    fault: GpuFault | None
    tries: int = 1
    text_kl: float = 0.0
    picture_error: float = 0.0


def gpu_checks_file() -> Path:
    """Return the file in which this machine's check results are saved."""
    return state_dir() / "gpu-checks.json"


class GpuCheckStore:
    """The saved check results, by GPU and build."""

    def __init__(self, file: Path) -> None:
        self._file = JsonFile(file)

    def get(self, key: str) -> GpuCheckResult | None:
        """Return the result with this key, None if there is none."""
        return self.all_results().get(key)

    def all_results(self) -> dict[str, GpuCheckResult]:
        """Return every result by its key, which begins with the name of the GPU."""
        results = ((key, _parse_result(value)) for key, value in self._file.read().items())
        return {key: result for key, result in results if result is not None}

    def save(self, key: str, result: GpuCheckResult) -> None:
        """Remember the result with this key."""
        self._file.write({**self._file.read(), key: asdict(result)})


def _parse_result(value: object) -> GpuCheckResult | None:
    with suppress(TypeError):
        return GpuCheckResult(**value) if isinstance(value, dict) else None
    return None
