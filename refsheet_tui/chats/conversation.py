"""One conversation while it is being held: turns in order, and the reply being written."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from refsheet_tui.engine import Engine, Event, GenerationSettings, TextDelta
from refsheet_tui.pictures import PictureView
from refsheet_tui.prompting import Prompt, Turn, build_prompt


class Conversation:
    """Turns that always alternate, whatever is cancelled or dies on the way.

    A reply belongs to the conversation from its first character on: one that is stopped, or cut
    off by a dying engine, is kept as far as it came. One that never began leaves the person's
    turn open, and what they say next is added to it.
    """

    def __init__(
        self,
        engine: Engine,
        settings: GenerationSettings,
        opening: Turn,
        system: str | None = None,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._system = system
        self._turns = [opening]

    @property
    def turns(self) -> tuple[Turn, ...]:
        return tuple(self._turns)

    @property
    def prompt(self) -> Prompt:
        """What the model reads to write its next turn. Raises `ValueError` when it is not its
        turn."""
        return build_prompt(self._turns, self._system)

    def say(self, text: str, pictures: Sequence[PictureView] = ()) -> None:
        """Add what the person says; `reply` answers it."""
        content: tuple[str | PictureView, ...] = (*pictures, text)
        if self._turns[-1].role == "user":
            self._turns[-1] = Turn("user", (*self._turns[-1].content, "\n", *content))
        else:
            self._turns.append(Turn("user", content))

    def forget_reply(self) -> None:
        """Take back the last reply, so that `reply` writes another one."""
        if self._turns[-1].role == "model":
            self._turns.pop()

    def restore(self, turns: tuple[Turn, ...]) -> None:
        """Go back to what `turns` was before something was said or forgotten."""
        self._turns = list(turns)

    async def reply(self) -> AsyncGenerator[Event, None]:
        """Write the model's next turn. Raises `EngineError`; what was written until then stays."""
        prompt = self.prompt
        written = ""
        try:
            async with aclosing(self._engine.generate(prompt, self._settings)) as events:
                async for event in events:
                    if isinstance(event, TextDelta):
                        written += event.text
                    yield event
        finally:
            if written.strip():
                self._turns.append(Turn("model", (written,)))
