"""A character stays in its language, however long the chat."""

from __future__ import annotations

import random
import re
from pathlib import Path

from demo.dialogues import phrases
from helpers.conversations import unsaved_branch
from refsheet_tui.characters import Character
from refsheet_tui.chats import ContextOverflow, open_conversation
from refsheet_tui.engine import GenerationSettings, LoadSettings, LocalEngine, Vision
from refsheet_tui.paths import demo_mmproj, demo_model, samples_dir
from refsheet_tui.prompting import language

TURNS = 40
# Replies are chosen by chance, as they are for the user.
SETTINGS = GenerationSettings(seed=5, max_new_tokens=100)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LATIN = re.compile(r"[A-Za-z]{2,}")


async def test_forty_turns_in_chinese_stay_chinese() -> None:
    """The context does not hold all turns, and a note is repeated again and again."""
    engine = LocalEngine()
    info = await engine.load(LoadSettings(demo_model(), demo_mmproj(), context_size=1024))
    character = Character(Path(samples_dir() / "ember.png"), language("zh-Hans"), "小焰")
    vision = Vision(info, pan_and_scan=True)
    chat = open_conversation(
        engine, SETTINGS, vision, unsaved_branch(), character, note="说话简短一点。"
    )
    rng = random.Random(7)
    asked = [text for talk in phrases("zh")["talk"] for text in talk["ask"]]
    replies, forgets = [], False
    try:
        for _ in range(TURNS):
            async for event in chat.reply():
                forgets = forgets or isinstance(event, ContextOverflow)
            said = chat.turns[-1].content[-1]
            assert isinstance(said, str) and chat.turns[-1].role == "model"
            replies.append(said)
            chat.add_user_message(rng.choice(asked))
    finally:
        await engine.close()
    assert forgets, "the chat outgrew the context"
    drifted = [said for said in replies if LATIN.search(said) or not CHINESE.search(said)]
    assert not drifted
    assert len(set(replies)) > TURNS / 3, "it does not say the same all the time either"
