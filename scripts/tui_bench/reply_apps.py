"""Show one reply on a terminal: `python -m tui_bench.reply_apps NAME FILE TOKENS [TOKENS_PER_S]`.

`markdown` is an app with nothing else; `chat` is refsheet with a scripted engine. Both end after
the reply, and write what was measured to FILE.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Markdown

from refsheet_tui.config import load_config
from refsheet_tui.tui import raise_gc_thresholds
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.screens.chat import ChatScreen
from tui_bench.sample_library import make_reply_pieces
from tui_bench.scripted_engine import ScriptedEngine

_STEP_S = 0.01


class MarkdownApp(App[None]):
    """An app that ends when the reply is drawn. `took_s` is how many seconds that took."""

    def __init__(self, pieces: Sequence[str]) -> None:
        super().__init__()
        self._pieces = pieces
        self.took_s = 0.0

    def compose(self) -> ComposeResult:
        with VerticalScroll() as scroll:
            yield Markdown()
        scroll.anchor()

    def on_mount(self) -> None:
        self.call_after_refresh(self.run_worker, self._stream())

    async def _stream(self) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        stream = Markdown.get_stream(self.query_one(Markdown))
        for piece in self._pieces:
            await asyncio.sleep(0)
            await stream.write(piece)
        await stream.stop()
        await wait_until_drawn(self)
        self.took_s = loop.time() - start
        self.exit()


async def wait_until_drawn(app: App[Any]) -> None:
    """Wait until all changes are on the screen."""
    done = asyncio.Event()
    app.screen.call_after_refresh(done.set)
    await done.wait()


async def chat(pieces: Sequence[str], pieces_per_s: float | None) -> dict[str, object]:
    """Measure one reply in refsheet.

    Returns `took_s`, the seconds from the first piece of the reply to its settled end on the
    screen, and `late`, by how many seconds a loop of 10 ms was late from the user's message on.
    """
    engine = ScriptedEngine(pieces, pieces_per_s)
    app = RefsheetApp(load_config(), engine)
    late: list[float] = []
    took_s = 0.0

    async def watch() -> None:
        nonlocal took_s
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _STEP_S
            await asyncio.sleep(_STEP_S)
            is_replying = isinstance(app.screen, ChatScreen) and app.screen.replying
            if is_replying:
                late.append(loop.time() - due)
            elif engine.started_at:
                await wait_until_drawn(app)
                took_s = loop.time() - engine.started_at
                app.exit()
                return

    watch_task = asyncio.create_task(watch())
    await app.run_async()
    watch_task.cancel()
    return {"took_s": took_s, "late": late}


def main() -> None:
    name, file, tokens, *pace = sys.argv[1:]
    pieces = make_reply_pieces(int(tokens))
    raise_gc_thresholds()
    measurements: dict[str, object]
    if name == "markdown":
        app = MarkdownApp(pieces)
        app.run()
        measurements = {"took_s": app.took_s}
    else:
        measurements = asyncio.run(chat(pieces, float(pace[0]) if pace else None))
    Path(file).write_text(json.dumps(measurements), encoding="utf-8")


if __name__ == "__main__":
    main()
