"""What GPUs of this machine compute wrongly, remembered for each build of llama.cpp."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from refsheet_tui.engine.events import GpuFault
from refsheet_tui.engine.json_record import JsonRecord
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
    """Verdicts by GPU and build."""

    def __init__(self, file: Path) -> None:
        self._record = JsonRecord(file)

    def get(self, key: str) -> GpuVerdict | None:
        return self.all().get(key)

    def all(self) -> dict[str, GpuVerdict]:
        """Return every verdict by its key, which begins with the name of the GPU."""
        verdicts = ((key, _verdict(value)) for key, value in self._record.read().items())
        return {key: verdict for key, verdict in verdicts if verdict is not None}

    def put(self, key: str, verdict: GpuVerdict) -> None:
        self._record.write({**self._record.read(), key: asdict(verdict)})


def _verdict(found: object) -> GpuVerdict | None:
    with suppress(TypeError):
        return GpuVerdict(**found) if isinstance(found, dict) else None
    return None
