"""Running the screens in one tab at a time: each would load its own copy of the model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, WSMsgType, web

from refsheet_tui.errors import UntrustedFileError
from refsheet_tui.i18n import N_, _
from refsheet_tui.serving.app_process import AppProcess, show_message
from refsheet_tui.untrusted import parse_json

_OTHER_TAB_MESSAGE = N_("RefSheet is open in another tab. Close that tab, then reload this page.")
_START_FAILED_MESSAGE = N_(
    "Can't start RefSheet: {reason}. Free up some memory, then reload this page."
)
# Seconds. A tab that reloads closes its old connection only after it has requested the page.
_RELOAD_TIMEOUT_S = 1.5
_HEARTBEAT_S = 15.0
_CLOSE_TIMEOUT_S = 1.0
_MAX_DIMENSION = 1000
"""Columns and rows; more than any display has."""


@dataclass
class _Tab:
    socket: web.WebSocketResponse
    socket_closed: asyncio.Event = field(default_factory=asyncio.Event)
    process_ended: asyncio.Event = field(default_factory=asyncio.Event)


class Tabs:
    """Starts the screens for a tab, and ends them when the tab is closed."""

    def __init__(self, options: Sequence[str]) -> None:
        """Serve tabs whose screens are started with the `options` of `refsheet`."""
        self._options = options
        self._current_tab: _Tab | None = None
        self._is_closing = False

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Handle the websocket of one tab, from its opening to its end."""
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_S, timeout=_CLOSE_TIMEOUT_S)
        await socket.prepare(request)
        if not await self._is_free():
            await show_message(socket, _(_OTHER_TAB_MESSAGE))
            await socket.close()
            return socket
        tab = self._current_tab = _Tab(socket)
        process = AppProcess(self._options, socket)
        try:
            await process.start(
                _requested_dimension(request, "width", 80),
                _requested_dimension(request, "height", 24),
            )
            await _forward_input(socket, process)
        except OSError as error:
            await show_message(socket, _(_START_FAILED_MESSAGE).format(reason=error.strerror))
            await socket.close()
        finally:
            tab.socket_closed.set()
            await process.stop()
            self._current_tab = None
            tab.process_ended.set()
        return socket

    async def close(self) -> None:
        """Refuse new tabs, and end the one that is open."""
        self._is_closing = True
        if self._current_tab is not None:
            await self._current_tab.socket.close(code=WSCloseCode.GOING_AWAY)
            await self._current_tab.process_ended.wait()

    async def _is_free(self) -> bool:
        """Return True if no other tab is open, after waiting for one that is closing."""
        while self._current_tab is not None:
            tab = self._current_tab
            wait_task = asyncio.ensure_future(tab.socket_closed.wait())
            await asyncio.wait({wait_task}, timeout=_RELOAD_TIMEOUT_S)
            wait_task.cancel()
            if not tab.socket_closed.is_set():
                return False
            await tab.process_ended.wait()
        return not self._is_closing


async def _forward_input(socket: web.WebSocketResponse, process: AppProcess) -> None:
    """Pass on what the user does in the tab, until it is closed."""
    async for message in socket:
        if message.type is not WSMsgType.TEXT:
            continue
        try:
            event = parse_json(message.data.encode())
        except UntrustedFileError:
            continue
        match event:
            case ["stdin", str(keys)]:
                await process.send_bytes(keys.encode())
            case ["resize", {"width": int(width), "height": int(height)}]:
                await process.set_terminal_size(_clamp_dimension(width), _clamp_dimension(height))
            case ["focus"]:
                await process.focus()
            case ["blur"]:
                await process.blur()
            case ["ping", str(payload)]:
                await socket.send_json(["pong", payload])


def _requested_dimension(request: web.Request, name: str, default: int) -> int:
    value = request.query.get(name, "")
    return _clamp_dimension(int(value)) if value.isdecimal() and len(value) < 9 else default


def _clamp_dimension(dimension: int) -> int:
    return min(max(dimension, 1), _MAX_DIMENSION)
