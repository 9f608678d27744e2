"""Access control: only RefSheet's own page may send requests, and only with the token, if any."""

from __future__ import annotations

import hashlib
import hmac

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from refsheet_tui.i18n import N_, _
from refsheet_tui.serving.address import Address

_TOKEN_PARAMETER = "token"
_FOREIGN_REQUEST_MESSAGE = N_("RefSheet only accepts requests from its own page and address.")
_MISSING_TOKEN_MESSAGE = N_(
    "Open the full link, including its token, that 'refsheet serve' shows in the terminal."
)
_HEADERS = {
    # The browser fetches only from this server, whatever the page or its terminal asks for.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    # The first URL contains the token.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def access_middleware(address: Address) -> Middleware:
    """Return middleware that refuses requests from other sites and without the token.

    It also runs for paths that don't exist.
    """

    @web.middleware
    async def check_access(request: web.Request, handler: Handler) -> web.StreamResponse:
        hosts = request.headers.getall("Host", [])
        if (
            len(hosts) != 1
            or not address.allows_host(hosts[0])
            or not _is_own_page(request, hosts[0])
        ):
            return web.Response(status=403, text=f"{_(_FOREIGN_REQUEST_MESSAGE)}\n")
        if address.token is None or _is_token_valid(
            request.cookies.get(_cookie_name(address.token)), address
        ):
            return await handler(request)
        if not _is_token_valid(request.query.get(_TOKEN_PARAMETER), address):
            return web.Response(status=403, text=f"{_(_MISSING_TOKEN_MESSAGE)}\n")
        # No redirect: after a click on a link in a mail, the browser would omit the cookie.
        response = await handler(request)
        if not response.prepared:
            response.set_cookie(
                _cookie_name(address.token), address.token, httponly=True, samesite="Strict"
            )
        return response

    return check_access


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add the security headers to a response. aiohttp calls this before it sends one."""
    response.headers.update(_HEADERS)


def _is_own_page(request: web.Request, host: str) -> bool:
    """Return True if every `Origin` header names this server, or there is none.

    Browsers let any page open a websocket, but they name the page's site in this header.
    """
    allowed_origins = (f"http://{host}".lower(), f"https://{host}".lower())
    return all(origin.lower() in allowed_origins for origin in request.headers.getall("Origin", []))


def _cookie_name(token: str) -> str:
    """Return the name of the cookie for `token`.

    All ports of a computer share their cookies, so each token gets its own name.
    """
    return f"refsheet-{hashlib.sha256(token.encode()).hexdigest()[:16]}"


def _is_token_valid(token: str | None, address: Address) -> bool:
    expected = (address.token or "").encode()
    return token is not None and hmac.compare_digest(token.encode("utf-8", "replace"), expected)
