"""Prewarming the engine while the user types."""

from __future__ import annotations

from collections.abc import Callable

from helpers.screens import GREEDY, open_first_chat, replies, say, until, wait_until_ready
from refsheet_tui.engine import EngineEvent, LocalEngine
from refsheet_tui.paths import samples_dir
from refsheet_tui.prompting import Prompt, TextPart
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.screens.character import CharacterScreen
from refsheet_tui.tui.widgets.picture_field import PathInput


class Recorder(LocalEngine):
    """An engine that records the prompts it prewarms."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead: list[Prompt] = []

    async def prewarm(
        self, prompt: Prompt, on_event: Callable[[EngineEvent], None] = lambda _: None
    ) -> None:
        await super().prewarm(prompt, on_event)
        self.ahead.append(prompt)


async def test_a_sheet_is_looked_at_as_soon_as_it_is_chosen() -> None:
    engine = Recorder()
    app = RefsheetApp(GREEDY, engine)
    async with app.run_test() as pilot:
        await wait_until_ready(pilot, app)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, CharacterScreen))
        app.screen.query_one("#sheet PathInput", PathInput).value = str(samples_dir() / "miso.png")
        await until(pilot, lambda: any(prompt.pictures for prompt in engine.ahead))
        last = engine.ahead[-1].parts[-1]
        assert isinstance(last, TextPart) and "You are the character" in last.text


async def test_after_a_reply_the_chat_is_read_up_to_the_next_words() -> None:
    engine = Recorder()
    app = RefsheetApp(GREEDY, engine)
    async with app.run_test() as pilot:
        await open_first_chat(pilot, app)
        await until(pilot, lambda: len(engine.ahead) == 1)
        greeting = replies(app)[0]
        texts = [part.text for part in engine.ahead[0].parts if isinstance(part, TextPart)]
        assert any(greeting in text for text in texts)
        await say(pilot, "Hello")
        await until(pilot, lambda: len(engine.ahead) == 2)
        assert len(engine.ahead[1].parts) > len(engine.ahead[0].parts)
