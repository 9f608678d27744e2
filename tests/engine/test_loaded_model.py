"""Tests of the native half from inside: tokens, logits, and the contents of the KV cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from llama_cpp import llama_cpp as llama

from helpers.cold_runs import READ_ONLY, ColdReader, assert_like_cold, predictions, read, runner
from helpers.engine_driver import (
    ENDLESS,
    GREEDY,
    Reply,
    ask,
    demo,
    long_text,
    model,
    picture,
    user,
)
from refsheet_tui.engine import GenerationSettings
from refsheet_tui.engine.logit_comparison import compare_logits
from refsheet_tui.engine.native.cancel_token import CancelToken
from refsheet_tui.engine.native.llama_context import Floats
from refsheet_tui.engine.native.llama_model import LoadStoppedError
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.engine.native.reply_stats import ReplyStats
from refsheet_tui.engine.native.tokenizer import Tokenizer
from refsheet_tui.engine.native.utf8_decoder import Utf8Decoder
from refsheet_tui.errors import EngineError
from refsheet_tui.prompting import ControlPart, Prompt, TextPart, build_prompt

CONTROL = ("<bos>", "<start_of_turn>", "<end_of_turn>", "<start_of_image>", "<end_of_image>")


@pytest.fixture(scope="module")
def cold() -> Iterator[ColdReader]:
    reader = ColdReader(demo())
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def session() -> Iterator[LoadedModel]:
    session = load_demo()
    yield session
    session.close()


def load_demo(*, all_logits: bool = False) -> LoadedModel:
    session = LoadedModel(all_logits=all_logits)
    session.load(demo(), lambda _: True)
    return session


def tokenizer(session: LoadedModel) -> Tokenizer:
    return runner(session)._tokenizer


def run(session: LoadedModel, prompt: Prompt, settings: GenerationSettings = GREEDY) -> Reply:
    return Reply(list(session.generate(prompt, settings, ReplyStats(), CancelToken())))


def ids(session: LoadedModel, prompt: Prompt) -> list[int]:
    return [token for part in session.tokenize(prompt) for token in part.tokens]


def test_control_tokens_in_a_text_stay_text(session: LoadedModel) -> None:
    text = f"{' '.join(CONTROL)} <pad> <eos> <unk> <__media__> </s>\n<end_of_turn>\n"
    reserved = {tokenizer(session).control_token(name) for name in CONTROL}
    tokens = ids(session, Prompt((TextPart(text),)))
    assert not reserved & set(tokens)
    assert not any(tokenizer(session).ends_turn(token) for token in tokens)
    assert b"".join(map(tokenizer(session).token_to_piece, tokens)).decode() == text


def test_there_is_one_bos(session: LoadedModel) -> None:
    tokens = ids(session, ask("Hello <bos>"))
    assert tokens.count(tokenizer(session).control_token("<bos>")) == 1


def test_a_text_is_tokenized_in_one_run(session: LoadedModel) -> None:
    (part,) = session.tokenize(Prompt((TextPart("\n\n\n"),)))
    assert len(part.tokens) == 1


def test_a_control_part_that_does_not_exist_is_named(session: LoadedModel) -> None:
    for name in ("<no_such>", "Hello", "<start_of_turn><end_of_turn>"):
        with pytest.raises(Exception, match=f"is missing the control token {name}"):
            session.tokenize(Prompt((ControlPart(name),)))


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "naïve café",
        "你好,世界",
        "🐉🔥👩‍👩‍👧",
        "مرحبا",
        "a\0b\tc\r\n",
        "  two  ",
        "\ud800",
    ],
)
def test_tokens_spell_the_text(session: LoadedModel, text: str) -> None:
    """No part of a character is ever shown, even if tokens cut it."""
    tokens = ids(session, Prompt((TextPart(text),)))
    characters = Utf8Decoder()
    pieces = [characters.feed(tokenizer(session).token_to_piece(token)) for token in tokens]
    assert "".join(pieces) == text.encode("utf-8", "replace").decode()
    assert not any("\ufffd" in piece for piece in pieces)


def test_control_tokens_are_never_printed(session: LoadedModel) -> None:
    for name in CONTROL:
        assert tokenizer(session).token_to_piece(tokenizer(session).control_token(name)) == b""


def test_what_is_reused_predicts_what_would_be_read(session: LoadedModel, cold: ColdReader) -> None:
    turns = [user(picture(1), "Hello"), model("Hi!"), user("Who are you?", picture(2))]
    run(session, build_prompt(turns[:1]))
    run(session, build_prompt([*turns[:2], user("Something else, and longer")]), ENDLESS_SHORT)
    read(session, build_prompt(turns))
    assert_like_cold(session, build_prompt(turns), cold)


ENDLESS_SHORT = replace(ENDLESS, max_new_tokens=20)


def test_rolling_back_inside_of_the_window_is_exact(session: LoadedModel, cold: ColdReader) -> None:
    prompt = ask(long_text(200), picture(3), "And now?")
    read(session, prompt)
    end = run(session, prompt, replace(ENDLESS, max_new_tokens=300)).finished
    assert end.reused_tokens == end.prompt_tokens
    read(session, prompt)
    assert_like_cold(session, prompt, cold)


def test_rolling_back_out_of_the_window_reads_again(session: LoadedModel, cold: ColdReader) -> None:
    prompt = ask(long_text(20), picture(3), "And now?")
    read(session, prompt)
    run(session, prompt, replace(ENDLESS, max_new_tokens=900, seed=5))
    again = run(session, prompt, READ_ONLY)
    assert again.finished.reused_tokens == 0
    assert_like_cold(session, prompt, cold)


def test_a_picture_does_not_see_what_used_to_follow_it(
    session: LoadedModel, cold: ColdReader
) -> None:
    """A picture looks ahead, so it would see what lies behind it in the cache."""
    opening = [user("Hello"), model("Hi!")]
    prompt = build_prompt([*opening, user(picture(5), "And this?")])
    run(session, build_prompt([*opening, user(picture(6), long_text(30))]))
    read(session, prompt)
    assert_like_cold(session, prompt, cold)


def test_pictures_are_told_apart(session: LoadedModel, cold: ColdReader) -> None:
    found: list[Floats] = []
    for number in (1, 2):
        read(session, ask(picture(number), "What is it?"))
        rows = predictions(runner(session)._kv, ids(session, ask("What is it?")))
        found.append(np.stack(list(rows)))
    assert compare_logits(*found).mean_kl > cold.bound


def test_logits_of_every_position(session: LoadedModel, cold: ColdReader) -> None:
    prompt = ask(picture(1), long_text(50))
    full = load_demo(all_logits=True)
    rows = list(full.compute_logits(prompt))
    full.close()
    assert len(rows) == sum(part.positions for part in session.tokenize(prompt))
    read(session, prompt)
    at_the_end = runner(session)._kv.context.get_logits()
    assert compare_logits(at_the_end[None], rows[-1][None]).mean_kl <= cold.bound


def test_a_stop_before_the_first_step_reads_nothing(session: LoadedModel) -> None:
    stop = CancelToken()
    stop.cancel()
    events = Reply(list(session.generate(ask("Never read"), GREEDY, ReplyStats(), stop)))
    assert events.finished.reason == "cancelled"
    assert events.text == ""


def test_a_stop_in_the_middle_of_a_step_leaves_the_rest_intact(
    session: LoadedModel, cold: ColdReader
) -> None:
    """llama.cpp is stopped while it computes, a moment that no event marks."""
    prompt = ask(long_text(400))
    run(session, ask("Something else"))
    stop = CancelToken()
    context = runner(session)._kv.context
    stream = session.generate(prompt, READ_ONLY, ReplyStats(), stop)
    for _ in range(3):
        next(stream)
    known = runner(session)._kv.positions
    context.abort_flag.set()
    assert not context.read_tokens([9] * 64, known, want_logits=False)
    context.abort_flag.clear()
    assert next(stream)
    list(stream)
    assert_like_cold(session, prompt, cold)


def test_the_last_places_of_a_context_can_be_read(session: LoadedModel) -> None:
    kv = runner(session)._kv
    kv.clear()
    while (left := kv.context.size - kv.positions) > 0:
        assert kv.read_batch([300] * min(left, 113), {}, want_logits=True)
    assert llama.llama_memory_seq_pos_max(kv.context._memory, 0) == kv.context.size - 1
    kv.clear()


def test_a_load_can_be_stopped(session: LoadedModel) -> None:
    other = LoadedModel()
    for limit in (0.0, 0.5, 0.9):
        with pytest.raises(LoadStoppedError):
            other.load(demo(), lambda loading, limit=limit: loading.fraction < limit)  # type: ignore[misc]
    with pytest.raises(EngineError, match="No model is loaded"):
        other.tokenize(ask("Hello"))
    other.load(demo(), lambda _: True)
    other.close()


def test_an_empty_prompt_is_refused(session: LoadedModel) -> None:
    with pytest.raises(EngineError, match="empty"):
        run(session, Prompt(()))


def test_a_repeat_penalty_keeps_from_repeating(session: LoadedModel) -> None:
    settings = GenerationSettings(max_new_tokens=30, temperature=0.01, seed=1)
    plain = run(session, ask("Hello"), settings)
    kept = run(session, ask("Hello"), replace(settings, repeat_penalty=100.0))
    assert kept.text != plain.text or plain.finished.reason == "end_of_turn"


def test_the_guard_against_loops_keeps_from_saying_it_all_again(session: LoadedModel) -> None:
    settings = GenerationSettings(max_new_tokens=60, temperature=0.01, seed=1)
    said = run(session, ask("Hello"), settings).text
    turns = [user("Hello"), model(said)] * 3
    again = build_prompt([*turns, user("Hello")])
    assert run(session, again, settings).text == said, "what is guarded against"
    guarded = run(session, again, replace(settings, dry_multiplier=5.0))
    assert guarded.text[:20] != said[:20]
    assert guarded.finished.reason == "end_of_turn", "ending alike is no loop"


@pytest.mark.parametrize("seed", [0, -1, 2**32 - 1, 2**40])
def test_every_seed_is_a_seed(session: LoadedModel, seed: int) -> None:
    settings = replace(ENDLESS_SHORT, seed=seed)
    assert run(session, ask("Hi"), settings).text == run(session, ask("Hi"), settings).text
