"""Slow work in threads, which must not block the screens or delay the program's end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """Do `work` in a thread, and return its result or raise its exception.

    This replaces `asyncio.to_thread`, whose threads the event loop waits for at its end: a user who
    quits would have to wait for a large picture.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        if future.done():  # the caller was cancelled
            return
        if error is None:
            future.set_result(result)  # type: ignore[arg-type]
        else:
            future.set_exception(error)

    def run() -> None:
        result, exception = None, None
        try:
            result = work()
        except Exception as error:
            exception = error
        try:
            loop.call_soon_threadsafe(settle, result, exception)
        except RuntimeError:  # the loop has ended, and the program with it
            return

    threading.Thread(target=run, daemon=True).start()
    return await future
