"""The same seed gives the same reply: cold, read before, restored from disk, after another reply.

The demo's window is 64 tokens, and its layers hold 768. A few hundred tokens exceed both.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from helpers.cold_runs import runner
from helpers.engine_driver import demo, long_text, model, picture, user
from helpers.machine_settings import machine_settings
from helpers.recorded_replies import RecordedReply, record_reply
from refsheet_tui.engine import CacheSettings
from refsheet_tui.engine.native.cancel_token import CancelToken
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.engine.native.reply_stats import ReplyStats
from refsheet_tui.engine.native.snapshots import SNAPSHOT_KINDS
from refsheet_tui.prompting import Turn, build_prefix, build_prompt

# Attention divides its work among threads when it reads a single token.
LOADED = replace(demo(), threads=2)
CHARACTERS = (
    (user(picture(1), "You are the character in the image."), model("Hello there!")),
    (user(long_text(150), picture(2), picture(3), "Who are you?"), model("Guess.")),
)

TEXT = "Tell me more about it word 0"
QUESTION = build_prompt([*CHARACTERS[1], user(TEXT)])


def load_model(cache: Path | None) -> LoadedModel:
    session = LoadedModel()
    keeping = CacheSettings(cache) if cache is not None else None
    session.load(replace(LOADED, cache=keeping), lambda _: True)
    return session


def prewarm(session: LoadedModel) -> None:
    for _ in session.prewarm(build_prefix(CHARACTERS[1]), ReplyStats(), CancelToken()):
        pass


def ask_for_another_reply(session: LoadedModel) -> None:
    record_reply(session, QUESTION, 2)


def write_past_the_window(session: LoadedModel) -> None:
    record_reply(session, QUESTION, 2, 900)


def ask_another_character(session: LoadedModel) -> None:
    record_reply(session, build_prompt([*CHARACTERS[0], user("Hello")]), 1)


def ask_another_question(session: LoadedModel) -> None:
    prewarm(session)
    record_reply(session, QUESTION, 1)
    record_reply(session, build_prompt([*CHARACTERS[1], user(f"Why? {long_text(90)}")]), 1)


def ask_in_almost_the_same_words(session: LoadedModel) -> None:
    record_reply(session, build_prompt([*CHARACTERS[1], user("Tell me more about rain.")]), 1)


@pytest.fixture(scope="module")
def cold() -> Iterator[RecordedReply]:
    """Return the reply of an engine that has read nothing before."""
    session = load_model(None)
    yield record_reply(session, QUESTION, 1)
    session.close()


@pytest.mark.parametrize(
    "before",
    [
        prewarm,
        ask_for_another_reply,
        write_past_the_window,
        ask_another_character,
        ask_another_question,
        ask_in_almost_the_same_words,
    ],
)
@pytest.mark.parametrize("restarts", [False, True])
def test_a_seed_gives_the_reply_of_an_engine_that_knows_nothing(
    tmp_path: Path, cold: RecordedReply, before: Callable[[LoadedModel], None], restarts: bool
) -> None:
    session = load_model(tmp_path)
    before(session)
    if restarts:
        session.save_snapshot()
        session.close()
        session = load_model(tmp_path)
    reply = record_reply(session, QUESTION, 1)
    session.close()
    assert reply.text == cold.text
    assert reply.logits == cold.logits


def test_one_token_alone_would_give_another_reply(cold: RecordedReply, tmp_path: Path) -> None:
    """Reading in other batches gives other logits, so the comparisons above can fail."""
    session = load_model(tmp_path)
    record_reply(session, QUESTION, 2, 0)
    kv = runner(session)._kv
    kv._batch_starts.append(len(kv._units) - 1)
    kv._logits.clear()
    assert record_reply(session, QUESTION, 1).logits != cold.logits
    session.close()


def test_prompts_long_past_are_read_again_as_they_were(tmp_path: Path, cold: RecordedReply) -> None:
    """Their logits are not stored any more."""
    session = load_model(tmp_path)
    turns = [*CHARACTERS[1], user(TEXT)]
    record_reply(session, QUESTION, 1, 1)
    for _ in range(6):
        turns += [model("Yes."), user("Why?")]
        record_reply(session, build_prompt(turns), 1, 1)
    reply = record_reply(session, QUESTION, 1)
    session.close()
    assert 0 < reply.finished.prompt_tokens - reply.finished.reused_tokens <= 128
    assert reply.logits == cold.logits


def test_logits_that_another_process_kept_are_used(tmp_path: Path, cold: RecordedReply) -> None:
    """The file has the same name as when this process began."""
    writer = load_model(tmp_path)
    for _ in writer.prewarm(QUESTION, ReplyStats(), CancelToken()):
        pass
    writer.save_snapshot()
    writer.flush()
    reader = load_model(tmp_path)
    record_reply(writer, QUESTION, 1, 0)
    writer.save_snapshot()
    writer.close()
    reply = record_reply(reader, QUESTION, 1)
    reader.close()
    assert reply.finished.reused_tokens == reply.finished.prompt_tokens
    assert reply.logits == cold.logits


def test_a_snapshot_that_left_the_disk_is_not_counted_on(tmp_path: Path) -> None:
    session = load_model(tmp_path)
    record_reply(session, QUESTION, 1)
    session.save_snapshot()
    session.flush()
    for file in tmp_path.glob("*/*.cache"):
        file.unlink()
    record_reply(session, build_prompt([*CHARACTERS[0], user("Hello")]), 1)
    session.save_snapshot()
    session.flush()
    snapshots = runner(session)._prefix_cache._snapshots
    assert snapshots is not None
    on_disk = {file.stem for kind in SNAPSHOT_KINDS for file in (tmp_path / kind).glob("*.cache")}
    assert {each.name for each in snapshots} == on_disk
    assert on_disk
    session.close()


class Conversations(RuleBasedStateMachine):
    """Two characters that share one engine, whose replies are noted and asked for again."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.session = load_model(self.folder)
        self.chats: list[list[Turn]] = [list(turns) for turns in CHARACTERS]
        self.current = 0
        self.replies: list[tuple[list[Turn], int, int, RecordedReply]] = []

    @property
    def turns(self) -> list[Turn]:
        return self.chats[self.current]

    def tell(self, seed: int, tokens: int) -> RecordedReply:
        reply = record_reply(self.session, build_prompt(self.turns), seed, tokens)
        self.replies.append((list(self.turns), seed, tokens, reply))
        self.ask_for_a_reply_again(1)
        return reply

    @initialize()
    def begin(self) -> None:
        self.ask("Hello", 3, 1, 40)

    @rule(
        text=st.sampled_from(["Why?", "Tell me more about it", "你好，你是谁？"]),
        words=st.sampled_from([1, 10, 80]),
        seed=st.integers(1, 5),
        tokens=st.sampled_from([1, 20, 40, 300]),
    )
    def ask(self, text: str, words: int, seed: int, tokens: int) -> None:
        self.turns.append(user(f"{text} {long_text(words)}"))
        reply = self.tell(seed, tokens)
        self.turns.append(model(reply.text.strip() or "Well."))

    @precondition(lambda self: len(self.turns) > 2)
    @rule(seed=st.integers(6, 9), tokens=st.sampled_from([20, 300]))
    def write_another_reply(self, seed: int, tokens: int) -> None:
        self.turns.pop()
        reply = self.tell(seed, tokens)
        self.turns.append(model(reply.text.strip() or "Well."))

    @rule(back=st.integers(1, 8))
    def ask_for_a_reply_again(self, back: int) -> None:
        turns, seed, tokens, reply = self.replies[-min(back, len(self.replies))]
        again = record_reply(self.session, build_prompt(turns), seed, tokens)
        assert again.logits == reply.logits
        assert again.text == reply.text

    @rule()
    def begin_another_chat(self) -> None:
        self.chats[self.current] = list(CHARACTERS[self.current])

    @rule()
    def switch_characters(self) -> None:
        self.current = 1 - self.current

    @rule()
    def prewarm(self) -> None:
        for _ in self.session.prewarm(build_prefix(self.turns), ReplyStats(), CancelToken()):
            pass

    @rule()
    def restart(self) -> None:
        self.session.save_snapshot()
        self.session.close()
        self.session = load_model(self.folder)

    def teardown(self) -> None:
        self.session.close()
        shutil.rmtree(self.folder)


Conversations.TestCase.settings = machine_settings(steps=16)
TestConversations = pytest.mark.long(Conversations.TestCase)
