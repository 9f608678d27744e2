"""The engine process is killed at random moments of a chat of twenty turns.

There are 40 kills, or `REFSHEET_TEST_EXAMPLES`.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.conversations import demo_vision, unsaved_branch
from helpers.engine_driver import demo, long_text, model, picture, user
from helpers.machine_settings import EXAMPLES
from refsheet_tui.chats import Conversation
from refsheet_tui.engine import CacheSettings, GenerationSettings, LocalEngine, TextDelta
from refsheet_tui.engine.disk_cache import DiskCache
from refsheet_tui.errors import EngineDiedError
from refsheet_tui.prompting import Turn

pytestmark = [pytest.mark.cold_start, pytest.mark.long]

KILLS = int(os.environ.get(EXAMPLES, "40"))
TURNS, SEED = 20, 20
# Replies have any length, so that kills come at every moment of one.
SETTINGS = GenerationSettings(max_new_tokens=12, temperature=1e6, top_k=0, top_p=1.0, seed=5)


class EngineKiller:
    """Kills the engine after so many events and so many rounds of the event loop.

    The process computes meanwhile, so that takes no time or any time.
    """

    def __init__(self, engine: LocalEngine) -> None:
        self._engine = engine
        self._random = random.Random(SEED)
        self.kills = 0

    async def strike(self) -> None:
        for _ in range(self._random.choice((0, 0, 1, 3, 10, 100, 1000))):
            await asyncio.sleep(0)
        if self._engine.pid is not None and self.kills < KILLS:
            with suppress(ProcessLookupError):  # the last kill has just ended it
                os.kill(self._engine.pid, signal.SIGKILL)
                self.kills += 1

    def moment(self) -> int:
        """Return the number of the event after which to kill, if a reply has so many."""
        return self._random.randrange(16)


async def reply(conversation: Conversation, killer: EngineKiller, seen: list[str]) -> None:
    """Ask for a reply and kill the engine during or after it.

    `seen` collects what the user saw of the reply.
    """
    moment, count = killer.moment(), 0
    async with aclosing(conversation.reply()) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                seen.append(event.text)
            if count == moment:
                await killer.strike()
            count += 1
    await killer.strike()


async def test_nothing_is_lost_however_often_the_engine_dies(tmp_path: Path) -> None:
    cache = CacheSettings(tmp_path / "cache")
    engine = LocalEngine(tmp_path / "log")
    killer = EngineKiller(engine)
    await engine.load(replace(demo(1024), cache=cache))
    opening = user(picture(1), "You are the character in the image.")
    conversation = Conversation(engine, SETTINGS, demo_vision(1024), unsaved_branch(), opening)
    committed: list[Turn] = [opening]
    exchanges = 0
    while exchanges < TURNS or killer.kills < KILLS:
        if exchanges >= TURNS:  # a chat of twenty turns, again and again
            conversation.branch.remove_last_reply()
            committed = list(conversation.turns)
        elif conversation.turns[-1].role == "model":
            conversation.add_user_message(f"Number {exchanges} {long_text(exchanges % 7)}")
            committed.append(conversation.turns[-1])
        pieces: list[str] = []
        with suppress(EngineDiedError):
            await reply(conversation, killer, pieces)
        seen = "".join(pieces)
        assert list(conversation.turns[: len(committed)]) == committed, f"seed {SEED}"
        if seen.strip():
            assert conversation.turns[len(committed) :] == (model(seen),), f"seed {SEED}"
            committed = list(conversation.turns)
            exchanges += 1
    assert killer.kills == KILLS
    pid = engine.pid
    await engine.close()
    assert pid is None or not Path(f"/proc/{pid}").exists()
    assert_whole(cache)


def assert_whole(cache: CacheSettings) -> None:
    """Check that every entry is whole, whatever was being written when the engine died."""
    entries = 0
    for kind in ("pictures", "openings", "chats"):
        shelf = DiskCache(cache.folder / kind, 1 << 30)
        for entry in shelf.entries():
            shelf.read_payload(entry.name)
            entries += 1
    assert entries
