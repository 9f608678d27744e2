"""Let the engine process die in tests, as the environment variable REFSHEET_FAULT says.

It is a JSON object. `place` is `load`, `look`, `read` or `write`. `how` is a signal's name, `exit`,
`hang`, `garbage`, `oom`, `gpu-memory` (a GPU that refuses), or `busy` (work for some seconds
instead of a death). `after` (1) is the number of the event of that place at which it happens.
`times` (1) is how often it happens in all, counted in the file `counter`. `unless` are load
settings with which it does not happen.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO

from refsheet_tui.engine.events import (
    PHASE_BY_EVENT,
)
from refsheet_tui.engine.ipc_messages import EngineResponse
from refsheet_tui.engine.native.llama_model import gpu_memory_error
from refsheet_tui.engine.settings import LoadSettings

_IMPOSSIBLE_BYTES = 1 << 46
_BUSY_S = 6.0


class FaultInjector:
    """Injects one fault. It must be told of every event after the event was sent."""

    def __init__(self, text: str, outbox: BinaryIO) -> None:
        wanted: dict[str, Any] = json.loads(text)
        self._place: str = wanted["place"]
        self._how: str = wanted["how"]
        self._after: int = wanted.get("after", 1)
        self._times: int = wanted.get("times", 1)
        self._counter = Path(wanted["counter"])
        self._unless: dict[str, object] = wanted.get("unless", {})
        self._outbox = outbox

    def trigger_if_due(self, reply: EngineResponse, settings: LoadSettings | None) -> None:
        if PHASE_BY_EVENT.get(type(reply)) != self._place or self._is_exempt(settings):
            return
        self._after -= 1
        done = self._counter.stat().st_size if self._counter.exists() else 0
        if self._after <= 0 and done < self._times:
            with self._counter.open("ab") as counter:
                counter.write(b"x")
            self._trigger()

    def _is_exempt(self, settings: LoadSettings | None) -> bool:
        return bool(self._unless) and all(
            getattr(settings, name) == value for name, value in self._unless.items()
        )

    def _trigger(self) -> None:
        if self._how == "exit":
            os._exit(3)
        elif self._how == "hang":
            threading.Event().wait()
        elif self._how == "garbage":
            self._outbox.write(b"\x00\xff{not a message\n")
            self._outbox.flush()
            threading.Event().wait()
        elif self._how == "oom":
            bytearray(_IMPOSSIBLE_BYTES)
        elif self._how == "gpu-memory":
            raise gpu_memory_error()
        elif self._how == "busy":
            end = time.monotonic() + _BUSY_S
            while time.monotonic() < end:
                pass
        else:
            os.kill(os.getpid(), signal.Signals[self._how])
            threading.Event().wait()


def fault_from_environment(outbox: BinaryIO) -> FaultInjector | None:
    """Return the fault that the environment asks for; None outside of tests."""
    text = os.environ.get("REFSHEET_FAULT")
    return FaultInjector(text, outbox) if text else None
