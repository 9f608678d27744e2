"""Conversations that outgrow the context, with the demo model and a context of 320 tokens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from helpers.conversations import add_texts, demo_vision, same_chat, unsaved_branch
from refsheet_tui.chats import Branch, ContextOverflow, Conversation, ReplyEvent
from refsheet_tui.engine import (
    CacheSettings,
    EngineEvent,
    GenerationSettings,
    LoadSettings,
    LocalEngine,
    ReplyFinished,
    TextDelta,
    TokenizedPart,
)
from refsheet_tui.errors import PromptTooLongError, StoppedError
from refsheet_tui.paths import demo_mmproj, demo_model, resource_path
from refsheet_tui.pictures import view
from refsheet_tui.prompting import (
    Prompt,
    Turn,
    build_prefix,
    build_prompt,
    language,
    opening_turn,
)

CONTEXT = 320
GREEDY = GenerationSettings(max_new_tokens=24, sample=False)
QUESTIONS = ("What color are your eyes?", "What are you wearing?", "Who are you?", "Hello!")


class Recorder(LocalEngine):
    """An engine that records its prompts. Clear `goes_on` to make it wait while it counts tokens.

    `counts` is set when it begins to count.
    """

    def __init__(self) -> None:
        super().__init__()
        self.counted: list[Prompt] = []
        self.warmed: list[Prompt] = []
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.counts = asyncio.Event()

    async def tokenize(self, prompt: Prompt) -> tuple[TokenizedPart, ...]:
        self.counted.append(prompt)
        self.counts.set()
        await self.goes_on.wait()
        return await super().tokenize(prompt)

    async def prewarm(
        self, prompt: Prompt, on_event: Callable[[EngineEvent], None] = lambda _: None
    ) -> None:
        self.warmed.append(prompt)
        await super().prewarm(prompt, on_event)


@dataclass
class ReplyEvents:
    """All events of one reply."""

    events: list[ReplyEvent] = field(default_factory=list)

    @property
    def overflows(self) -> list[int]:
        return [event.oldest_visible for event in self.events if isinstance(event, ContextOverflow)]

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def end(self) -> ReplyFinished:
        last = self.events[-1]
        assert isinstance(last, ReplyFinished)
        return last


@pytest.fixture
async def engine() -> AsyncGenerator[Recorder, None]:
    """Yield an engine with the demo model."""
    engine = Recorder()
    await engine.load(
        LoadSettings(demo_model(), demo_mmproj(), context_size=CONTEXT, threads=1),
    )
    yield engine
    await engine.close()


def begin(
    engine: LocalEngine,
    settings: GenerationSettings = GREEDY,
    context_size: int = CONTEXT,
    branch: Branch | None = None,
) -> Conversation:
    sheet = view(resource_path("samples/ember.png"), 224, False)
    opening = opening_turn(language("en"), sheet, "Your name is Ember.")
    vision = demo_vision(context_size)
    return Conversation(engine, settings, vision, branch or unsaved_branch(), opening)


async def collect_reply(conversation: Conversation) -> ReplyEvents:
    return ReplyEvents([event async for event in conversation.reply()])


async def ask(conversation: Conversation, text: str) -> ReplyEvents:
    conversation.add_user_message(text)
    return await collect_reply(conversation)


async def hold_chat(conversation: Conversation, questions: int) -> list[ReplyEvents]:
    heard = [await collect_reply(conversation)]
    for number in range(questions):
        heard.append(await ask(conversation, QUESTIONS[number % len(QUESTIONS)]))
    return heard


def visible_turns(turns: tuple[Turn, ...], oldest: int) -> tuple[Turn, ...]:
    return (*turns[:2], *turns[oldest:])


async def test_a_chat_goes_on_long_after_its_context_is_full(engine: Recorder) -> None:
    conversation = begin(engine)
    heard = await hold_chat(conversation, 30)
    assert len(conversation.turns) == 62
    assert all(each.text for each in heard)
    assert all(each.end.prompt_tokens < CONTEXT for each in heard)
    told = [index for each in heard for index in each.overflows]
    assert len(told) >= 3
    assert told == sorted(set(told)), "told once when turns leave, and then no more"
    assert all(conversation.turns[index].role == "user" for index in told)
    # Turns leave rarely, and in between the engine reads only new tokens.
    for before, after in pairwise(heard):
        assert not (before.overflows and after.overflows)
        if not after.overflows:
            assert after.end.reused_tokens > before.end.prompt_tokens - 2
    # The turns that were reported as visible are those that the engine read.
    oldest = 2
    for number, each in enumerate(heard):
        oldest = each.overflows[-1] if each.overflows else oldest
        turns = conversation.turns[: 2 * number + 1]
        parts = await engine.tokenize(
            build_prompt(visible_turns(turns, oldest) if number else turns)
        )
        assert sum(part.positions for part in parts) == each.end.prompt_tokens


async def test_an_opened_chat_is_read_as_it_was_when_it_was_held(engine: Recorder) -> None:
    held = begin(engine)
    heard = await hold_chat(held, 12)
    told = [index for each in heard for index in each.overflows]
    opened = begin(engine, branch=same_chat(held.branch))
    for conversation in (held, opened):
        conversation.add_user_message("And now?")
    assert await opened.prompt() == await held.prompt()
    again = await collect_reply(opened)
    assert again.overflows and again.overflows[0] >= told[-1]
    assert again.end.reused_tokens > again.end.prompt_tokens // 2


async def test_what_stays_is_not_read_again_when_turns_leave(tmp_path: Path) -> None:
    """Snapshots bring the opening back: window layers hold 768 positions, and have forgotten it."""
    context = 2048
    engine = LocalEngine()
    cache = CacheSettings(tmp_path / "cache")
    await engine.load(LoadSettings(demo_model(), demo_mmproj(), context, threads=1, cache=cache))
    conversation = begin(engine, context_size=context)
    await collect_reply(conversation)
    opening = await engine.tokenize(build_prefix(conversation.turns))
    length = sum(part.positions for part in opening)
    heard = [await ask(conversation, f"{number}. {QUESTIONS[0]} " * 40) for number in range(9)]
    await engine.close()
    moved = [each.end for each in heard if each.overflows]
    assert len(moved) >= 2
    assert all(length <= each.reused_tokens < each.prompt_tokens for each in moved)


async def test_an_edited_turn_sees_what_the_first_one_saw(engine: Recorder) -> None:
    conversation = begin(engine)
    await collect_reply(conversation)
    moved = 0
    for _ in range(10):
        before = conversation.branch.leaf
        first = await ask(conversation, "What do you like?")
        conversation.branch.move_to(before)
        conversation.add_user_message("What do you hate?")
        edited = await conversation.prompt()
        conversation.branch.move_to(before)
        conversation.add_user_message("What do you like?")
        asked = await conversation.prompt()
        assert len(edited.parts) == len(asked.parts)
        assert sum(one != other for one, other in zip(edited.parts, asked.parts, strict=True)) == 1
        again = await collect_reply(conversation)
        assert not again.overflows, "it was told already"
        assert again.end.reused_tokens == again.end.prompt_tokens
        moved += bool(first.overflows)
    assert moved


async def test_every_turn_is_counted_once(engine: Recorder) -> None:
    conversation = begin(engine)
    await hold_chat(conversation, 12)
    await conversation.prewarm()
    assert len(engine.counted) == len(set(engine.counted))


async def test_a_short_chat_is_not_counted(engine: Recorder) -> None:
    await hold_chat(begin(engine), 1)
    assert not engine.counted


async def test_a_reply_ends_where_the_context_does(engine: Recorder) -> None:
    """A reply of thousands of tokens, which this seed gives, fills the context to its end."""
    endless = GenerationSettings(
        max_new_tokens=5000, temperature=1e6, top_k=0, top_p=1.0, seed=2741
    )
    held = begin(engine)
    await hold_chat(held, 10)
    conversation = begin(engine, endless, branch=same_chat(held.branch))
    for _ in range(3):
        heard = await ask(conversation, "Go on!")
        assert heard.end.reason == "max_tokens"
        # The model writes the last token, but need not read it.
        assert heard.end.prompt_tokens + heard.end.new_tokens == CONTEXT + 1
        assert heard.end.new_tokens > CONTEXT // 4


async def test_what_alone_is_too_long_is_refused(engine: Recorder) -> None:
    conversation = begin(engine)
    await hold_chat(conversation, 6)
    before = conversation.branch.leaf
    with pytest.raises(PromptTooLongError):
        await ask(conversation, "word " * CONTEXT)
    conversation.branch.move_to(before)
    assert (await ask(conversation, "Hello!")).text


async def test_read_ahead_only_the_person_s_words_are_left_to_read(engine: Recorder) -> None:
    conversation = begin(engine)
    await collect_reply(conversation)
    overflows = 0
    for _ in range(14):
        await conversation.prewarm()
        heard = await ask(conversation, "Hello!")
        known = await engine.tokenize(engine.warmed[-1])
        assert heard.end.reused_tokens == sum(part.positions for part in known)
        overflows += len(heard.overflows)
    assert overflows, "also when turns leave"


async def test_the_opening_is_read_ahead(engine: Recorder) -> None:
    conversation = begin(engine)
    await conversation.prewarm()
    heard = await collect_reply(conversation)
    assert engine.warmed == [build_prefix(conversation.turns[:1])]
    assert heard.end.timings.encode_s == 0
    assert heard.end.prompt_tokens - heard.end.reused_tokens == 5


async def test_words_that_are_added_are_a_line_of_their_own(engine: Recorder) -> None:
    conversation = begin(engine)
    await collect_reply(conversation)
    conversation.add_user_message("One")
    conversation.add_user_message("Two")
    assert conversation.turns[-1].content == ("One\nTwo",)


async def test_nothing_is_read_ahead_that_was_overtaken(engine: Recorder) -> None:
    """An outdated prefix would replace the tokens that were read for the reply."""
    conversation = begin(engine)
    await hold_chat(conversation, 2)
    engine.goes_on.clear()
    engine.counts.clear()
    ahead = asyncio.create_task(conversation.prewarm())
    await engine.counts.wait()
    conversation.add_user_message("Hello!")
    engine.goes_on.set()
    await ahead
    assert not engine.warmed


async def test_reading_ahead_raises_nothing() -> None:
    engine = LocalEngine()
    conversation = begin(engine)
    add_texts(conversation, [Turn("model", ("a",)), Turn("user", ("b",))] * 3)
    await conversation.prewarm()
    assert engine.pid is None


async def test_a_stop_while_turns_are_counted_is_a_stopped_reply(engine: Recorder) -> None:
    conversation = begin(engine)
    await hold_chat(conversation, 2)
    conversation.add_user_message("Hello!")
    before = conversation.turns

    async def stopped(prompt: Prompt) -> tuple[TokenizedPart, ...]:
        raise StoppedError("The request was canceled.", "Try again.")

    engine.tokenize = stopped  # type: ignore[method-assign]
    events = [event async for event in conversation.reply()]
    assert [type(event) for event in events] == [ReplyFinished]
    assert isinstance(events[0], ReplyFinished) and events[0].reason == "cancelled"
    assert conversation.turns == before
