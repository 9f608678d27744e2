"""The lorebook of a chat stays within its budget, in tokens of the loaded model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpers.engine_driver import GREEDY, demo
from helpers.library import add_ember
from refsheet_tui.chats import (
    Branch,
    Conversation,
    Library,
    LorebookOverflow,
    Message,
    ReplyKind,
    count_texts,
    open_conversation,
)
from refsheet_tui.engine import LocalEngine, TokenizedPart, Vision
from refsheet_tui.prompting import Prompt, TextPart

SHORT = replace(GREEDY, max_new_tokens=8)
FACTS = [
    {
        "keys": [],
        "constant": True,
        "content": f"Fact {number}. " + "The old harbor town has a lamp on every corner. " * 12,
        "insertion_order": number,
        "name": f"Fact {number}",
    }
    for number in range(60)
]


class CountingEngine(LocalEngine):
    """An engine that remembers the texts that it was asked to tokenize."""

    def __init__(self) -> None:
        super().__init__()
        self.tokenized_texts: list[str] = []

    async def tokenize(self, prompt: Prompt) -> tuple[TokenizedPart, ...]:
        self.tokenized_texts += [part.text for part in prompt.parts if isinstance(part, TextPart)]
        return await super().tokenize(prompt)


@pytest.fixture
async def engine() -> AsyncIterator[CountingEngine]:
    engine = CountingEngine()
    yield engine
    await engine.close()


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path)


async def open_chat(
    engine: LocalEngine, library: Library, *entries: dict[str, Any], **book: Any
) -> Conversation:
    """Open a chat with a character that has this lorebook, or its last chat again."""
    info = await engine.load(demo(context_size=2048))
    if not library.characters.find_by_name("Ember"):
        card = {"character_book": {"entries": list(entries), **book}}
        add_ember(library, greeting="Hello!", description="A dragon.", card=card)
    (saved,) = library.characters.find_by_name("Ember")
    character = library.characters.build_character(saved)
    chat, *_ = library.chats.latest_chats(character=saved.id) or [
        library.chats.create_chat(saved.version)
    ]
    branch = Branch(library.tree, chat.id, library.chats.get_chat(chat.id).leaf)
    if not branch.path:
        branch.add_greetings(character.greetings)
    return open_conversation(engine, SHORT, Vision(info, pan_and_scan=True), branch, character)


async def overflows(chat: Conversation, kind: ReplyKind = "reply") -> list[LorebookOverflow]:
    """Let the model reply, and return what it reported as left out."""
    async with aclosing(chat.reply(kind)) as events:
        return [event async for event in events if isinstance(event, LorebookOverflow)]


def text_of(prompt: Prompt) -> str:
    return "".join(part.text for part in prompt.parts if isinstance(part, TextPart))


def opening_text(chat: Conversation) -> str:
    return "".join(item for item in chat.turns[0].content if isinstance(item, str))


def last_user_message(chat: Conversation) -> Message:
    return [message for message in chat.branch.path if message.role == "user"][-1]


async def test_a_lorebook_longer_than_the_context_opens_and_chats(
    engine: CountingEngine, library: Library
) -> None:
    chat = await open_chat(engine, library, *FACTS, token_budget=512)
    chat.add_user_message("Hello")
    (overflow,) = await overflows(chat)
    assert chat.branch.ends_with_reply
    text = opening_text(chat)
    assert "Fact 0." in text and "Fact 59." not in text
    told = [entry["content"] for entry in FACTS if str(entry["content"]).strip() in text]
    counts = await count_texts(engine, [str(content).strip() for content in told])
    assert 0 < sum(counts.values()) <= 512
    assert len(overflow.entries) == 60 - len(told)
    assert "don't fit the budget of 512 tokens: Fact" in str(overflow)
    chat.add_user_message("And now?")
    assert await overflows(chat) == [], "it is said once"
    chat.add_user_message("Well?")
    again = await open_chat(engine, library)
    assert await again.prompt() == await chat.prompt()


async def test_of_constant_entries_those_of_high_priority_are_told(
    engine: CountingEngine, library: Library
) -> None:
    important = {**FACTS[59], "priority": 5}
    chat = await open_chat(engine, library, *FACTS[:59], important, token_budget=400)
    await chat.prewarm()
    assert "Fact 59." in opening_text(chat) and "Fact 58." not in opening_text(chat)


async def test_an_entry_that_does_not_fit_is_skipped(
    engine: CountingEngine, library: Library
) -> None:
    long = {"keys": ["cave"], "content": "Big. " + "x" * 1600, "comment": "The long one"}
    short = {"keys": ["cave"], "content": "Small."}
    unrelated = {"keys": ["forest"], "content": "Unrelated. " * 200}
    chat = await open_chat(engine, library, long, short, unrelated)
    chat.add_user_message("the cave")
    assert "The long one" in str(*await overflows(chat))
    assert last_user_message(chat).context_notes == ("Small.",)
    chat.add_user_message("the cave again")
    assert await overflows(chat) == [] and last_user_message(chat).context_notes == ()
    assert engine.tokenized_texts.count(str(long["content"])) == 1
    assert not any("Unrelated." in text for text in engine.tokenized_texts)


async def test_tokens_count_and_not_bytes(engine: CountingEngine, library: Library) -> None:
    """An entry of more bytes than tokens in the budget is told if its tokens fit."""
    content = "The character is in the picture. " * 18
    chat = await open_chat(engine, library, {"keys": ["cave"], "content": content})
    (tokens,) = (await count_texts(engine, [content.strip()])).values()
    assert tokens < 512 < len(content)
    chat.add_user_message("the cave")
    assert await overflows(chat) == []
    assert last_user_message(chat).context_notes == (content.strip(),)


async def test_two_messages_in_a_row_get_an_entry_once(
    engine: CountingEngine, library: Library
) -> None:
    content = "The character is in the picture. " * 18
    chat = await open_chat(engine, library, {"keys": ["cave"], "content": content})
    chat.add_user_message("the cave")
    chat.add_user_message("this cave")
    text = text_of(await chat.prompt())
    assert text.count(content.strip()) == 1


async def test_short_entries_need_no_counting(engine: CountingEngine, library: Library) -> None:
    entries = ({"keys": ["cave"], "content": "Dark."}, {"content": "Old.", "constant": True})
    chat = await open_chat(engine, library, *entries)
    message = chat.add_user_message("the cave")
    assert message.context_notes == ("Dark.",)
    assert "Dark." not in engine.tokenized_texts and "Old." not in engine.tokenized_texts
    assert "Old." in text_of(await chat.prompt())


async def test_what_constant_entries_take_is_missing_for_the_others(
    engine: CountingEngine, library: Library
) -> None:
    word = "lamp "
    constant = {"content": word * 40, "constant": True}
    other = {"keys": ["cave"], "content": word * 39, "name": "Cave"}
    chat = await open_chat(engine, library, constant, other)
    counts = await count_texts(engine, [(word * 40).strip(), (word * 39).strip()])
    budget = sum(counts.values()) - 1
    library.characters.delete_character(library.characters.find_by_name("Ember")[0].id)
    chat = await open_chat(engine, library, constant, other, token_budget=budget)
    chat.add_user_message("cave")
    (overflow,) = await overflows(chat)
    assert [entry.label for entry in overflow.entries] == ["Cave"]


async def test_constant_entries_stand_before_or_after_the_description(
    engine: CountingEngine, library: Library
) -> None:
    before = {"content": "Before.", "constant": True, "position": "before_char"}
    after = {"content": "After.", "constant": True, "position": "after_char"}
    chat = await open_chat(engine, library, after, before)
    assert "Before.\nA dragon.\nAfter." in opening_text(chat)


async def test_chance_is_the_same_when_a_message_is_sent_again(
    engine: CountingEngine, library: Library
) -> None:
    entries = [
        {"keys": ["cave"], "content": f"Entry {number}.", "probability": 50} for number in range(20)
    ]
    chat = await open_chat(engine, library, *entries)
    message = chat.add_user_message("the cave")
    notes = message.context_notes
    assert 2 < len(notes) < 18
    assert chat.edit(message, "a cave").context_notes == notes
    await overflows(chat)
    await overflows(chat, "regenerate")
    assert last_user_message(chat).context_notes == notes
    assert (await open_chat(engine, library)).branch.path[1].context_notes == notes


async def test_a_depth_prompt_stays_where_it_was_told(
    engine: CountingEngine, library: Library
) -> None:
    depth_prompt = {"prompt": "Always limp, {{user}}.", "depth": 2, "role": "system"}
    card = {"extensions": {"depth_prompt": depth_prompt}}
    add_ember(library, greeting="Hello!", card=card, person="Jane")
    chat = await open_chat(engine, library)
    prompts = []
    for text in ("One", "Two", "Three"):
        chat.add_user_message(text)
        prompts.append(text_of(await chat.prompt()))
        await overflows(chat)
    notes = [message.context_notes for message in chat.branch.path if message.role == "user"]
    assert notes == [("Always limp, Jane.",), (), ("Always limp, Jane.",)]
    begin = prompts[0].removesuffix("model\n").rstrip()
    assert prompts[2].startswith(begin), "nothing that was read is moved"
