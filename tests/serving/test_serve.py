"""The command `refsheet serve`: its output, its start and its end."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from aiohttp import ClientSession

from helpers.web_server import Page, screens_of, until_gone

_COMMAND = (sys.executable, "-m", "refsheet_tui")


async def started(root: Path, *arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(
        *(*_COMMAND, "--threads", "1", "serve", *arguments), stdout=PIPE, stderr=PIPE, cwd=root
    )


async def outcome(root: Path, *arguments: str) -> tuple[int | None, str]:
    process = await started(root, *arguments)
    out, errors = await process.communicate()
    assert out == b""
    return process.returncode, errors.decode()


@asynccontextmanager
async def serving(root: Path, *arguments: str) -> AsyncIterator[tuple[Process, str]]:
    """Run the command, and yield its process and the URL that it prints.

    At the end, check that it exits without further output.
    """
    process = await started(root, *arguments, "--port", "0")
    try:
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        found = re.fullmatch(
            r"RefSheet is running at (http://\S+) \(press Ctrl\+C to stop\)\n", line
        )
        assert found, line
        yield process, found[1]
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        out, errors = await process.communicate()
    assert (out, errors) == (b"", b"")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_ctrl_c_ends_it_with_everything_it_began(root: Path, number: signal.Signals) -> None:
    async with serving(root) as (process, url), ClientSession() as session:
        page = await Page.open(session, url)
        await page.shows("Ready")
        screens = screens_of(psutil.Process(process.pid))
        assert len(screens) == 2
        process.send_signal(number)
        await page.until_closed()
        assert await process.wait() == 0
        await until_gone(screens)


async def test_ctrl_c_ends_it_without_a_tab(root: Path) -> None:
    async with serving(root) as (process, _):
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0


async def test_nothing_outlives_a_server_that_is_killed(root: Path) -> None:
    async with serving(root) as (process, url), ClientSession() as session:
        page = await Page.open(session, url)
        await page.shows("Ready")
        screens = screens_of(psutil.Process(process.pid))
        process.kill()
        await until_gone(screens)


async def test_the_screens_have_the_options_of_the_command(root: Path, tmp_path: Path) -> None:
    config = tmp_path / "my config.yaml"
    config.write_text("model: demo\ngeneration: {max_new_tokens: 50}\n", encoding="utf-8")
    options = ("--config", str(config), "--context-size", "1024")
    async with serving(root, *options) as (process, url), ClientSession() as session:
        page = await Page.open(session, url)
        await page.shows("Ember")
        screens = min(screens_of(psutil.Process(process.pid)), key=lambda one: one.create_time())
        said = set(screens.cmdline())
        assert {f"--config={config}", "--context-size=1024", "--threads=1"} <= said


async def test_what_is_no_browser_bothers_nobody(root: Path) -> None:
    async with serving(root) as (_, url):
        for nonsense in (b"\x16\x03\x01\x02\x00\x01\xff\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b""):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
            writer.write(nonsense)
            writer.write_eof()
            assert b"Traceback" not in await reader.read()
            writer.close()


async def test_others_are_shown_the_way_in(root: Path) -> None:
    async with serving(root, "--host", "0.0.0.0") as (_, url), ClientSession() as session:
        port, token = re.fullmatch(r"http://\S+:(\d+)/\?token=(\S{32,})", url).groups()  # type: ignore[union-attr]
        async with session.get(f"http://127.0.0.1:{port}/") as answer:
            assert answer.status == 403
        async with session.get(f"http://127.0.0.1:{port}/?token={token}") as answer:
            assert answer.status == 200


async def test_a_port_that_is_taken(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = await outcome(root, "--port", str(port))
    assert code == 1
    assert said == (
        f"refsheet: Port {port} is in use. Stop the program that uses it, or choose another port "
        "with --port.\n"
    )


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.invalid", "a..b", "x" * 80, "[::1]"])
async def test_an_address_that_this_machine_has_not(root: Path, host: str) -> None:
    code, said = await outcome(root, "--host", host, "--port", "0")
    assert code == 1
    assert said.startswith(f"refsheet: {host} isn't an address of this computer. ")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--port", "-1"),
        ("--port", "65536"),
        ("--port", "http"),
        ("--host", ""),
        ("--token", "short"),
        ("--token", "sixteen letters; and more"),
    ],
    ids=" ".join,
)
async def test_wrong_usage(root: Path, arguments: tuple[str, ...]) -> None:
    code, said = await outcome(root, *arguments)
    assert code == 2
    assert "Invalid value" in said
    assert "Traceback" not in said


async def test_settings_that_are_wrong_are_told_at_once(root: Path) -> None:
    code, said = await outcome(root, "--config", "nowhere.yaml")
    assert code == 1
    assert "nowhere.yaml" in said
