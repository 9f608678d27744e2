"""The comparison with a cold run passes what is right and finds each fault that is made here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from llama_cpp import llama_cpp as llama

from helpers.cold_runs import ColdComparison, ColdReader, read, runner
from helpers.engine_driver import ENDLESS, demo, long_text, model, picture, user
from refsheet_tui.engine import CacheSettings, ReplyFinished
from refsheet_tui.engine.native.cache_contents import CacheContents
from refsheet_tui.engine.native.cancel_token import CancelToken
from refsheet_tui.engine.native.llama_context import Floats, LlamaContext
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.engine.native.reply_stats import ReplyStats
from refsheet_tui.engine.native.snapshots import SnapshotStore
from refsheet_tui.prompting import Prompt, build_prompt

OPENING = [user(long_text(30), picture(1), "Hello"), model("Hi there!")]
PROMPT = build_prompt(
    [
        *OPENING,
        user("Rain. The keeper said hello, old friend: why not 7 dragons? Never! (It was blue.)"),
    ]
)
OTHER_END = build_prompt([*OPENING, user("Something else, which is longer than that was.")])
# A fault has to be clear, not just above the bound.
CLEARLY = 2


@pytest.fixture(scope="module")
def cold() -> Iterator[ColdReader]:
    reader = ColdReader(demo())
    yield reader
    reader.close()


@pytest.fixture
def session(tmp_path: Path) -> Iterator[LoadedModel]:
    session = LoadedModel()
    session.load(replace(demo(), cache=CacheSettings(tmp_path)), lambda _: True)
    yield session
    session.close()


def divergence(session: LoadedModel, cold: ColdReader, prompt: Prompt = PROMPT) -> float:
    """Return the divergence of what was read, in units of the bound."""
    comparison = cold.compare(session, prompt)
    assert comparison.agrees == (excess(comparison) <= 1)
    return excess(comparison)


def excess(comparison: ColdComparison) -> float:
    return max(comparison.kl / comparison.bound, comparison.largest / comparison.largest_bound)


def test_what_is_right_agrees(session: LoadedModel, cold: ColdReader) -> None:
    read(session, OTHER_END)
    read(session, PROMPT)
    assert divergence(session, cold) <= 1


def corrupt_token(tokens: Sequence[int], position: int, wrong: int) -> list[int]:
    return [300 if position + index == wrong else token for index, token in enumerate(tokens)]


@pytest.mark.parametrize("back", [2, 8, 20])
def test_one_wrong_token_is_found(
    session: LoadedModel, cold: ColdReader, monkeypatch: pytest.MonkeyPatch, back: int
) -> None:
    wrong = sum(part.positions for part in session.tokenize(PROMPT)) - back
    original = LlamaContext.read_tokens

    def read_wrong(
        self: LlamaContext, tokens: Sequence[int], position: int, *, want_logits: bool
    ) -> bool:
        return original(
            self, corrupt_token(tokens, position, wrong), position, want_logits=want_logits
        )

    with monkeypatch.context() as patched:
        patched.setattr(LlamaContext, "read_tokens", read_wrong)
        read(session, PROMPT)
    assert divergence(session, cold) > CLEARLY


def test_a_stale_picture_is_found(
    session: LoadedModel, cold: ColdReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture_encoder = runner(session)._picture_encoder
    assert picture_encoder is not None
    stale = runner(session)._soft_tokens(picture(2))

    def get_stale(_sha256: str) -> Floats:
        return stale

    monkeypatch.setattr(picture_encoder, "get_cached", get_stale)
    prompt = build_prompt([*OPENING, user(picture(1), "And this?")])
    read(session, prompt)
    assert divergence(session, cold, prompt) > CLEARLY


@pytest.mark.parametrize("back", [2, 8, 20])
def test_a_position_too_many_is_found(session: LoadedModel, cold: ColdReader, back: int) -> None:
    read(session, PROMPT)
    kv = runner(session)._kv
    llama.llama_memory_seq_add(kv.context._memory, 0, kv.positions - back, -1, 1)
    kv._positions += 1
    assert divergence(session, cold) > CLEARLY


@pytest.mark.parametrize("change", [lambda units: units[:-1], lambda units: [*units, units[-1]]])
def test_a_token_lost_or_doubled_is_found(
    session: LoadedModel, cold: ColdReader, change: Callable[[list[object]], list[object]]
) -> None:
    read(session, PROMPT)
    kv = runner(session)._kv
    kv._units = change(kv._units)  # type: ignore[assignment, arg-type]
    with pytest.raises(AssertionError):
        cold.compare(session, PROMPT)


def test_a_token_that_only_the_ledger_holds_is_found(
    session: LoadedModel, cold: ColdReader
) -> None:
    read(session, PROMPT)
    kv = runner(session)._kv
    kv.context.remove_from(kv.positions - 1)
    with pytest.raises(AssertionError, match="positions in llama"):
        cold.compare(session, PROMPT)


def test_another_chat_s_snapshot_is_found(session: LoadedModel, cold: ColdReader) -> None:
    read(session, PROMPT)
    kv = runner(session)._kv
    ledger = replace(kv.contents, units=tuple(kv.contents.units))
    read(session, build_prompt([*OPENING, user(long_text(40))]))
    state = kv.context.save_state()
    assert state is not None
    kv.restore(ledger, state.data, {})
    kv.context.remove_from(kv.positions)  # as long as the right one
    assert divergence(session, cold) > CLEARLY


def test_what_the_window_has_lost_is_found(
    session: LoadedModel, cold: ColdReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The product would read the prompt again, or restore a snapshot.

    The window layers make room at position 768, and after that hold what is left of the last 64.
    """
    prompt = build_prompt([user(picture(3), f"{long_text(114)} And now?")])
    monkeypatch.setattr(CacheContents, "can_resume_at", lambda *_: True)
    monkeypatch.setattr(SnapshotStore, "__iter__", lambda _: iter(()))
    long = replace(ENDLESS, max_new_tokens=100, seed=5)
    end = list(session.generate(prompt, long, ReplyStats(), CancelToken()))[-1]
    assert isinstance(end, ReplyFinished) and 720 < end.prompt_tokens < 768
    read(session, prompt)
    assert divergence(session, cold, prompt) > CLEARLY
