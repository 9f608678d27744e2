"""Counting the tokens of turns, each turn once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from refsheet_tui.engine import Engine
from refsheet_tui.prompting import (
    END_OF_TURN,
    Prompt,
    TextPart,
    Turn,
    build_prompt,
    build_turn,
)


class TokenCounter:
    """Counts the tokens of turns, and remembers the counts by the content of the turns."""

    def __init__(self, engine: Engine, system: str | None) -> None:
        self._engine = engine
        self._system = system
        self._cached_counts: dict[Prompt, int] = {}
        self._cached_text_counts: dict[str, int] = {}

    async def count_turns(self, turns: Sequence[Turn]) -> list[int]:
        """Return how many positions of the context each turn takes.

        They add up to those of the prompt: the first count includes `<bos>`, the system prompt and
        the header of the reply. Raises `EngineError`.
        """
        prompts = [build_prompt(turns[:1], self._system), *map(build_turn, turns[1:])]
        return [await self._count_prompt(prompt) for prompt in prompts]

    async def count_texts(self, texts: Iterable[str]) -> dict[str, int]:
        """Return how many tokens each text takes, by text. Raises `EngineError`."""
        return await count_texts(self._engine, texts, self._cached_text_counts)

    async def _count_prompt(self, prompt: Prompt) -> int:
        if prompt not in self._cached_counts:
            parts = await self._engine.tokenize(prompt)
            self._cached_counts[prompt] = sum(part.positions for part in parts)
        return self._cached_counts[prompt]


async def count_texts(
    engine: Engine, texts: Iterable[str], cached_counts: dict[str, int] | None = None
) -> dict[str, int]:
    """Count the tokens of texts in one request.

    Args:
        engine: The engine, which has loaded a model.
        texts: The texts.
        cached_counts: Counts that are known already; the new ones are added.

    Returns:
        The number of tokens by text, of these texts and of those in `cached_counts`.

    Raises:
        EngineError: The tokens can't be counted.
    """
    counts = {} if cached_counts is None else cached_counts
    unknown_texts = [text for text in dict.fromkeys(texts) if text and text not in counts]
    if unknown_texts:
        # A control token keeps neighboring texts from being merged.
        parts = [part for text in unknown_texts for part in (TextPart(text), END_OF_TURN)]
        tokenized = await engine.tokenize(Prompt.from_parts(parts))
        text_parts = (part for part in tokenized if part.kind == "text")
        counts |= {
            text: part.positions for text, part in zip(unknown_texts, text_parts, strict=True)
        }
    return counts
