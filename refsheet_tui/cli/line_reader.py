"""Reading lines of standard input without blocking the program."""

from __future__ import annotations

import asyncio
import os
import select
import threading

from refsheet_tui.errors import RefsheetError

_CHUNK = 65_536


class InputError(RefsheetError):
    """Standard input can't be read as text."""


class LineReader:
    """Reads a file descriptor line by line, in a thread that ends with the program.

    The thread reads the descriptor itself. If it waited inside `sys.stdin`, it would hold the lock
    of that stream when the interpreter shuts down.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._loop = asyncio.get_running_loop()
        self._chunks: asyncio.Queue[bytes] = asyncio.Queue()
        self._pending = b""
        self._is_at_end = False
        self._problem: str | None = None
        self._line_number = 0
        threading.Thread(target=self._read_chunks, daemon=True).start()

    async def next(self) -> str | None:
        """Return the next line without its newline, or None after the last one.

        Raises `InputError` if the input can't be read or isn't UTF-8.
        """
        while b"\n" not in self._pending and not self._is_at_end:
            chunk = await self._chunks.get()
            self._is_at_end = not chunk
            self._pending += chunk
        if self._problem:
            raise InputError(
                f"Can't read standard input: {self._problem}.", "Try a pipe or another file."
            )
        if not self._pending:
            return None
        line, _, self._pending = self._pending.partition(b"\n")
        self._line_number += 1
        try:
            # Windows programs begin a text with a byte order mark.
            return line.decode("utf-8-sig" if self._line_number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise InputError(
                f"Line {self._line_number} of standard input isn't UTF-8 text.",
                "Convert the input first, for example with iconv.",
            ) from error

    def _read_chunks(self) -> None:
        chunk = b"-"
        while chunk:
            try:
                chunk = os.read(self._fd, _CHUNK)
            except BlockingIOError:  # another program made the descriptor non-blocking
                select.select([self._fd], [], [])
                continue
            except OSError as error:
                chunk, self._problem = b"", error.strerror
            try:
                self._loop.call_soon_threadsafe(self._chunks.put_nowait, chunk)
            except RuntimeError:  # the event loop is closed
                return
