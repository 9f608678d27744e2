"""How many tokens turns have, each counted once."""

from __future__ import annotations

from collections.abc import Sequence

from refsheet_tui.engine import Engine
from refsheet_tui.prompting import Prompt, Turn, build_prompt, build_turn


class TokenCounts:
    """Remembers what it counted, by what is in the turns."""

    def __init__(self, engine: Engine, system: str | None) -> None:
        self._engine = engine
        self._system = system
        self._known: dict[Prompt, int] = {}

    async def of(self, turns: Sequence[Turn]) -> list[int]:
        """Positions in the context that each turn takes; they add up to those of the prompt.

        The first has `<bos>`, the system text and the header of the reply in it. Raises
        `EngineError`.
        """
        prompts = [build_prompt(turns[:1], self._system), *map(build_turn, turns[1:])]
        return [await self._count(prompt) for prompt in prompts]

    async def _count(self, prompt: Prompt) -> int:
        if prompt not in self._known:
            parts = await self._engine.tokenize(prompt)
            self._known[prompt] = sum(part.positions for part in parts)
        return self._known[prompt]
