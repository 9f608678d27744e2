"""The server of the page, its static files, and the websocket to the screens."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from string import Template

import textual_serve
from aiohttp import web
from aiohttp.typedefs import Handler

from refsheet_tui.crash_report import write_crash_report
from refsheet_tui.errors import RefsheetError
from refsheet_tui.i18n import _, language
from refsheet_tui.serving.access import access_middleware, add_headers
from refsheet_tui.serving.address import Address
from refsheet_tui.serving.tabs import Tabs
from refsheet_tui.untrusted import one_line

# Our own page, because textual-serve's fetches a font from Google.
_PAGE = Path(__file__).parent / "page"
_STATIC = Path(textual_serve.__file__).parent / "static"
_SHUTDOWN_TIMEOUT_S = 10.0
"""Seconds that open requests get when the server ends."""


def make_app(address: Address, options: Sequence[str]) -> web.Application:
    """Return the web application. `options` of `refsheet` are passed on to the screens."""
    tabs = Tabs(options)

    async def index(request: web.Request) -> web.Response:
        return web.Response(text=_page(), content_type="text/html")

    async def close_tabs(app: web.Application) -> None:
        await tabs.close()

    app = web.Application(middlewares=[access_middleware(address), _error_middleware])
    app.router.add_get("/", index)
    app.router.add_get("/ws", tabs.serve)
    app.router.add_static("/page", _PAGE)
    app.router.add_static("/static", _STATIC)
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(close_tabs)
    return app


def _page() -> str:
    """Return the page, with its texts in the language of the interface."""
    texts = {
        "language": language(),
        "opening": _("Opening RefSheet…"),
        "ended": _("Session closed"),
        "again": _("Reopen"),
    }
    page = Template((_PAGE / "index.html").read_text(encoding="utf-8"))
    return page.substitute({name: escape(text) for name, text in texts.items()})


async def serve(
    address: Address, options: Sequence[str], on_listening: Callable[[str], None]
) -> None:
    """Serve the interface in a browser until SIGINT (Ctrl+C) or SIGTERM.

    Args:
        address: Where to listen.
        options: Options of `refsheet`, such as `--model=demo`, for the screens.
        on_listening: Called with the URL to open as soon as the server listens.

    Raises:
        RefsheetError: The server can't listen on `address`.
    """
    stop_event = asyncio.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop_event.set)
    runner = web.AppRunner(
        make_app(address, options),
        access_log=None,
        logger=_silent_logger(),
        shutdown_timeout=_SHUTDOWN_TIMEOUT_S,
    )
    try:
        await runner.setup()
        await _listen(web.TCPSite(runner, address.host, address.port), address)
        on_listening(address.url(runner.addresses[0][1]))
        await stop_event.wait()
    finally:
        await runner.cleanup()


async def _listen(site: web.TCPSite, address: Address) -> None:
    host = one_line(address.host)
    try:
        await site.start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise RefsheetError(
                f"Port {address.port} is in use.",
                "Stop the program that uses it, or choose another port with --port.",
            ) from error
        if error.errno == errno.EACCES:
            raise RefsheetError(
                f"You don't have permission to use port {address.port}.",
                "Choose a port above 1023 with --port.",
            ) from error
        raise _host_error(host) from error
    except UnicodeError as error:  # not a valid host name
        raise _host_error(host) from error


def _host_error(host: str) -> RefsheetError:
    return RefsheetError(
        f"{host} isn't an address of this computer.",
        "Set --host to an address of this computer, or omit it.",
    )


@web.middleware
async def _error_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Write unexpected errors to the log; the page shows only where to find it."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception as error:
        return web.Response(status=500, text=f"{write_crash_report(error)}\n")


def _silent_logger() -> logging.Logger:
    """Return a logger that discards aiohttp's messages about connections that aren't HTTP."""
    logger = logging.getLogger("refsheet_tui.serving")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger
