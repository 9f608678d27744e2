"""What GPUs of this machine compute wrongly, remembered for each build of llama.cpp."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from refsheet_tui.engine.events import GpuFault
from refsheet_tui.paths import state_dir

# A check that ended so often without an answer took the process down with it.
MOST_TRIES = 2


@dataclass(frozen=True)
class GpuVerdict:
    """The outcome of comparing a GPU with the processor.

    `fault` None: the check has begun `tries` times and never ended. `text_kl` is in nats,
    `picture_error` relative to the length of the soft tokens.
    """

    fault: GpuFault | None
    tries: int = 1
    text_kl: float = 0.0
    picture_error: float = 0.0


def gpu_faults_file() -> Path:
    """Return where verdicts are remembered on this machine."""
    return state_dir() / "gpu-checks.json"


class GpuFaults:
    """Verdicts by GPU and build, in a small file. Damaged or unwritable it is empty."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def get(self, key: str) -> GpuVerdict | None:
        return self.all().get(key)

    def all(self) -> dict[str, GpuVerdict]:
        """Return every verdict by its key, which begins with the name of the GPU."""
        with suppress(OSError, ValueError, TypeError, AttributeError):
            found = json.loads(self._file.read_text(encoding="utf-8"))
            return {str(key): GpuVerdict(**value) for key, value in found.items()}
        return {}

    def put(self, key: str, verdict: GpuVerdict) -> None:
        everything = {name: asdict(each) for name, each in self.all().items()}
        everything[key] = asdict(verdict)
        unfinished = self._file.with_name(f"{self._file.name}-{os.getpid()}.part")
        # A verdict that can't be kept is found again by the next check.
        with suppress(OSError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished.write_text(json.dumps(everything, indent=1), encoding="utf-8")
            unfinished.replace(self._file)
