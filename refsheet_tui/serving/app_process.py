"""`refsheet` in its own process, which draws into one browser tab."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

import refsheet_tui
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import one_line

# A name, so that the server doesn't import the screens.
_DRIVER = "refsheet_tui.tui.web_driver:BrowserDriver"
_START_MARKER = b"__GANGLION__\n"  # the first line that Textual's web driver writes
_DATA, _META = b"D", b"M"
# Seconds. The engine gets two of them to save its KV cache.
_SHUTDOWN_TIMEOUT_S = 6.0
_CLEAR_SCREEN = "\x1bc"
_MAX_ERROR_BYTES = 2000


class AppProcess(AppService):
    """The process of one tab. This class starts and ends it; textual-serve exchanges its data.

    textual-serve itself starts the process through a shell, waits forever if it hangs, stops
    reading from it when the tab is closed, and prints its errors where nobody sees them.
    """

    def __init__(self, options: Sequence[str], socket: web.WebSocketResponse) -> None:
        """Prepare a process that is started with the `options` of `refsheet`."""

        async def do_nothing() -> None:
            """Do nothing: `run` closes the tab when it knows why the process ended."""

        super().__init__(
            "refsheet",
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=do_nothing,
            download_manager=DownloadManager(),
        )
        self._options = options
        self._socket = socket
        self._error_file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `run`

    async def stop(self) -> None:
        """End the process and its engine, and wait until they are gone. Safe to call twice."""
        if self._task is None or self._process is None:
            return
        # The process ends when its input ends.
        self.stdin.close()
        await asyncio.wait({self._task}, timeout=_SHUTDOWN_TIMEOUT_S)
        if not self._task.done():
            with suppress(ProcessLookupError):
                self._process.kill()
        await self._task

    async def run(self) -> None:
        """Send what the process draws to the page until it ends, then show its error, if any."""
        assert self._process is not None and self._process.stdout is not None
        stdout = self._process.stdout
        with suppress(asyncio.IncompleteReadError):
            await stdout.readuntil(_START_MARKER)
            while True:
                kind = await stdout.readexactly(1)
                size = int.from_bytes(await stdout.readexactly(4), "big")
                payload = await stdout.readexactly(size)
                # Keep reading after the tab is closed. Otherwise the process could never end.
                with suppress(ConnectionError):
                    if kind == _DATA:
                        await self.on_data(payload)
                    elif kind == _META:
                        await self.on_meta(payload)
        exit_status = await self._process.wait()
        with self._error_file:
            error_line = _last_error_line(self._error_file)
        if exit_status != 0:
            default_message = _("RefSheet exited with status {code}.").format(code=exit_status)
            await show_message(self._socket, error_line or default_message)
        await self._socket.close()

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        """Start the process. Raises `OSError` if the system can't run another one."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "refsheet_tui", *self._options),
            stdin=PIPE,
            stdout=PIPE,
            stderr=self._error_file,
            env=self._build_environment(width, height),
            # Ctrl+C in the terminal ends the server, not this process directly.
            start_new_session=True,
        )
        self._stdin = self._process.stdin
        return self._process

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        root = str(Path(refsheet_tui.__file__).resolve().parent.parent)
        paths = [os.environ.get("PYTHONPATH", ""), root]
        return {
            **super()._build_environment(width, height),
            "TEXTUAL_DRIVER": _DRIVER,
            # Run the same code as the server, whatever is in the current folder.
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
            "PYTHONSAFEPATH": "1",
        }


async def show_message(socket: web.WebSocketResponse, message: str) -> None:
    """Replace everything that the tab shows with `message`."""
    with suppress(ConnectionError):
        await socket.send_bytes(f"{_CLEAR_SCREEN}{message}".encode())


def _last_error_line(error_file: IO[bytes]) -> str:
    size = error_file.seek(0, os.SEEK_END)
    error_file.seek(max(0, size - _MAX_ERROR_BYTES))
    lines = error_file.read().decode("utf-8", "replace").split("\n")
    return next((one_line(line) for line in reversed(lines) if line.strip()), "")
