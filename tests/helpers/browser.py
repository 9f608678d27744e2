"""A real browser without a window, driven through the protocol of its developer tools."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--remote-debugging-port=0", "--window-size=1200,800", "--disable-dev-shm-usage"),
)
_PATIENCE_S = 90
# textual.js has no public reference to its terminal, but an object has it in a field `terminal`.
_FIND_TERMINAL = """
Object.defineProperty(Object.prototype, "terminal", {
  configurable: true,
  set(value) {
    if (value && value.buffer) window.__terminal = value;
    Object.defineProperty(this, "terminal", {value, writable: true, configurable: true});
  },
});
"""
_SCREEN = """
(() => {
  const terminal = window.__terminal;
  if (!terminal) return "";
  const shown = terminal.buffer.active;
  const rows = [];
  for (let row = 0; row < terminal.rows; row++)
    rows.push(shown.getLine(shown.viewportY + row)?.translateToString(true) ?? "");
  return rows.join("\\n");
})()
"""
_ENTER = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}


class RefusedError(Exception):
    """The browser refused a command, such as a script for a page that was just closed."""


class Tab:
    """A tab of the browser, and the URLs of everything that it requested."""

    def __init__(self, socket: ClientWebSocketResponse[Any]) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listening = asyncio.create_task(self._listen())
        self.asked: list[str] = []
        self.complaints: list[str] = []

    async def open(self, url: str) -> None:
        for domain in ("Network", "Page", "Runtime", "Log"):
            await self.call(f"{domain}.enable")
        await self.call("Page.addScriptToEvaluateOnNewDocument", source=_FIND_TERMINAL)
        await self.call("Page.bringToFront")
        await self.call("Page.navigate", url=url)

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        answered: dict[str, Any] = await answer
        return answered

    async def value(self, script: str) -> Any:
        answer = await self.call("Runtime.evaluate", expression=script, returnByValue=True)
        return answer["result"].get("value")

    async def screen(self) -> str:
        """Return the text in the terminal of the page; empty while another page loads."""
        try:
            return str(await self.value(_SCREEN))
        except RefusedError:
            return ""

    async def shows(self, words: str) -> str:
        """Wait until the screen shows `words`, and return its text."""

        async def wait() -> str:
            while words not in (screen := await self.screen()):
                await asyncio.sleep(0.05)
            return screen

        try:
            return await asyncio.wait_for(wait(), _PATIENCE_S)
        except TimeoutError:
            shown = await self.screen()
            raise AssertionError(f"{words!r} never came:\n{shown}\n{self.complaints}") from None

    async def type(self, text: str) -> None:
        await self.call("Input.insertText", text=text)

    async def press_enter(self) -> None:
        await self.call("Input.dispatchKeyEvent", type="keyDown", text="\r", **_ENTER)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **_ENTER)

    async def close(self) -> None:
        """Close the tab as a user does."""
        with suppress(asyncio.CancelledError):
            await self.call("Page.close")

    async def _listen(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            params = said.get("params", {})
            if "id" in said:
                answer = self._answers.pop(said["id"])
                if answer.cancelled():
                    continue
                if "error" in said:
                    answer.set_exception(RefusedError(said["error"]["message"]))
                else:
                    answer.set_result(said["result"])
            elif said["method"] == "Network.requestWillBeSent":
                self.asked.append(params["request"]["url"])
            elif said["method"] == "Network.webSocketCreated":
                self.asked.append(params["url"])
            elif said["method"] in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.complaints.append(json.dumps(params))
        for answer in self._answers.values():
            answer.cancel()


class Browser:
    """A running browser."""

    def __init__(self, session: ClientSession, port: str) -> None:
        self._session = session
        self._devtools = f"http://127.0.0.1:{port}"

    async def tab(self, url: str) -> Tab:
        """Open the page `url` in a new tab."""
        async with self._session.put(f"{self._devtools}/json/new?about:blank") as answer:
            address = (await answer.json())["webSocketDebuggerUrl"]
        tab = Tab(await self._session.ws_connect(address, max_msg_size=0))
        await tab.open(url)
        return tab


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Browser]:
    """Run a browser with a new profile in `folder`."""
    assert CHROMIUM is not None
    process = await asyncio.create_subprocess_exec(
        *(CHROMIUM, *_FLAGS, f"--user-data-dir={folder}", "about:blank"),
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
    )
    try:
        port = await _port(process)
        async with ClientSession() as session:
            yield Browser(session, port)
    finally:
        process.terminate()
        await process.communicate()


async def _port(process: Process) -> str:
    assert process.stderr is not None
    async for line in process.stderr:
        _, found, address = line.decode().partition("DevTools listening on ws://127.0.0.1:")
        if found:
            return address.partition("/")[0]
    raise AssertionError("The browser ended.")
