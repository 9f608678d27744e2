"""The whole program in a real browser."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from helpers.browser import CHROMIUM, browser
from helpers.web_server import run_server
from refsheet_tui.serving.address import Address

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
TOKEN = "a-token-of-32-characters-or-more"


@pytest.mark.parametrize("token", [None, TOKEN])
async def test_a_person_chats_in_a_browser(tmp_path: Path, token: str | None) -> None:
    """A user chats in a browser, and the page fetches nothing from other sites."""
    address = Address.of("127.0.0.1", 0, token)
    async with run_server(address) as url, browser(tmp_path / "browser") as tabs:
        tab = await tabs.tab(url if token is None else f"{url}/?token={token}")
        await tab.shows("Ember")
        await tab.shows("Ready")
        await tab.shows("F1 Help")
        await tab.press_enter()
        await tab.shows("Message Ember")
        await tab.shows("red dragon")
        await tab.type("What color are your eyes?")
        await tab.shows("What color are your eyes?")
        await tab.press_enter()
        await tab.shows("tokens/s")
        assert {urlsplit(asked).netloc for asked in tab.asked} == {urlsplit(url).netloc}
        assert any(asked.startswith("ws://") for asked in tab.asked)
        assert await tab.value("location.search") == ""
        assert not [said for said in tab.complaints if "Security Policy" in said]


async def test_a_page_that_is_loaded_again_goes_on_with_half_a_sentence(tmp_path: Path) -> None:
    async with run_server() as url, browser(tmp_path / "browser") as tabs:
        tab = await tabs.tab(url)
        await tab.shows("F1 Help")
        await tab.press_enter()
        await tab.shows("Message Ember")
        await tab.type("What color are")
        await tab.shows("What color are")
        await tab.call("Page.reload")
        await tab.shows("F1 Help")
        await tab.press_enter()
        await tab.shows("What color are")


async def test_a_second_tab_says_where_the_first_is(tmp_path: Path) -> None:
    async with run_server() as url, browser(tmp_path / "browser") as tabs:
        first = await tabs.tab(url)
        await first.shows("Ember")
        second = await tabs.tab(url)
        await second.shows("RefSheet is open in another tab.")
        await first.close()
        await second.value("document.getElementById('again').click()")
        await second.shows("Ember")


async def test_the_browser_s_own_rules_hold(tmp_path: Path) -> None:
    """A link can't make the page fetch another address, as textual-serve's page would."""
    async with run_server() as url, browser(tmp_path / "browser") as tabs:
        tab = await tabs.tab(f"{url}/?ping=http://elsewhere.invalid/")
        await tab.shows("Ember")
        assert not [asked for asked in tab.asked if "elsewhere.invalid/" in asked.partition("?")[0]]
