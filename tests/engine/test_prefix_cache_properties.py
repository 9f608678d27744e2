"""After any series of actions the model predicts the same as after a first reading of the prompt.

Turns are added, edited and removed, and snapshots are saved and restored. The demo's window is 64
tokens, so conversations of a few hundred tokens reach further than the window layers can be rolled
back.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from helpers.cold_runs import READ_ONLY, ColdReader, assert_like_cold, runner
from helpers.engine_driver import ENDLESS, GREEDY, Reply, demo, long_text, model, picture, user
from helpers.machine_settings import machine_settings
from refsheet_tui.engine import CacheSettings, GenerationSettings, ReplyFinished, TextDelta
from refsheet_tui.engine.native.cancel_token import CancelToken
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.engine.native.reply_stats import ReplyStats
from refsheet_tui.prompting import Prompt, Turn, build_prompt

SHORT = replace(GREEDY, max_new_tokens=8)
WORDS = st.sampled_from(["Why?", "Tell me more about it", "你好，你是谁？", "\n\n\n", "  a  b"])
LENGTHS = st.sampled_from([3, 30, 150])
CHARACTERS = st.integers(0, 1)


class Conversations(RuleBasedStateMachine):
    """Two characters that share one engine."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.cold = ColdReader(demo())
        self.session = self.load_model()
        self.chats: list[list[Turn]] = [
            [user(picture(1), "You are the character in the image.")],
            [user(picture(2), picture(3), long_text(40), "Who are you?")],
        ]
        self.current = 0

    @property
    def turns(self) -> list[Turn]:
        return self.chats[self.current]

    def load_model(self) -> LoadedModel:
        session = LoadedModel()
        session.load(replace(demo(), cache=CacheSettings(self.folder)), lambda _: True)
        return session

    def run(
        self, generation: GenerationSettings, prompt: Prompt, stop_after: int | None = None
    ) -> Reply:
        stop, heard = CancelToken(), Reply()
        for event in self.session.generate(prompt, generation, ReplyStats(), stop):
            heard.events.append(event)
            if stop_after is not None and len(heard.events) >= stop_after:
                stop.cancel()
        assert isinstance(heard.events[-1], ReplyFinished)
        return heard

    def check(self) -> None:
        """Read the prompt, and compare what it predicts with a cold run.

        The words that follow it are compared, too.
        """
        prompt = build_prompt(self.turns)
        reader = runner(self.session)
        self.run(READ_ONLY, prompt)
        units = list(reader._kv.contents.units)
        assert_like_cold(self.session, prompt, self.cold)
        self.run(SHORT, prompt)
        written = [
            unit for unit in reader._kv.contents.units[len(units) :] if isinstance(unit, int)
        ]
        if written:
            assert not self.cold.wrong_choices(units, prompt, written)

    def answer(self, generation: GenerationSettings) -> None:
        said = self.run(generation, build_prompt(self.turns)).text
        self.turns.append(model(said or "Well."))

    @initialize()
    def greet(self) -> None:
        self.answer(SHORT)

    @rule(text=WORDS, words=LENGTHS)
    def append(self, text: str, words: int) -> None:
        if self.turns[-1].role == "user":
            self.answer(SHORT)
        self.turns.append(user(f"{text} {long_text(words)}"))
        self.check()
        self.answer(SHORT)

    @precondition(lambda self: self.turns[-1].role == "model")
    @rule(tokens=st.sampled_from([20, 300, 760]), seed=st.integers(0, 3))
    def regenerate(self, tokens: int, seed: int) -> None:
        self.turns.pop()
        self.check()
        self.answer(replace(ENDLESS, max_new_tokens=tokens, seed=2741 + seed))
        self.turns.append(user("And?"))
        self.check()
        self.turns.pop()

    @rule(place=st.integers(0, 20), text=WORDS)
    def edit(self, place: int, text: str) -> None:
        """Edit any turn, which may be a picture's or the model's."""
        place %= len(self.turns)
        turn = self.turns[place]
        self.turns[place] = Turn(turn.role, (*turn.content[:-1], f"{text} edited"))
        if self.turns[-1].role == "model":
            self.turns.append(user("Really?"))
        self.check()

    @rule(place=st.integers(0, 20))
    def branch(self, place: int) -> None:
        """Go back to an earlier turn of the user and leave what followed."""
        del self.turns[place % len(self.turns) // 2 * 2 + 1 :]
        self.check()
        self.answer(SHORT)

    @rule()
    def switch(self) -> None:
        self.current = 1 - self.current
        if self.turns[-1].role == "model":
            self.turns.append(user("I'm back."))
        self.check()
        self.answer(SHORT)

    @rule(after=st.integers(1, 12))
    def cancel(self, after: int) -> None:
        if self.turns[-1].role == "model":
            self.turns.append(user(f"Stop me {long_text(60)}"))
        heard = self.run(replace(ENDLESS, max_new_tokens=30), build_prompt(self.turns), after)
        if any(isinstance(event, TextDelta) for event in heard.events) and heard.text.strip():
            self.turns.append(model(heard.text))
            self.turns.append(user("Go on."))
        self.check()

    @rule()
    def prewarm(self) -> None:
        for _ in self.session.prewarm(build_prompt(self.turns[:1]), ReplyStats(), CancelToken()):
            pass

    @rule()
    def snapshot(self) -> None:
        self.session.save_snapshot()
        self.session.flush()

    @rule()
    def restart(self) -> None:
        """Restart, so that a new process finds what the last one saved."""
        self.session.close()
        self.session = self.load_model()

    def teardown(self) -> None:
        self.session.close()
        self.cold.close()
        shutil.rmtree(self.folder)


Conversations.TestCase.settings = machine_settings(steps=12)
TestConversations = pytest.mark.long(Conversations.TestCase)
