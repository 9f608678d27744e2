"""A browser tab and its processes, and how they end."""

from __future__ import annotations

import json
import os
import signal

import psutil
import pytest
from aiohttp import ClientSession

from helpers.web_server import Page, run_server, screens_of, until_gone

HERE = psutil.Process()
ELSEWHERE = "open in another tab"


async def ready(page: Page) -> list[psutil.Process]:
    """Wait until a tab is idle, and return its processes: the screens and their engine."""
    await page.shows("Ember")
    await page.shows("Ready")
    processes = screens_of(HERE)
    assert len(processes) == 2
    return processes


async def test_a_tab_that_is_closed_ends_its_processes() -> None:
    async with run_server() as url, ClientSession() as session:
        page = await Page.open(session, url)
        processes = await ready(page)
        await page.close()
        await until_gone(processes)


async def test_a_tab_that_is_torn_away_ends_them_too() -> None:
    async with run_server() as url, ClientSession() as session:
        page = await Page.open(session, url)
        processes = await ready(page)
        page.break_connection()
        await until_gone(processes)


async def test_processes_that_hang_are_ended() -> None:
    async with run_server() as url, ClientSession() as session:
        page = await Page.open(session, url)
        processes = await ready(page)
        for process in processes:
            process.suspend()
        await page.close()
        await until_gone(processes)


async def test_a_tab_that_is_closed_at_once_leaves_nothing() -> None:
    async with run_server() as url, ClientSession() as session:
        await (await Page.open(session, url)).close()
    assert screens_of(HERE) == []


async def test_a_second_tab_is_told_of_the_first() -> None:
    async with run_server() as url, ClientSession() as session:
        first = await Page.open(session, url)
        await first.shows("Ember")
        second = await Page.open(session, url)
        await second.shows(ELSEWHERE)
        await second.until_closed()
        await first.shows("Ready")
        assert len(screens_of(HERE)) == 2


async def test_a_page_that_is_loaded_again_gets_in() -> None:
    """A browser opens the new connection before it closes the old one."""
    async with run_server() as url, ClientSession() as session:
        old = await Page.open(session, url)
        await ready(old)
        new = await Page.open(session, url)
        await old.close()
        await ready(new)
        assert ELSEWHERE not in new.written


async def test_leaving_ends_the_connection() -> None:
    async with run_server() as url, ClientSession() as session:
        page = await Page.open(session, url)
        processes = await ready(page)
        await page.say("stdin", "\x11")  # Ctrl+Q
        await page.until_closed()
        await until_gone(processes)


async def test_what_it_died_of_is_said_in_the_tab() -> None:
    options = ("--config=nowhere.yaml",)
    async with run_server(options=options) as url, ClientSession() as session:
        page = await Page.open(session, url)
        await page.shows("refsheet: ")
        await page.shows("nowhere.yaml")
        await page.until_closed()
        assert "Traceback" not in page.written


async def test_a_killed_process_is_missed() -> None:
    async with run_server() as url, ClientSession() as session:
        page = await Page.open(session, url)
        processes = await ready(page)
        os.kill(processes[0].pid, signal.SIGKILL)
        await page.shows("RefSheet exited with status -9")
        await until_gone(processes)


@pytest.mark.parametrize(
    "nonsense",
    [
        [],
        {},
        ["resize", {"width": 10**12, "height": -1}],
        ["resize", {"width": "wide"}],
        ["stdin", 1],
        ["stdin", "\ud83d"],
        ["quit"],
    ],
    ids=str,
)
async def test_nonsense_is_survived(nonsense: object) -> None:
    async with run_server() as url, ClientSession() as session:
        page = await Page.open(session, url)
        await page.send("{")
        await page.send(json.dumps(nonsense))
        await page.say("resize", {"width": 100, "height": 30})
        await ready(page)
