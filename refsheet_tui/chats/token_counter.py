"""Counting the tokens of turns, each turn once."""

from __future__ import annotations

from collections.abc import Sequence

from refsheet_tui.engine import Engine
from refsheet_tui.prompting import Prompt, Turn, build_prompt, build_turn


class TokenCounter:
    """Counts the tokens of turns, and remembers the counts by the content of the turns."""

    def __init__(self, engine: Engine, system: str | None) -> None:
        self._engine = engine
        self._system = system
        self._cached_counts: dict[Prompt, int] = {}

    async def count_turns(self, turns: Sequence[Turn]) -> list[int]:
        """Return how many positions of the context each turn takes.

        They add up to those of the prompt: the first count includes `<bos>`, the system prompt and
        the header of the reply. Raises `EngineError`.
        """
        prompts = [build_prompt(turns[:1], self._system), *map(build_turn, turns[1:])]
        return [await self._count_prompt(prompt) for prompt in prompts]

    async def _count_prompt(self, prompt: Prompt) -> int:
        if prompt not in self._cached_counts:
            parts = await self._engine.tokenize(prompt)
            self._cached_counts[prompt] = sum(part.positions for part in parts)
        return self._cached_counts[prompt]
