"""Lines of standard input for a program that must not block while it waits for them."""

from __future__ import annotations

import asyncio
import os
import select
import threading

from refsheet_tui.errors import RefsheetError

_CHUNK = 65_536


class InputError(RefsheetError):
    """Standard input that can't be read as text."""


class Lines:
    """Reads a file descriptor line by line, in a thread that ends with the program.

    The thread reads the descriptor itself: one that waits inside of `sys.stdin` would hold its
    lock when the interpreter shuts down.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._loop = asyncio.get_running_loop()
        self._read: asyncio.Queue[bytes] = asyncio.Queue()
        self._pending = b""
        self._ended = False
        self._problem: str | None = None
        self._number = 0
        threading.Thread(target=self._listen, daemon=True).start()

    async def next(self) -> str | None:
        """The next line without its end; None after the last.

        Raises `InputError` for what is not UTF-8, and for what can't be read.
        """
        while b"\n" not in self._pending and not self._ended:
            chunk = await self._read.get()
            self._ended = not chunk
            self._pending += chunk
        if self._problem:
            raise InputError(
                f"Standard input can't be read: {self._problem}.", "Give the lines another way."
            )
        if not self._pending:
            return None
        line, _, self._pending = self._pending.partition(b"\n")
        self._number += 1
        try:
            # Windows programs begin a text with a mark that is no part of it.
            return line.decode("utf-8-sig" if self._number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise InputError(
                f"Line {self._number} of standard input is not UTF-8 text.",
                "Convert the input first, for example with iconv.",
            ) from error

    def _listen(self) -> None:
        chunk = b"-"
        while chunk:
            try:
                chunk = os.read(self._fd, _CHUNK)
            except BlockingIOError:  # whoever gave it to us does not wait for input either
                select.select([self._fd], [], [])
                continue
            except OSError as error:
                chunk, self._problem = b"", error.strerror
            try:
                self._loop.call_soon_threadsafe(self._read.put_nowait, chunk)
            except RuntimeError:  # the loop is closed: nobody listens any more
                return
