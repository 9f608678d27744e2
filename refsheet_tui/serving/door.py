"""Who is answered: nobody from another site, and nobody without the token where there is one."""

from __future__ import annotations

import hashlib
import hmac

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from refsheet_tui.i18n import N_, _
from refsheet_tui.serving.address import Address

_TOKEN = "token"
_STRANGER = N_("RefSheet answers only pages of its own, under a name of this machine.")
_NO_TOKEN = N_("Open the link with the token that 'refsheet serve' shows where it was started.")
_HEADERS = {
    # Whatever the page or the terminal in it is told to fetch, the browser fetches from here.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    # The token stands in the first address.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def door(address: Address) -> Middleware:
    """Stands before everything that is served, also what is not there."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        hosts = request.headers.getall("Host", [])
        if len(hosts) != 1 or not address.admits(hosts[0]) or not _is_own_page(request, hosts[0]):
            return web.Response(status=403, text=f"{_(_STRANGER)}\n")
        if address.token is None or _knows(request.cookies.get(_cookie(address.token)), address):
            return await handler(request)
        if not _knows(request.query.get(_TOKEN), address):
            return web.Response(status=403, text=f"{_(_NO_TOKEN)}\n")
        # Not a redirection: coming from a link in a mail, it would go without the cookie.
        response = await handler(request)
        if not response.prepared:
            response.set_cookie(
                _cookie(address.token), address.token, httponly=True, samesite="Strict"
            )
        return response

    return guard


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """A signal of aiohttp's, sent before any answer."""
    response.headers.update(_HEADERS)


def _is_own_page(request: web.Request, host: str) -> bool:
    """Browsers name the site of the page that asks, and let any page open a websocket."""
    own = (f"http://{host}".lower(), f"https://{host}".lower())
    return all(origin.lower() in own for origin in request.headers.getall("Origin", []))


def _cookie(token: str) -> str:
    """Cookies of all ports of a machine are one box: each token has a name of its own in it."""
    return f"refsheet-{hashlib.sha256(token.encode()).hexdigest()[:16]}"


def _knows(said: str | None, address: Address) -> bool:
    expected = (address.token or "").encode()
    return said is not None and hmac.compare_digest(said.encode("utf-8", "replace"), expected)
