"""Access control: which requests `refsheet serve` answers, and which it refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from aiohttp import ClientSession, WSServerHandshakeError

from helpers.web_server import run_server
from refsheet_tui.serving.address import Address

TOKEN = "a-token-of-32-characters-or-more"
OTHERS = Address.of("0.0.0.0", 0, TOKEN)
EVERYTHING = ("/", "/ws", "/page/page.js", "/static/js/textual.js", "/download/1", "/nothing")


async def status(session: ClientSession, url: str, **headers: str) -> int:
    async with session.get(url, headers=headers) as answer:
        words = await answer.text()
        if answer.status == 403:
            assert re.fullmatch(r"[^.\n]+\.\n", words), words
        return answer.status


async def handshake(session: ClientSession, url: str, **headers: str) -> int:
    try:
        async with session.ws_connect(f"{url}/ws", headers=headers):
            return 101
    except WSServerHandshakeError as error:
        return error.status


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "127.0.0.2"])
async def test_this_machine_is_answered_under_its_names(name: str) -> None:
    async with run_server() as url, ClientSession() as session:
        assert await status(session, url, Host=f"{name}:8000", Origin=f"http://{name}:8000") == 200


@pytest.mark.parametrize("path", EVERYTHING)
@pytest.mark.parametrize(
    "name", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "[::1", "", "0"]
)
async def test_a_name_that_was_pointed_here_is_refused(path: str, name: str) -> None:
    """In DNS rebinding, the browser takes a page of another site for one of ours."""
    async with run_server() as url, ClientSession() as session:
        for host in (name, f"{name}:8000"):
            assert await status(session, f"{url}{path}", Host=host) == 403
            assert await status(session, f"{url}{path}", Host=host, Origin=f"http://{host}") == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1", ""])
async def test_a_page_of_another_site_gets_no_connection(origin: str) -> None:
    """Pages of other sites, and of other programs on this machine, get no connection."""
    async with run_server() as url, ClientSession() as session:
        assert await handshake(session, url, Origin=origin) == 403
        assert await status(session, url, Origin=origin) == 403


async def test_our_own_page_gets_one() -> None:
    async with run_server() as url, ClientSession() as session:
        assert await handshake(session, url, Origin=url) == 101


async def test_others_need_the_token() -> None:
    async with run_server(OTHERS) as url, ClientSession() as session:
        for path in EVERYTHING:
            assert await status(session, f"{url}{path}") == 403
            assert await status(session, f"{url}{path}?token={TOKEN[:-1]}") == 403
            assert await status(session, f"{url}{path}?token=%C3%A9%00") == 403
        assert await handshake(session, url, Origin=url) == 403
        assert not session.cookie_jar


async def test_the_token_is_said_once() -> None:
    async with run_server(OTHERS) as url, ClientSession() as session:
        async with session.get(f"{url}/?token={TOKEN}") as answer:
            assert answer.status == 200
            cookie = answer.headers["Set-Cookie"]
        value, *how = cookie.split("; ")
        assert {"HttpOnly", "SameSite=Strict"} <= set(how)
        # The cookie jar of the session ignores cookies of IP addresses.
        assert await status(session, url, Cookie=value) == 200
        assert await status(session, f"{url}/static/js/textual.js", Cookie=value) == 200
        assert await status(session, f"{url}/nothing", Cookie=value) == 404
        assert await handshake(session, url, Cookie=value, Origin=url) == 101
        assert await status(session, url, Cookie=value[:-1]) == 403


async def test_the_token_opens_nothing_to_pages_of_other_sites() -> None:
    async with run_server(OTHERS) as url, ClientSession() as session:
        evil = "http://evil.example"
        assert await status(session, f"{url}/?token={TOKEN}", Origin=evil) == 403


async def test_this_machine_can_ask_for_a_token_too() -> None:
    """A token can be required on this machine too, which other users may have accounts on."""
    async with run_server(Address.of("127.0.0.1", 0, TOKEN)) as url, ClientSession() as session:
        assert await status(session, url) == 403
        assert await status(session, f"{url}/?token={TOKEN}") == 200


def test_whoever_can_be_reached_by_others_has_a_token() -> None:
    made_up = {Address.of(host, 0).token for host in ("0.0.0.0", "::", "192.168.1.7", "mybox")}
    assert len(made_up) == 4
    assert all(token is not None and len(token) >= 32 for token in made_up)
    assert Address.of("::1", 0).token is None


async def test_browsers_are_told_to_fetch_nothing_from_elsewhere() -> None:
    async with run_server() as url, ClientSession() as session, session.get(url) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "http" not in policy and "*" not in policy
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_the_page_names_no_other_site(root: Path) -> None:
    for file in (root / "refsheet_tui/serving/page").iterdir():
        assert not re.search(r"https?://", file.read_text(encoding="utf-8")), file.name
