"""Running the screens in one tab at a time: each would load its own copy of the model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, WSMsgType, web

from refsheet_tui.errors import UntrustedFileError
from refsheet_tui.i18n import N_, _
from refsheet_tui.serving.app_process import AppProcess, say
from refsheet_tui.untrusted import parse_json

_ELSEWHERE = N_("RefSheet is open in another tab. Close that tab, then reload this page.")
_NO_PROCESS = N_("Can't start RefSheet: {reason}. Free up some memory, then reload this page.")
# Seconds. A tab that reloads closes its old connection only after it has requested the page.
_RELOADING = 1.5
_HEARTBEAT = 15.0
_GOODBYE = 1.0
_LARGEST = 1000
"""Columns and rows; more than any display has."""


@dataclass
class _Tab:
    socket: web.WebSocketResponse
    left: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)


class Tabs:
    """Starts the screens for a tab, and ends them when the tab is closed."""

    def __init__(self, options: Sequence[str]) -> None:
        """Serve tabs whose screens are started with the `options` of `refsheet`."""
        self._options = options
        self._open: _Tab | None = None
        self._closing = False

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Handle the websocket of one tab, from its opening to its end."""
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, timeout=_GOODBYE)
        await socket.prepare(request)
        if not await self._is_free():
            await say(socket, _(_ELSEWHERE))
            await socket.close()
            return socket
        tab = self._open = _Tab(socket)
        screens = AppProcess(self._options, socket)
        try:
            await screens.start(_side(request, "width", 80), _side(request, "height", 24))
            await _carry(socket, screens)
        except OSError as error:
            await say(socket, _(_NO_PROCESS).format(reason=error.strerror))
            await socket.close()
        finally:
            tab.left.set()
            await screens.stop()
            self._open = None
            tab.gone.set()
        return socket

    async def close(self) -> None:
        """Refuse new tabs, and end the one that is open."""
        self._closing = True
        if self._open is not None:
            await self._open.socket.close(code=WSCloseCode.GOING_AWAY)
            await self._open.gone.wait()

    async def _is_free(self) -> bool:
        """Return True if no other tab is open, after waiting for one that is closing."""
        while self._open is not None:
            tab = self._open
            leaving = asyncio.ensure_future(tab.left.wait())
            await asyncio.wait({leaving}, timeout=_RELOADING)
            leaving.cancel()
            if not tab.left.is_set():
                return False
            await tab.gone.wait()
        return not self._closing


async def _carry(socket: web.WebSocketResponse, screens: AppProcess) -> None:
    """Pass on what the user does in the tab, until it is closed."""
    async for message in socket:
        if message.type is not WSMsgType.TEXT:
            continue
        try:
            said = parse_json(message.data.encode())
        except UntrustedFileError:
            continue
        match said:
            case ["stdin", str(keys)]:
                await screens.send_bytes(keys.encode())
            case ["resize", {"width": int(width), "height": int(height)}]:
                await screens.set_terminal_size(_bounded(width), _bounded(height))
            case ["focus"]:
                await screens.focus()
            case ["blur"]:
                await screens.blur()
            case ["ping", str(sent)]:
                await socket.send_json(["pong", sent])


def _side(request: web.Request, name: str, default: int) -> int:
    said = request.query.get(name, "")
    return _bounded(int(said)) if said.isdecimal() and len(said) < 9 else default


def _bounded(side: int) -> int:
    return min(max(side, 1), _LARGEST)
