"""The screens drawn for a browser."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from typing import Any

from textual.app import App
from textual.drivers.web_driver import WebDriver
from textual.events import AppFocus


class BrowserDriver(WebDriver):
    """Textual's web driver, which leaves when the server does.

    Textual's own goes on alone, with the engine, when the end of its input comes; and whatever it
    draws then ends in an error.
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
        """Textual begins without the focus, and what is not drawn then stays away when it comes:
        the keys at the foot."""
        super().start_application_mode()
        self._app.call_later(self._app.post_message, AppFocus())

    def run_input_thread(self) -> None:
        super().run_input_thread()
        if not self.exit_event.is_set():
            # As ctrl+q does, which keeps what was typed.
            self._app.call_later(self._app.action_quit)


def _write_all(fd: int, data: bytes) -> int:
    """As `os.write`, but to the end, and to nobody when nobody reads."""
    rest = memoryview(data)
    with suppress(BrokenPipeError):
        while rest:
            rest = rest[os.write(fd, rest) :]
    return len(data)
