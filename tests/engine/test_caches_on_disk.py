"""Soft tokens and snapshots are used after a restart, and are never trusted blindly."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.engine_driver import (
    ENDLESS,
    GREEDY,
    Reply,
    demo,
    long_text,
    model,
    picture,
    reply,
    user,
)
from refsheet_tui.engine import CacheSettings, LoadSettings, LocalEngine
from refsheet_tui.prompting import Turn, build_prompt

OPENING = [user(picture(1), picture(2), "You are the character in the image.")]
Start = Callable[[LoadSettings], Awaitable[LocalEngine]]


@pytest.fixture
def cached_settings(tmp_path: Path) -> LoadSettings:
    return replace(demo(), cache=CacheSettings(tmp_path / "cache"))


@pytest.fixture
async def engines(tmp_path: Path) -> AsyncIterator[Start]:
    """Return a function that starts an engine and closes the one before."""
    running: list[LocalEngine] = []

    async def start(settings: LoadSettings) -> LocalEngine:
        for engine in running:
            await engine.close()
        running.append(LocalEngine(tmp_path / "log"))
        await running[-1].load(settings)
        return running[-1]

    yield start
    for engine in running:
        await engine.close()


async def hold_chat(engine: LocalEngine, words: int = 30) -> list[Turn]:
    """Hold a chat of two replies and return its turns, with another question."""
    turns = [*OPENING]
    turns.append(model((await reply(engine, build_prompt(turns))).text))
    turns.append(user(long_text(words)))
    turns.append(model((await reply(engine, build_prompt(turns))).text))
    return [*turns, user("And?")]


def files(settings: LoadSettings, kind: str) -> list[Path]:
    assert settings.cache is not None
    return sorted((settings.cache.folder / kind).glob("*.cache"))


async def test_a_chat_goes_on_in_another_process(
    engines: Start, cached_settings: LoadSettings
) -> None:
    engine = await engines(cached_settings)
    turns = await hold_chat(engine)
    want = await reply(engine, build_prompt(turns))
    engine = await engines(cached_settings)
    again = await reply(engine, build_prompt(turns))
    assert not again.looks
    assert again.finished.reused_tokens == again.finished.prompt_tokens
    assert again.text == want.text


async def test_closing_keeps_the_chat(engines: Start, cached_settings: LoadSettings) -> None:
    """No snapshot was requested, and there was no time to be idle."""
    turns = await hold_chat(await engines(cached_settings))
    heard = await reply(await engines(cached_settings), build_prompt(turns))
    assert heard.finished.reused_tokens > 0.8 * heard.finished.prompt_tokens


async def test_an_idle_engine_keeps_the_opening_by_itself(
    engines: Start, cached_settings: LoadSettings
) -> None:
    engine = await engines(cached_settings)
    await reply(engine, build_prompt(OPENING))
    while not files(cached_settings, "openings"):
        await asyncio.sleep(0.05)
    assert not files(cached_settings, "chats")


async def test_the_opening_serves_every_chat_of_a_character(
    engines: Start, cached_settings: LoadSettings
) -> None:
    engine = await engines(cached_settings)
    first = await reply(engine, build_prompt(OPENING))
    await engine.snapshot()
    await hold_chat(engine, words=300)
    await reply(engine, build_prompt([user(picture(7), long_text(300))]))
    again = await reply(engine, build_prompt(OPENING))
    assert again.finished.reused_tokens == first.finished.prompt_tokens
    assert again.text == first.text


async def test_a_changed_description_keeps_the_picture(
    engines: Start, cached_settings: LoadSettings
) -> None:
    engine = await engines(cached_settings)
    sheet = (picture(1), picture(2), "You are the character.")
    await reply(engine, build_prompt([user(*sheet, "Additional info: red")]))
    engine = await engines(cached_settings)
    heard = await reply(engine, build_prompt([user(*sheet, "Additional info: blue")]))
    assert heard.finished.reused_tokens > 2 * 16
    assert not heard.looks


async def test_another_reply_to_a_long_one_reads_nothing_again(
    engines: Start, cached_settings: LoadSettings
) -> None:
    """The window has moved on by more than the cache can be rolled back."""
    engine = await engines(cached_settings)
    prompt = build_prompt([*OPENING, model("Hello!"), user(long_text(40))])
    first = await reply(engine, prompt)
    await reply(engine, prompt, replace(ENDLESS, max_new_tokens=1500))
    again = await reply(engine, prompt)
    assert again.finished.reused_tokens == again.finished.prompt_tokens
    assert again.text == first.text


async def test_switching_between_two_characters_reads_neither_again(
    engines: Start, cached_settings: LoadSettings
) -> None:
    engine = await engines(cached_settings)
    one = await hold_chat(engine, words=300)
    other = build_prompt([user(picture(9), long_text(200))])
    await reply(engine, other)
    back = await reply(engine, build_prompt(one))
    assert back.finished.reused_tokens > 0.9 * back.finished.prompt_tokens
    forth = await reply(engine, other)
    assert forth.finished.reused_tokens == forth.finished.prompt_tokens


def _folder_instead(file: Path) -> None:
    file.unlink()
    file.mkdir()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "emptied": lambda file: file.write_bytes(b""),
    "cut": lambda file: file.write_bytes(file.read_bytes()[:-9]),
    "changed": lambda file: file.write_bytes(b"\xff" * 64 + file.read_bytes()[64:]),
    "of other weights": lambda file: file.write_bytes(
        re.sub(rb'"identity": "....', b'"identity": "none', file.read_bytes())
    ),
    "not ours": lambda file: file.write_bytes(b"something else entirely" * 100),
    "a folder": _folder_instead,
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_what_is_damaged_is_read_again(
    engines: Start, cached_settings: LoadSettings, damage: str
) -> None:
    engine = await engines(cached_settings)
    turns = await hold_chat(engine)
    want = await reply(engine, build_prompt(turns))
    await engine.snapshot()
    await engine.close()
    for kind in ("pictures", "openings", "chats"):
        for file in files(cached_settings, kind):
            DAMAGES[damage](file)
    heard = await reply(await engines(cached_settings), build_prompt(turns))
    assert heard.finished.reused_tokens == 0
    assert len(heard.looks) == 2
    assert heard.text == want.text


async def test_a_snapshot_whose_tokens_were_changed_is_not_trusted(
    engines: Start, cached_settings: LoadSettings
) -> None:
    engine = await engines(cached_settings)
    turns = await hold_chat(engine)
    want = await reply(engine, build_prompt(turns))
    await engine.close()
    for kind in ("openings", "chats"):
        for file in files(cached_settings, kind):
            file.write_bytes(re.sub(rb"(\d), ", rb"\1 ,", file.read_bytes()))
    heard = await reply(await engines(cached_settings), build_prompt(turns))
    assert heard.finished.reused_tokens == 0
    assert heard.text == want.text


async def test_other_weights_share_nothing(
    engines: Start, cached_settings: LoadSettings, tmp_path: Path
) -> None:
    turns = await hold_chat(await engines(cached_settings))
    other = tmp_path / "other.gguf"
    shutil.copy(cached_settings.model, other)
    with other.open("r+b") as file:
        file.seek(-64, 2)
        last = file.read(64)
        file.seek(-64, 2)
        file.write(bytes(reversed(last)))
    heard = await reply(await engines(replace(cached_settings, model=other)), build_prompt(turns))
    assert heard.finished.reused_tokens == 0
    assert not heard.looks, "the projector is the same"


async def test_a_snapshot_of_another_kv_type_is_not_taken(
    engines: Start, cached_settings: LoadSettings
) -> None:
    turns = await hold_chat(await engines(cached_settings))
    heard = await reply(
        await engines(replace(cached_settings, kv_type="q8_0")), build_prompt(turns)
    )
    assert heard.finished.reused_tokens == 0
    assert heard.finished.new_tokens > 0


async def test_a_smaller_context_takes_no_larger_snapshot(
    engines: Start, cached_settings: LoadSettings
) -> None:
    await hold_chat(await engines(cached_settings), words=300)
    engine = await engines(replace(cached_settings, context_size=512))
    assert (await reply(engine, build_prompt(OPENING))).finished.new_tokens > 0


async def test_a_cache_that_cannot_be_written_costs_only_itself(
    engines: Start, cached_settings: LoadSettings
) -> None:
    assert cached_settings.cache is not None
    cached_settings.cache.folder.write_text("not a folder")
    engine = await engines(cached_settings)
    turns = await hold_chat(engine)
    await engine.snapshot()
    again = await reply(engine, build_prompt(turns))
    assert again.finished.reused_tokens > 0


async def test_no_room_keeps_nothing(engines: Start, cached_settings: LoadSettings) -> None:
    assert cached_settings.cache is not None
    none = replace(
        cached_settings, cache=replace(cached_settings.cache, pictures=0, openings=0, chats=0)
    )
    engine = await engines(none)
    await hold_chat(engine)
    await engine.snapshot()
    assert not any(files(none, kind) for kind in ("pictures", "openings", "chats"))


async def test_a_long_chat_leaves_few_snapshots(
    engines: Start, cached_settings: LoadSettings
) -> None:
    engine = await engines(cached_settings)
    turns = [*OPENING]
    for number in range(8):
        turns.append(model((await reply(engine, build_prompt(turns))).text))
        await engine.snapshot()
        turns.append(user(f"Number {number}?"))
    assert len(files(cached_settings, "openings")) == 1
    assert len(files(cached_settings, "chats")) == 1


async def test_times_are_learnt_for_the_next_run(
    engines: Start, cached_settings: LoadSettings
) -> None:
    engine = await engines(cached_settings)
    first = await held_events(engine)
    assert first.looks[0].expected_s is None
    engine = await engines(cached_settings)
    heard = await reply(engine, build_prompt([user(picture(8), long_text(100))]))
    # When a picture has taken longer than the last one, no time is left.
    assert heard.looks[0].expected_s is not None
    assert heard.readings[0].expected_s


async def held_events(engine: LocalEngine) -> Reply:
    return await reply(engine, build_prompt([*OPENING, model("Hi"), user(long_text(100))]), GREEDY)
