"""Whatever is said, changed, dropped, kept and restored: the model predicts what it would predict
had it just read the prompt for the first time.

The demo's window is 64 tokens, so that conversations of a few hundred tokens go past what the
window layers can be rolled back to.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from engine_driver import ENDLESS, GREEDY, Reply, demo, long_text, model, picture, user
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from refsheet_tui.engine import CacheSettings, Finished, GenerationSettings, TextDelta
from refsheet_tui.engine.native.context import Floats
from refsheet_tui.engine.native.ledger import Unit
from refsheet_tui.engine.native.meter import Meter
from refsheet_tui.engine.native.runner import Runner
from refsheet_tui.engine.native.session import Session
from refsheet_tui.engine.native.stop import Stop
from refsheet_tui.prompting import Prompt, Turn, build_prompt

# Logits of one position, read in batches of other sizes, differ by rounding: up to 1.7 % of the
# largest was measured for quantized weights that know nothing.
ROUNDING = 0.05
SHORT = replace(GREEDY, max_new_tokens=8)
READ_ONLY = replace(GREEDY, max_new_tokens=0)
WORDS = st.sampled_from(["Why?", "Tell me more about it", "你好，你是谁？", "\n\n\n", "  a  b"])
LENGTHS = st.sampled_from([3, 30, 150])
CHARACTERS = st.integers(0, 1)


def runner(session: Session) -> Runner:
    assert session._runner is not None
    return session._runner


class Cold:
    """A context that holds nothing before each prompt."""

    def __init__(self) -> None:
        self._session = Session()
        self._session.load(demo(), lambda _: True)

    def logits(self, units: list[Unit], prompt: Prompt) -> Floats:
        reader = runner(self._session)
        reader._kv.forget()
        known = {each.sha256: reader._soft_tokens(each) for each in prompt.pictures}
        for batch in reader._batches(units):
            reader._kv.read(batch, known, want_logits=True)
        return reader._kv.context.logits()

    def close(self) -> None:
        self._session.close()


class Conversations(RuleBasedStateMachine):
    """Two characters, one engine."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.cold = Cold()
        self.session = self.loaded()
        self.chats: list[list[Turn]] = [
            [user(picture(1), "You are the character in the image.")],
            [user(picture(2), picture(3), long_text(40), "Who are you?")],
        ]
        self.current = 0

    @property
    def turns(self) -> list[Turn]:
        return self.chats[self.current]

    def loaded(self) -> Session:
        session = Session()
        session.load(replace(demo(), cache=CacheSettings(self.folder)), lambda _: True)
        return session

    def run(
        self, generation: GenerationSettings, prompt: Prompt, stop_after: int | None = None
    ) -> Reply:
        stop, heard = Stop(), Reply()
        for event in self.session.generate(prompt, generation, Meter(), stop):
            heard.events.append(event)
            if stop_after is not None and len(heard.events) >= stop_after:
                stop.set()
        assert isinstance(heard.events[-1], Finished)
        return heard

    def check(self) -> None:
        """The prompt's last logits, and the words that follow, are those of a cold context."""
        prompt = build_prompt(self.turns)
        reader = runner(self.session)
        self.run(READ_ONLY, prompt)
        units = list(reader._kv.ledger.units)
        expected = sum(part.positions for part in self.session.tokenize(prompt))
        assert b"".join(map(self.spell, units)) == b"".join(
            map(self.spell, [t for part in self.session.tokenize(prompt) for t in part.tokens])
        )
        assert abs(reader._kv.positions - expected) <= expected // 2
        assert_same(reader._kv.context.logits(), self.cold.logits(units, prompt))
        self.run(SHORT, prompt)
        for token in reader._kv.ledger.units[len(units) :]:
            logits = self.cold.logits(units, prompt)
            best = np.sort(logits)[-2:]
            if best[1] - best[0] > ROUNDING * np.abs(logits).max():
                assert token == int(logits.argmax())
            units.append(token)

    def spell(self, unit: Unit) -> bytes:
        return runner(self.session)._tokenizer.piece(unit) if isinstance(unit, int) else b""

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
        """Also a picture's turn, and the model's."""
        place %= len(self.turns)
        turn = self.turns[place]
        self.turns[place] = Turn(turn.role, (*turn.content[:-1], f"{text} edited"))
        if self.turns[-1].role == "model":
            self.turns.append(user("Really?"))
        self.check()

    @rule(place=st.integers(0, 20))
    def branch(self, place: int) -> None:
        """Go back to an earlier turn of the person's and leave what followed."""
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
        for _ in self.session.prewarm(build_prompt(self.turns[:1]), Meter(), Stop()):
            pass

    @rule()
    def snapshot(self) -> None:
        self.session.snapshot()
        self.session.flush()

    @rule()
    def restart(self) -> None:
        """A new process finds what the last one kept."""
        self.session.close()
        self.session = self.loaded()

    def teardown(self) -> None:
        self.session.close()
        self.cold.close()
        shutil.rmtree(self.folder)


def assert_same(got: Floats, want: Floats) -> None:
    assert float(np.abs(got - want).max() / np.abs(want).max()) < ROUNDING


Conversations.TestCase.settings = settings(
    max_examples=int(os.environ.get("REFSHEET_TEST_EXAMPLES", "12")),
    stateful_step_count=12,
    deadline=None,
    derandomize="REFSHEET_TEST_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
    print_blob=False,
)
TestConversations = Conversations.TestCase
