"""The Textual driver for `refsheet serve`."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from typing import Any

from textual.app import App
from textual.drivers.web_driver import WebDriver
from textual.events import AppFocus


class BrowserDriver(WebDriver):
    """Textual's web driver, changed to quit when the server ends.

    Textual's own keeps running when its input ends, together with the engine, and then fails
    whenever it draws.
    """

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._write = partial(_write_all, self.fileno)

    def start_application_mode(self) -> None:
        """Start the app with the focus.

        Textual starts without it. The footer, which is not drawn then, would be missing later, too.
        """
        super().start_application_mode()
        self._app.call_later(self._app.post_message, AppFocus())

    def run_input_thread(self) -> None:
        super().run_input_thread()
        if not self.exit_event.is_set():
            # As Ctrl+Q does, which saves drafts.
            self._app.call_later(self._app.action_quit)


def _write_all(fd: int, data: bytes) -> int:
    """Write all of `data`, or nothing if nobody reads, and return its length."""
    rest = memoryview(data)
    with suppress(BrokenPipeError):
        while rest:
            rest = rest[os.write(fd, rest) :]
    return len(data)
