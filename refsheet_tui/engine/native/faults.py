"""Deaths for tests: the environment variable REFSHEET_FAULT makes the engine process die.

A JSON object: `place` is `load`, `look`, `read` or `write`; `how` a signal's name, `exit`, `hang`,
`garbage`, `oom`, `gpu-memory`, which is a GPU that refuses, or `busy`, which is work for some
seconds and no death; `after` (1) at which event of the place; `times` (1) how often in all, counted
in the file `counter`; `unless` load settings with which it does not happen.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO

from refsheet_tui.engine.events import Loading, Looking, Reading, TextDelta
from refsheet_tui.engine.messages import Reply
from refsheet_tui.engine.native.model import gpu_failed
from refsheet_tui.engine.settings import LoadSettings

_PLACES: dict[type, str] = {Loading: "load", Looking: "look", Reading: "read", TextDelta: "write"}
_MORE_THAN_THERE_IS = 1 << 46
_BUSY_S = 6.0


class Fault:
    """One way to die, told of every event when it has been reported."""

    def __init__(self, text: str, outbox: BinaryIO) -> None:
        wanted: dict[str, Any] = json.loads(text)
        self._place: str = wanted["place"]
        self._how: str = wanted["how"]
        self._after: int = wanted.get("after", 1)
        self._times: int = wanted.get("times", 1)
        self._counter = Path(wanted["counter"])
        self._unless: dict[str, object] = wanted.get("unless", {})
        self._outbox = outbox

    def reach(self, reply: Reply, settings: LoadSettings | None) -> None:
        if _PLACES.get(type(reply)) != self._place or self._is_spared(settings):
            return
        self._after -= 1
        done = self._counter.stat().st_size if self._counter.exists() else 0
        if self._after <= 0 and done < self._times:
            with self._counter.open("ab") as counter:
                counter.write(b"x")
            self._happen()

    def _is_spared(self, settings: LoadSettings | None) -> bool:
        return bool(self._unless) and all(
            getattr(settings, name) == value for name, value in self._unless.items()
        )

    def _happen(self) -> None:
        if self._how == "exit":
            os._exit(3)
        elif self._how == "hang":
            threading.Event().wait()
        elif self._how == "garbage":
            self._outbox.write(b"\x00\xff{not a message\n")
            self._outbox.flush()
            threading.Event().wait()
        elif self._how == "oom":
            bytearray(_MORE_THAN_THERE_IS)
        elif self._how == "gpu-memory":
            raise gpu_failed()
        elif self._how == "busy":
            end = time.monotonic() + _BUSY_S
            while time.monotonic() < end:
                pass
        else:
            os.kill(os.getpid(), signal.Signals[self._how])
            threading.Event().wait()


def fault(outbox: BinaryIO) -> Fault | None:
    """None outside of tests."""
    text = os.environ.get("REFSHEET_FAULT")
    return Fault(text, outbox) if text else None
