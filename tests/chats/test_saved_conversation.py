"""Chats with the real engine, which are saved while they are written."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from pathlib import Path

import pytest

from helpers.conversations import demo_vision
from helpers.engine_driver import ENDLESS, GREEDY, demo, picture
from refsheet_tui.chats import Branch, Conversation, ReplyKind
from refsheet_tui.chats.context_notes import ContextNoteSelector
from refsheet_tui.chats.conversation import Attachment
from refsheet_tui.chats.library import Library
from refsheet_tui.engine import EngineEvent, GenerationSettings, LocalEngine, TextDelta
from refsheet_tui.errors import EngineDiedError, EngineError, StorageError
from refsheet_tui.paths import samples_dir
from refsheet_tui.pictures import PictureView, view
from refsheet_tui.prompting import Prompt, language, opening_turn

SEEN = PictureView(picture(3))
KINDS: tuple[ReplyKind, ...] = ("regenerate", "continue")


@pytest.fixture
async def engine() -> AsyncIterator[LocalEngine]:
    engine = LocalEngine()
    await engine.load(demo())
    yield engine
    await engine.close()


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path)


def open_chat(
    engine: LocalEngine,
    library: Library,
    chat: int,
    settings: GenerationSettings = GREEDY,
    context_note_selector: ContextNoteSelector | None = None,
) -> Conversation:
    """Return a saved chat, opened as the user left it."""
    opening = opening_turn(language("en"), SEEN)
    branch = Branch(library.tree, chat, library.chats.get_chat(chat).leaf)
    return Conversation(
        engine,
        settings,
        demo_vision(),
        branch,
        opening,
        context_note_selector=context_note_selector,
    )


async def write_reply(chat: Conversation) -> str:
    text = ""
    async with aclosing(chat.reply()) as events:
        async for event in events:
            text += event.text if isinstance(event, TextDelta) else ""
    return text


async def test_a_chat_goes_on_where_it_was(engine: LocalEngine, library: Library) -> None:
    number = library.chats.create_chat(None).id
    chat = open_chat(engine, library, number)
    greeting = await write_reply(chat)
    chat.add_user_message("What color are your eyes?")
    answer = await write_reply(chat)
    assert [message.text for message in chat.branch.path] == [
        greeting,
        "What color are your eyes?",
        answer,
    ]
    assert [message.finish for message in chat.branch.path][1:] == [None, "end_of_turn"]
    again = open_chat(engine, library, number)
    assert again.branch.path == chat.branch.path
    assert again.turns == chat.turns


async def test_another_reply_that_never_came_leaves_the_last_one(
    engine: LocalEngine, library: Library
) -> None:
    chat = open_chat(engine, library, library.chats.create_chat(None).id)
    await write_reply(chat)
    chat.add_user_message("What are you?")
    await write_reply(chat)
    before = chat.branch.path
    async with aclosing(chat.reply("regenerate")) as events:
        assert not isinstance(await anext(events), TextDelta)
    assert chat.branch.path == before
    async with aclosing(chat.reply("regenerate")) as events:
        async for _ in events:
            pass
    assert chat.branch.path[:-1] == before[:-1] and chat.branch.path[-1].id > before[-1].id
    assert chat.branch.position(chat.branch.path[-1]) == (2, 2)


async def test_a_reply_that_nobody_waits_for_was_stopped_and_not_cut_off(
    engine: LocalEngine, library: Library
) -> None:
    chat = open_chat(engine, library, library.chats.create_chat(None).id, ENDLESS)
    async with aclosing(chat.reply()) as events:
        async for event in events:
            if isinstance(event, TextDelta) and event.text.strip():
                break
    (said,) = chat.branch.path
    assert said.finish == "cancelled" and said.is_unfinished and not said.was_cut_off


class DeadEngine(LocalEngine):
    """An engine that fails on every reply."""

    async def generate(
        self, prompt: Prompt, settings: GenerationSettings
    ) -> AsyncGenerator[EngineEvent, None]:
        raise EngineError("It is dead.", "Start another one.")
        yield


async def test_what_fails_before_its_first_word_changes_nothing(library: Library) -> None:
    number = library.chats.create_chat(None).id
    tree = library.tree
    greeting = tree.add_message(number, None, "model", "Hi.", finish="end_of_turn")
    question = tree.add_message(number, greeting.id, "user", "Well?")
    tree.add_message(number, question.id, "model", "Hm.", finish="end_of_turn")
    chat = open_chat(DeadEngine(), library, number)
    chat.branch.move_to(greeting.id)
    for kind in KINDS:
        with pytest.raises(EngineError):
            await anext(chat.reply(kind))
        assert chat.branch.path == (greeting,), "neither another end nor another way"
    chat.branch.move_to(library.chats.get_chat(number).leaf)
    before = chat.branch.path

    def full(*_: object, **__: object) -> None:
        raise StorageError("There is no room.", "Make some.")

    tree.add_message = full  # type: ignore[method-assign,assignment]
    with pytest.raises(StorageError):
        chat.edit(question, "What?")
    assert chat.branch.path == before


async def test_what_the_character_was_told_beside_it_is_kept_where_it_was(
    engine: LocalEngine, library: Library
) -> None:
    """Context notes stay with their messages, so a new note makes the engine read nothing again."""
    number = library.chats.create_chat(None).id
    chat = open_chat(
        engine, library, number, context_note_selector=ContextNoteSelector("Be brief.")
    )
    chat.branch.add_reply("Hello!")
    first = chat.add_user_message("Hi")
    chat.branch.add_reply("Hm.")
    chat.set_note("Be loud.")
    second = chat.add_user_message("Hm?")
    assert (first.context_notes, second.context_notes) == (("Be brief.",), ("Be loud.",))
    again = open_chat(engine, library, number)
    assert await again.prompt() == await chat.prompt()
    assert "[Be brief.]" in str(await again.prompt())
    changed = again.edit(again.branch.path[1], "Hello, hello")
    assert changed.context_notes == (), "no note holds now"


async def test_what_is_said_is_on_the_disk_before_it_is_answered(
    engine: LocalEngine, library: Library, tmp_path: Path
) -> None:
    number = library.chats.create_chat(None).id
    open_chat(engine, library, number).add_user_message("Hello")
    other = Library.open(tmp_path)
    assert [
        message.text for message in other.tree.path_to(other.chats.get_chat(number).leaf or 0)
    ] == ["Hello"]


async def test_a_reply_is_on_the_disk_while_it_streams(
    engine: LocalEngine, library: Library, tmp_path: Path
) -> None:
    """A reply is saved at least every second. The clock is a fake."""
    number = library.chats.create_chat(None).id
    now = [100.0]
    opening = opening_turn(language("en"), SEEN)
    branch = Branch(library.tree, number)
    chat = Conversation(engine, ENDLESS, demo_vision(), branch, opening, clock=lambda: now[0])
    other = Library.open(tmp_path)
    text = ""
    async with aclosing(chat.reply()) as events:
        async for event in events:
            if not isinstance(event, TextDelta):
                continue
            text += event.text
            leaf = other.chats.get_chat(number).leaf
            if leaf is not None and now[0] > 105:
                kept = other.tree.get_message(leaf)
                assert kept.finish == "open" and kept.is_unfinished
                assert len(text) - len(kept.text) < 200
                break
            now[0] += 0.4
    assert chat.branch.path[-1].text == text


async def test_a_reply_of_a_dying_engine_is_kept_as_far_as_it_came(
    engine: LocalEngine, library: Library
) -> None:
    number = library.chats.create_chat(None).id
    chat = open_chat(engine, library, number, ENDLESS)
    text = ""
    with pytest.raises(EngineDiedError):
        async for event in chat.reply():
            text += event.text if isinstance(event, TextDelta) else ""
            if len(text) > 50 and engine.pid is not None:
                with suppress(ProcessLookupError):  # the second time
                    os.kill(engine.pid, signal.SIGKILL)
    assert chat.branch.path[-1].text.startswith(text[:50])
    assert chat.branch.path[-1].is_unfinished


async def test_a_stopped_reply_says_that_it_was_stopped(
    engine: LocalEngine, library: Library
) -> None:
    chat = open_chat(engine, library, library.chats.create_chat(None).id, ENDLESS)
    stops = []
    async for event in chat.reply():
        if isinstance(event, TextDelta):
            stops.append(asyncio.ensure_future(engine.cancel()))
    await asyncio.gather(*stops)
    assert chat.branch.path[-1].finish == "cancelled"


async def test_another_reply_is_beside_the_first(engine: LocalEngine, library: Library) -> None:
    chat = open_chat(engine, library, library.chats.create_chat(None).id)
    await write_reply(chat)
    first = chat.branch.path[-1]
    chat.branch.remove_last_reply()
    assert not chat.branch.path
    await write_reply(chat)
    assert library.tree.siblings(first) == (first.id, chat.branch.path[-1].id)
    chat.branch.go_to(first)
    assert chat.branch.path == (first,)


async def test_what_was_said_can_be_said_otherwise(engine: LocalEngine, library: Library) -> None:
    chat = open_chat(engine, library, library.chats.create_chat(None).id)
    await write_reply(chat)
    question = chat.add_user_message("Who are you?")
    await write_reply(chat)
    chat.edit(question, "What are you?")
    assert [message.text for message in chat.branch.path][1:] == ["What are you?"]
    await write_reply(chat)
    changed = chat.edit(chat.branch.path[-1], "A dragon, of course.")
    assert chat.turns[-1].content == ("A dragon, of course.",)
    chat.branch.delete(changed)
    assert chat.branch.undelete()
    assert chat.branch.path[-1].text == changed.text


async def test_pictures_are_seen_again(engine: LocalEngine, library: Library) -> None:
    number = library.chats.create_chat(None).id
    chat = open_chat(engine, library, number)
    await write_reply(chat)
    path = samples_dir() / "miso.png"
    chat.add_user_message("Look!", [Attachment(path, view(path, 224, False))])
    again = open_chat(engine, library, number)
    assert again.turns == chat.turns


async def test_a_picture_that_is_gone_leaves_the_words(
    engine: LocalEngine, library: Library
) -> None:
    number = library.chats.create_chat(None).id
    chat = open_chat(engine, library, number)
    await write_reply(chat)
    path = samples_dir() / "miso.png"
    said = chat.add_user_message("Look!", [Attachment(path, view(path, 224, False))])
    library.tree.picture_path(said.pictures[0]).unlink()
    assert open_chat(engine, library, number).turns[-1].content == ("Look!",)


async def test_a_reply_that_was_cut_off_goes_on_as_if_it_had_not_been(
    engine: LocalEngine, library: Library
) -> None:
    long = GenerationSettings(max_new_tokens=200, sample=False)
    whole = await write_reply(open_chat(engine, library, library.chats.create_chat(None).id, long))
    number = library.chats.create_chat(None).id
    few = GenerationSettings(max_new_tokens=6, sample=False)
    begun = await write_reply(open_chat(engine, library, number, few))
    assert whole.startswith(begun) and len(begun) < len(whole)
    again = open_chat(engine, library, number, long)
    assert again.branch.path[-1].is_unfinished
    async with aclosing(again.reply("continue")) as events:
        async for _ in events:
            pass
    (message,) = again.branch.path
    assert message.text == whole and not message.is_unfinished
    assert library.tree.get_message(message.id) == message
    assert again.turns[-1].content == (whole,)


async def test_a_regenerated_reply_that_cannot_be_saved_leaves_the_last_one(
    engine: LocalEngine, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = open_chat(engine, library, library.chats.create_chat(None).id)
    await write_reply(chat)
    chat.add_user_message("What are you?")
    await write_reply(chat)
    before = chat.branch.path

    def full(*_: object, **__: object) -> None:
        raise StorageError("There is no room.", "Make some.")

    monkeypatch.setattr(library.tree, "add_message", full)
    with pytest.raises(StorageError):
        async for _ in chat.reply("regenerate"):
            pass
    assert chat.branch.path == before
