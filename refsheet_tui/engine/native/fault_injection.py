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
        fault: dict[str, Any] = json.loads(text)
        self._phase: str = fault["place"]
        self._kind: str = fault["how"]
        self._events_left: int = fault.get("after", 1)
        self._max_count: int = fault.get("times", 1)
        self._counter_file = Path(fault["counter"])
        self._exempt_settings: dict[str, object] = fault.get("unless", {})
        self._outbox = outbox

    def trigger_if_due(self, response: EngineResponse, settings: LoadSettings | None) -> None:
        if PHASE_BY_EVENT.get(type(response)) != self._phase or self._is_exempt(settings):
            return
        self._events_left -= 1
        count = self._counter_file.stat().st_size if self._counter_file.exists() else 0
        if self._events_left <= 0 and count < self._max_count:
            with self._counter_file.open("ab") as file:
                file.write(b"x")
            self._trigger()

    def _is_exempt(self, settings: LoadSettings | None) -> bool:
        return bool(self._exempt_settings) and all(
            getattr(settings, name) == value for name, value in self._exempt_settings.items()
        )

    def _trigger(self) -> None:
        if self._kind == "exit":
            os._exit(3)
        elif self._kind == "hang":
            threading.Event().wait()
        elif self._kind == "garbage":
            self._outbox.write(b"\x00\xff{not a message\n")
            self._outbox.flush()
            threading.Event().wait()
        elif self._kind == "oom":
            bytearray(_IMPOSSIBLE_BYTES)
        elif self._kind == "gpu-memory":
            raise gpu_memory_error()
        elif self._kind == "busy":
            end = time.monotonic() + _BUSY_S
            while time.monotonic() < end:
                pass
        else:
            os.kill(os.getpid(), signal.Signals[self._kind])
            threading.Event().wait()


def fault_from_environment(outbox: BinaryIO) -> FaultInjector | None:
    """Return the fault that the environment asks for; None outside of tests."""
    text = os.environ.get("REFSHEET_FAULT")
    return FaultInjector(text, outbox) if text else None
