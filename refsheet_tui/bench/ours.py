"""refsheet's own engine, led through the chat."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from refsheet_tui.bench.figures import OURS, Figures
from refsheet_tui.bench.memory import peak_memory
from refsheet_tui.bench.scene import (
    NEXT_QUESTION,
    OTHER_DESCRIPTION,
    OTHER_QUESTION,
    QUESTION,
    Scene,
)
from refsheet_tui.chats import Conversation
from refsheet_tui.engine import (
    CacheSettings,
    Event,
    Finished,
    GenerationSettings,
    Loading,
    LoadSettings,
    LocalEngine,
    ModelInfo,
    TextDelta,
)
from refsheet_tui.prompting import Prompt, TextPart, language, opening_prefix

# Tokens of a reply: enough to tell its speed, few enough for three runs.
REPLY_TOKENS = 64
_SHORT_REPLY = 16
READ_TOKENS = 512


@dataclass(frozen=True)
class Plan:
    """How much is measured. `typing_s`: how long a person types before their first chat."""

    runs: int = 3
    turns: int = 40
    typing_s: float = 20.0


@dataclass
class First:
    """When the first word came (seconds after the request), and how the reply ended."""

    word_s: float
    loading_s: float
    finished: Finished


class Ours:
    """Measures one after the other; `say` is told what."""

    def __init__(
        self, settings: LoadSettings, plan: Plan, figures: Figures, say: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._plan = plan
        self._figures = figures
        self._say = say

    async def measure(self, scenes: Iterator[Scene]) -> None:
        for number in range(1, self._plan.runs + 1):
            with tempfile.TemporaryDirectory() as folder:
                self._say(f"{OURS}, run {number} of {self._plan.runs}")
                settings = replace(self._settings, cache=CacheSettings(Path(folder)))
                await self._run(settings, scenes)
        self._say(f"{OURS}, a chat of {self._plan.turns} turns")
        await self._long_chat(next(scenes))
        self._say(f"{OURS}, write speed by context, and read speed")
        await self._depths()
        await self._reading()

    async def _run(self, settings: LoadSettings, scenes: Iterator[Scene]) -> None:
        engine, info = await self._loaded(settings)
        scene = next(scenes)
        chat = self._chat(engine, info, scene)
        first = await self._first("cold", chat)
        self._add("write", first.finished.timings.write_tps)
        await chat.prewarm()
        chat.say(QUESTION)
        await self._first("turn 2", chat)
        chat.forget_reply()
        await self._first("again", chat)
        chat.restore(chat.turns[:-2])
        chat.say(OTHER_QUESTION)
        await self._first("edit", chat)
        await engine.snapshot()
        self._add("memory", peak_memory(engine.pid))
        changed = self._chat(engine, info, scene, OTHER_DESCRIPTION)
        await self._first("description", changed)
        await engine.close()

        engine, _ = await self._loaded(settings)
        reopened = self._chat(engine, info, scene)
        reopened.restore(chat.turns)
        reopened.say(NEXT_QUESTION)
        await self._first("reopen", reopened)
        await engine.snapshot()
        await self._killed(engine, reopened)
        await self._typed(engine, info, next(scenes))
        await engine.close()

    async def _killed(self, engine: LocalEngine, chat: Conversation) -> None:
        """What a restart costs beside loading."""
        assert engine.pid is not None
        os.kill(engine.pid, signal.SIGKILL)
        chat.say(QUESTION)
        first = await _reply(chat)
        self._add("restart", first.word_s - first.finished.timings.load_s)

    async def _typed(self, engine: LocalEngine, info: ModelInfo, scene: Scene) -> None:
        ahead = asyncio.create_task(engine.prewarm(opening_prefix(language("en"), scene.sheet)))
        await asyncio.sleep(self._plan.typing_s)
        await self._first("typed", self._chat(engine, info, scene))
        await ahead

    async def _reading(self) -> None:
        """As llama-bench does it: nothing else in the process, once before it counts."""
        engine, _ = await self._loaded(replace(self._settings, cache=None), tell=False)
        for run in range(self._plan.runs + 1):
            done = await _finished(engine, _text(READ_TOKENS, str(run)), 1)
            new = done.prompt_tokens - done.reused_tokens
            if run > 0:
                self._add("read", new / done.timings.read_s)
        await engine.close()

    async def _long_chat(self, scene: Scene) -> None:
        engine, info = await self._loaded(replace(self._settings, cache=None), tell=False)
        chat = self._chat(engine, info, scene, tokens=_SHORT_REPLY)
        await _reply(chat)
        for turn in range(2, self._plan.turns + 1):
            await chat.prewarm()
            # Two digits always: turns are compared, and a token more would be one to read.
            chat.say(f"{turn:02}. {QUESTION}")
            first = await _reply(chat)
            if turn <= 4:
                self._add("second turn", first.word_s)
            elif turn > self._plan.turns - 3:
                self._add("last turn", first.word_s)
        await engine.close()

    async def _depths(self) -> None:
        engine, info = await self._loaded(replace(self._settings, cache=None), tell=False)
        depth = READ_TOKENS
        while depth + 2 * REPLY_TOKENS < info.context_size and depth <= 8 * READ_TOKENS:
            done = await _finished(engine, _text(depth, "b"), REPLY_TOKENS)
            self._add(f"write at {done.prompt_tokens}", done.timings.write_tps)
            depth *= 2
        await engine.close()

    async def _loaded(
        self, settings: LoadSettings, *, tell: bool = True
    ) -> tuple[LocalEngine, ModelInfo]:
        engine = LocalEngine()
        begin = monotonic()
        info = await engine.load(settings)
        if tell:
            self._add("load", monotonic() - begin)
        return engine, info

    async def _first(self, case: str, chat: Conversation) -> First:
        first = await _reply(chat)
        self._add(case, first.word_s)
        return first

    def _chat(
        self,
        engine: LocalEngine,
        info: ModelInfo,
        scene: Scene,
        description: str | None = None,
        tokens: int = REPLY_TOKENS,
    ) -> Conversation:
        opening = scene.opening(description) if description else scene.opening()
        return Conversation(engine, _greedy(tokens), opening, context_size=info.context_size)

    def _add(self, case: str, value: float) -> None:
        self._figures.add(OURS, case, value)


async def _reply(chat: Conversation) -> First:
    begin = monotonic()
    word_s = loading_s = 0.0
    async with aclosing(chat.reply()) as events:
        async for event in events:
            if isinstance(event, Loading):
                loading_s = monotonic() - begin
            elif isinstance(event, TextDelta):
                word_s = word_s or monotonic() - begin
            elif isinstance(event, Finished):
                # A model that ends its turn at once has chosen a token all the same.
                return First(word_s or monotonic() - begin, loading_s, event)
    raise AssertionError("a reply ends with Finished")


async def _finished(engine: LocalEngine, prompt: Prompt, tokens: int) -> Finished:
    event: Event
    async for event in engine.generate(prompt, _greedy(tokens)):
        if isinstance(event, Finished):
            return event
    raise AssertionError("a reply ends with Finished")


def _greedy(tokens: int) -> GenerationSettings:
    return GenerationSettings(max_new_tokens=tokens, sample=False)


def _text(tokens: int, mark: str) -> Prompt:
    """About so many tokens: the random models take a character for one, and others take less."""
    return Prompt((TextPart((mark + " quick brown fox " * tokens)[:tokens]),))
