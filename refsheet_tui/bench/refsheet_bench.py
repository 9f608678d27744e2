"""Measure RefSheet's own engine in the chat."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

import psutil

from refsheet_tui.bench.chat_content import (
    NEXT_QUESTION,
    OTHER_DESCRIPTION,
    OTHER_QUESTION,
    QUESTION,
    BenchCharacter,
)
from refsheet_tui.bench.measurements import REFSHEET, Measurements
from refsheet_tui.bench.process_memory import peak_memory
from refsheet_tui.characters import Character
from refsheet_tui.chats import Branch, Conversation, Library, ReplyKind, open_conversation
from refsheet_tui.engine import (
    CacheSettings,
    GenerationSettings,
    LoadProgress,
    LoadSettings,
    LocalEngine,
    ModelInfo,
    ReplyFinished,
    TextDelta,
    Vision,
)
from refsheet_tui.prompting import Prompt, TextPart, language, opening_prefix

# Tokens of a reply: enough to tell its speed, few enough for three runs.
REPLY_TOKENS = 64
_SHORT_REPLY = 16
READ_TOKENS = 512


@dataclass(frozen=True)
class BenchPlan:
    """The extent of a benchmark. `typing_s` is how long the user types before the first chat."""

    runs: int = 3
    turns: int = 40
    typing_s: float = 20.0


@dataclass
class ReplyTiming:
    """The time of the first word in seconds after the request, and the end of the reply.

    `loading_s` is the time in seconds until the model was loaded.
    """

    first_token_s: float
    loading_s: float
    finished: ReplyFinished


class RefsheetBench:
    """Measures RefSheet case by case, and calls `report_progress` with the name of each."""

    def __init__(
        self,
        settings: LoadSettings,
        plan: BenchPlan,
        measurements: Measurements,
        library: Library,
        report_progress: Callable[[str], None],
    ) -> None:
        """Add what is measured to `measurements`. `library` is for chats that are not saved."""
        self._settings = settings
        self._library = library
        self._plan = plan
        self._measurements = measurements
        self._report_progress = report_progress

    async def measure(self, characters: Iterator[BenchCharacter]) -> None:
        for number in range(1, self._plan.runs + 1):
            with tempfile.TemporaryDirectory() as folder:
                self._report_progress(f"{REFSHEET}, run {number} of {self._plan.runs}")
                settings = replace(self._settings, cache=CacheSettings(Path(folder)))
                await self._measure_run(settings, characters)
        self._report_progress(f"{REFSHEET}, a chat of {self._plan.turns} turns")
        await self._measure_long_chat(next(characters))
        self._report_progress(f"{REFSHEET}, write speed by context, and read speed")
        await self._measure_write_speeds()
        await self._measure_read_speed()

    async def _measure_run(
        self, settings: LoadSettings, characters: Iterator[BenchCharacter]
    ) -> None:
        engine, info = await self._load(settings)
        bench_character = next(characters)
        chat = self._open_chat(engine, info, bench_character.character())
        timing = await self._measure_first_token("cold", chat)
        self._add_value("write", timing.finished.timings.write_tps)
        await chat.prewarm()
        question = chat.add_user_message(QUESTION)
        await self._measure_first_token("turn 2", chat)
        await self._measure_first_token("again", chat, "regenerate")
        chat.edit(question, OTHER_QUESTION)
        await self._measure_first_token("edit", chat)
        await engine.snapshot()
        self._add_value("memory", peak_memory(engine.pid))
        changed_chat = self._open_chat(engine, info, bench_character.character(OTHER_DESCRIPTION))
        await self._measure_first_token("description", changed_chat)
        await engine.close()

        engine, _ = await self._load(settings)
        reopened_chat = self._open_chat(
            engine, info, bench_character.character(), saved_branch=chat.branch
        )
        reopened_chat.add_user_message(NEXT_QUESTION)
        await self._measure_first_token("reopen", reopened_chat)
        await engine.snapshot()
        await self._measure_restart(engine, reopened_chat)
        await self._measure_after_typing(engine, info, next(characters))
        await engine.close()

    async def _measure_restart(self, engine: LocalEngine, chat: Conversation) -> None:
        """Measure how long a restart takes without loading."""
        assert engine.pid is not None
        psutil.Process(engine.pid).kill()
        chat.add_user_message(QUESTION)
        timing = await _time_reply(chat)
        self._add_value("restart", timing.first_token_s - timing.finished.timings.load_s)

    async def _measure_after_typing(
        self, engine: LocalEngine, info: ModelInfo, bench_character: BenchCharacter
    ) -> None:
        prewarm_task = asyncio.create_task(
            engine.prewarm(opening_prefix(language("en"), bench_character.sheet))
        )
        await asyncio.sleep(self._plan.typing_s)
        await self._measure_first_token(
            "typed", self._open_chat(engine, info, bench_character.character())
        )
        await prewarm_task

    async def _measure_read_speed(self) -> None:
        """Measure as llama-bench does: with nothing else in the process, and after a first run."""
        engine, _ = await self._load(replace(self._settings, cache=None), records_time=False)
        for run in range(self._plan.runs + 1):
            finished = await _generate(engine, _filler_prompt(READ_TOKENS, str(run)), 1)
            new_tokens = finished.prompt_tokens - finished.reused_tokens
            if run > 0:
                self._add_value("read", new_tokens / finished.timings.read_s)
        await engine.close()

    async def _measure_long_chat(self, bench_character: BenchCharacter) -> None:
        engine, info = await self._load(replace(self._settings, cache=None), records_time=False)
        chat = self._open_chat(engine, info, bench_character.character(), tokens=_SHORT_REPLY)
        await _time_reply(chat)
        for turn in range(2, self._plan.turns + 1):
            await chat.prewarm()
            # Always two digits: turns are compared, and another digit would be a token to read.
            chat.add_user_message(f"{turn:02}. {QUESTION}")
            timing = await _time_reply(chat)
            if turn <= 4:
                self._add_value("second turn", timing.first_token_s)
            elif turn > self._plan.turns - 3:
                self._add_value("last turn", timing.first_token_s)
        await engine.close()

    async def _measure_write_speeds(self) -> None:
        engine, info = await self._load(replace(self._settings, cache=None), records_time=False)
        depth = READ_TOKENS
        while depth + 2 * REPLY_TOKENS < info.context_size and depth <= 8 * READ_TOKENS:
            finished = await _generate(engine, _filler_prompt(depth, "b"), REPLY_TOKENS)
            self._add_value(f"write at {finished.prompt_tokens}", finished.timings.write_tps)
            depth *= 2
        await engine.close()

    async def _load(
        self, settings: LoadSettings, *, records_time: bool = True
    ) -> tuple[LocalEngine, ModelInfo]:
        engine = LocalEngine()
        begin = monotonic()
        info = await engine.load(settings)
        if records_time:
            self._add_value("load", monotonic() - begin)
        return engine, info

    async def _measure_first_token(
        self, case: str, chat: Conversation, kind: ReplyKind = "reply"
    ) -> ReplyTiming:
        timing = await _time_reply(chat, kind)
        self._add_value(case, timing.first_token_s)
        return timing

    def _open_chat(
        self,
        engine: LocalEngine,
        info: ModelInfo,
        character: Character,
        *,
        saved_branch: Branch | None = None,
        tokens: int = REPLY_TOKENS,
    ) -> Conversation:
        """Open a new chat with `character`, or the chat of the branch `saved_branch`."""
        tree = self._library.tree
        branch = (
            Branch(tree, saved_branch.chat, saved_branch.leaf)
            if saved_branch is not None
            else Branch(tree, self._library.chats.create_chat(None).id)
        )
        return open_conversation(
            engine, _greedy_settings(tokens), Vision(info, False), branch, character
        )

    def _add_value(self, case: str, value: float) -> None:
        self._measurements.add_value(REFSHEET, case, value)


async def _time_reply(chat: Conversation, kind: ReplyKind = "reply") -> ReplyTiming:
    begin = monotonic()
    first_token_s = loading_s = 0.0
    async with aclosing(chat.reply(kind)) as events:
        async for event in events:
            if isinstance(event, LoadProgress):
                loading_s = monotonic() - begin
            elif isinstance(event, TextDelta):
                first_token_s = first_token_s or monotonic() - begin
            elif isinstance(event, ReplyFinished):
                # A model that ends its turn at once has chosen a token, too.
                return ReplyTiming(first_token_s or monotonic() - begin, loading_s, event)
    raise AssertionError("a reply ends with ReplyFinished")


async def _generate(engine: LocalEngine, prompt: Prompt, tokens: int) -> ReplyFinished:
    async with aclosing(engine.generate(prompt, _greedy_settings(tokens))) as events:
        async for event in events:
            if isinstance(event, ReplyFinished):
                return event
    raise AssertionError("a reply ends with ReplyFinished")


def _greedy_settings(tokens: int) -> GenerationSettings:
    return GenerationSettings(max_new_tokens=tokens, sample=False)


def _filler_prompt(tokens: int, prefix: str) -> Prompt:
    """Return a prompt of about `tokens` tokens.

    The random models take a character for a token, and others take fewer.
    """
    return Prompt((TextPart((prefix + " quick brown fox " * tokens)[:tokens]),))
