"""The server: a page, what it is made of, and the connection to the screens."""

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

from refsheet_tui.crash_report import crash
from refsheet_tui.errors import RefsheetError
from refsheet_tui.i18n import _, language
from refsheet_tui.serving.address import Address
from refsheet_tui.serving.door import add_headers, door
from refsheet_tui.serving.tabs import Tabs
from refsheet_tui.untrusted import one_line

# Ours, because textual-serve's own fetches a font from Google.
_PAGE = Path(__file__).parent / "page"
_STATIC = Path(textual_serve.__file__).parent / "static"
_PATIENCE = 10.0
"""Seconds for what is being answered when the server ends."""


def make_app(address: Address, options: Sequence[str]) -> web.Application:
    """`options` are those of `refsheet` itself, for the screens."""
    tabs = Tabs(options)

    async def index(request: web.Request) -> web.Response:
        return web.Response(text=_page(), content_type="text/html")

    async def close(app: web.Application) -> None:
        await tabs.close()

    app = web.Application(middlewares=[door(address), _told])
    app.router.add_get("/", index)
    app.router.add_get("/ws", tabs.serve)
    app.router.add_static("/page", _PAGE)
    app.router.add_static("/static", _STATIC)
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(close)
    return app


def _page() -> str:
    """What stands there before the screens and after them, in their language."""
    words = {
        "language": language(),
        "opening": _("RefSheet is being opened …"),
        "ended": _("This tab has ended."),
        "again": _("Open it again"),
    }
    page = Template((_PAGE / "index.html").read_text(encoding="utf-8"))
    return page.substitute({name: escape(text) for name, text in words.items()})


async def serve(address: Address, options: Sequence[str], opened: Callable[[str], None]) -> None:
    """Until ctrl+c or SIGTERM; `opened` is called with the address to open. `options` are those of
    `refsheet` itself. Raises `RefsheetError` where it can't listen."""
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    runner = web.AppRunner(
        make_app(address, options),
        access_log=None,
        logger=_nobody(),
        shutdown_timeout=_PATIENCE,
    )
    try:
        await runner.setup()
        await _listen(web.TCPSite(runner, address.host, address.port), address)
        opened(address.url(runner.addresses[0][1]))
        await ended.wait()
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
                "End what uses it, or choose another one with --port.",
            ) from error
        if error.errno == errno.EACCES:
            raise RefsheetError(
                f"Port {address.port} is not for you to use.",
                "Choose one above 1023 with --port.",
            ) from error
        raise _no_such(host) from error
    except UnicodeError as error:  # no name of a machine can be like that
        raise _no_such(host) from error


def _no_such(host: str) -> RefsheetError:
    return RefsheetError(
        f"This machine can't be reached as {host}.",
        "Give --host an address of this machine, or leave it out.",
    )


@web.middleware
async def _told(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Mistakes of ours go to the log, never to the page."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception as error:
        return web.Response(status=500, text=f"{crash(error)}\n")


def _nobody() -> logging.Logger:
    """What aiohttp says of a connection that was no HTTP is for nobody."""
    logger = logging.getLogger("refsheet_tui.serving")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger
