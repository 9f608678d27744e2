"""One tab at a time: a model takes as much memory in the second as in the first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, WSMsgType, web

from refsheet_tui.errors import HostileFileError
from refsheet_tui.i18n import N_, _
from refsheet_tui.serving.screens import Screens, say
from refsheet_tui.untrusted import parse_json

_ELSEWHERE = N_("RefSheet is open in another tab. Close that one, then load this page again.")
_NO_PROCESS = N_(
    "RefSheet can't be started: {reason}. Free some memory, then load this page again."
)
# Seconds. A tab that is loaded again closes its old connection after it has asked for the page.
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
    """Starts the screens for a tab and ends them with it."""

    def __init__(self, options: Sequence[str]) -> None:
        """`options` are those of `refsheet` itself."""
        self._options = options
        self._open: _Tab | None = None
        self._closing = False

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """The connection of one tab, from its beginning to its end."""
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, timeout=_GOODBYE)
        await socket.prepare(request)
        if not await self._is_free():
            await say(socket, _(_ELSEWHERE))
            await socket.close()
            return socket
        tab = self._open = _Tab(socket)
        screens = Screens(self._options, socket)
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
        """Let nobody in any more, and end the tab that is open."""
        self._closing = True
        if self._open is not None:
            await self._open.socket.close(code=WSCloseCode.GOING_AWAY)
            await self._open.gone.wait()

    async def _is_free(self) -> bool:
        """Whether there is no other tab; waits for one that is about to end."""
        while self._open is not None:
            tab = self._open
            leaving = asyncio.ensure_future(tab.left.wait())
            await asyncio.wait({leaving}, timeout=_RELOADING)
            leaving.cancel()
            if not tab.left.is_set():
                return False
            await tab.gone.wait()
        return not self._closing


async def _carry(socket: web.WebSocketResponse, screens: Screens) -> None:
    """What is done in the tab, until it is closed."""
    async for message in socket:
        if message.type is not WSMsgType.TEXT:
            continue
        try:
            said = parse_json(message.data.encode())
        except HostileFileError:
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
