"""A server in this process, and clients that behave like its page."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psutil
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web

from refsheet_tui.serving.address import Address
from refsheet_tui.serving.server import make_app

_PATIENCE_S = 60
_SEQUENCES = re.compile(r"\x1b(\[[0-9;?<>$]*[a-zA-Z]|c)")


@asynccontextmanager
async def run_server(
    address: Address | None = None, options: Sequence[str] = ("--threads=1",)
) -> AsyncIterator[str]:
    """Run a server, and yield the page's URL without a token."""
    runner = web.AppRunner(make_app(address or Address.of("127.0.0.1", 0), options))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Page:
    """The connection of a tab, and everything that the server has sent to it."""

    def __init__(self, socket: ClientWebSocketResponse[Any]) -> None:
        self._socket = socket
        self.written = ""

    @classmethod
    async def open(cls, session: ClientSession, url: str) -> Page:
        return cls(await session.ws_connect(f"{url}/ws?width=100&height=30", max_msg_size=0))

    async def shows(self, words: str) -> None:
        while words not in self.written:
            assert await self._more(), f"{words!r} never came, but {self.written!r}"

    async def until_closed(self) -> None:
        while await self._more():
            pass

    async def say(self, *message: object) -> None:
        await self.send(json.dumps(message))

    async def send(self, text: str) -> None:
        await self._socket.send_str(text)

    async def close(self) -> None:
        await self._socket.close()

    def break_connection(self) -> None:
        """Break the connection, as when the browser is killed or the network fails."""
        response = self._socket._response
        assert response.connection is not None and response.connection.transport is not None
        response.connection.transport.abort()

    async def _more(self) -> bool:
        message = await asyncio.wait_for(self._socket.receive(), _PATIENCE_S)
        if message.type is WSMsgType.BINARY:
            self.written += _SEQUENCES.sub("", message.data.decode())
        return message.type in (WSMsgType.BINARY, WSMsgType.TEXT)


def screens_of(server: psutil.Process) -> list[psutil.Process]:
    """Return the processes that the server has started, directly or indirectly."""
    return [
        process
        for process in server.children(recursive=True)
        if process.status() != psutil.STATUS_ZOMBIE
        and any(word.split(".")[0] == "refsheet_tui" for word in process.cmdline())
    ]


async def until_gone(processes: Sequence[psutil.Process]) -> None:
    def is_there(process: psutil.Process) -> bool:
        try:
            return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    async def wait() -> None:
        while any(map(is_there, processes)):
            await asyncio.sleep(0.01)

    await asyncio.wait_for(wait(), _PATIENCE_S)
