"""The native half from inside: tokens, logits, and what the KV cache holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from engine_driver import (
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
from llama_cpp import llama_cpp as llama

from refsheet_tui.engine import GenerationSettings
from refsheet_tui.engine.native.context import Floats
from refsheet_tui.engine.native.meter import Meter
from refsheet_tui.engine.native.model import LoadStoppedError
from refsheet_tui.engine.native.runner import Runner
from refsheet_tui.engine.native.session import Session
from refsheet_tui.engine.native.stop import Stop
from refsheet_tui.engine.native.tokenizer import Tokenizer
from refsheet_tui.engine.native.utf8 import Characters
from refsheet_tui.errors import EngineError
from refsheet_tui.prompting import ControlPart, Prompt, TextPart, build_prompt

CONTROL = ("<bos>", "<start_of_turn>", "<end_of_turn>", "<start_of_image>", "<end_of_image>")
READ_ONLY = replace(GREEDY, max_new_tokens=0)
# Logits of one position, read in batches of other sizes, differ by rounding: up to 2 % of the
# largest for quantized weights.
ROUNDING = 0.05


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    session = loaded()
    yield session
    session.close()


def loaded(*, all_logits: bool = False) -> Session:
    session = Session(all_logits=all_logits)
    session.load(demo(), lambda _: True)
    return session


def runner(session: Session) -> Runner:
    assert session._runner is not None
    return session._runner


def tokenizer(session: Session) -> Tokenizer:
    return runner(session)._tokenizer


def run(session: Session, prompt: Prompt, settings: GenerationSettings = GREEDY) -> Reply:
    return Reply(list(session.generate(prompt, settings, Meter(), Stop())))


def read(session: Session, prompt: Prompt) -> Floats:
    """The logits after the prompt."""
    run(session, prompt, READ_ONLY)
    return runner(session)._kv.context.logits()


def difference(got: Floats, want: Floats) -> float:
    """The largest, as a part of the largest logit."""
    return float(np.abs(got - want).max() / np.abs(want).max())


def assert_same(got: Floats, want: Floats) -> None:
    assert difference(got, want) < ROUNDING
    assert got.argmax() == want.argmax()


def ids(session: Session, prompt: Prompt) -> list[int]:
    return [token for part in session.tokenize(prompt) for token in part.tokens]


def test_control_tokens_in_a_text_stay_text(session: Session) -> None:
    text = f"{' '.join(CONTROL)} <pad> <eos> <unk> <__media__> </s>\n<end_of_turn>\n"
    reserved = {tokenizer(session).control(name) for name in CONTROL}
    tokens = ids(session, Prompt((TextPart(text),)))
    assert not reserved & set(tokens)
    assert not any(tokenizer(session).ends_turn(token) for token in tokens)
    assert b"".join(map(tokenizer(session).piece, tokens)).decode() == text


def test_there_is_one_bos(session: Session) -> None:
    tokens = ids(session, ask("Hello <bos>"))
    assert tokens.count(tokenizer(session).control("<bos>")) == 1


def test_a_text_is_tokenized_in_one_run(session: Session) -> None:
    (part,) = session.tokenize(Prompt((TextPart("\n\n\n"),)))
    assert len(part.tokens) == 1


def test_a_control_part_that_does_not_exist_is_named(session: Session) -> None:
    for name in ("<no_such>", "Hello", "<start_of_turn><end_of_turn>"):
        with pytest.raises(Exception, match=f"no control token {name}"):
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
def test_tokens_spell_the_text(session: Session, text: str) -> None:
    """Also where a character is cut into tokens: never is a part of one shown."""
    tokens = ids(session, Prompt((TextPart(text),)))
    characters = Characters()
    pieces = [characters.feed(tokenizer(session).piece(token)) for token in tokens]
    assert "".join(pieces) == text.encode("utf-8", "replace").decode()
    assert not any("\ufffd" in piece for piece in pieces)


def test_control_tokens_are_never_printed(session: Session) -> None:
    for name in CONTROL:
        assert tokenizer(session).piece(tokenizer(session).control(name)) == b""


def test_what_is_reused_predicts_what_would_be_read(session: Session) -> None:
    turns = [user(picture(1), "Hello"), model("Hi!"), user("Who are you?", picture(2))]
    fresh = loaded()
    want = read(fresh, build_prompt(turns))
    fresh.close()
    run(session, build_prompt(turns[:1]))
    run(session, build_prompt([*turns[:2], user("Something else, and longer")]), ENDLESS_SHORT)
    got = read(session, build_prompt(turns))
    assert_same(got, want)


ENDLESS_SHORT = replace(ENDLESS, max_new_tokens=20)


def test_rolling_back_inside_of_the_window_is_exact(session: Session) -> None:
    prompt = ask(long_text(200), picture(3), "And now?")
    want = read(session, prompt)
    end = run(session, prompt, replace(ENDLESS, max_new_tokens=300)).finished
    assert end.reused_tokens == end.prompt_tokens - 1
    assert_same(read(session, prompt), want)


def test_rolling_back_out_of_the_window_reads_again(session: Session) -> None:
    prompt = ask(long_text(20), picture(3), "And now?")
    want = read(session, prompt)
    run(session, prompt, replace(ENDLESS, max_new_tokens=900, seed=5))
    again = run(session, prompt, READ_ONLY)
    assert again.finished.reused_tokens == 0
    assert_same(runner(session)._kv.context.logits(), want)


def test_a_picture_does_not_see_what_used_to_follow_it(session: Session) -> None:
    """It looks ahead, so whatever lies behind it in the cache would be seen."""
    opening = [user("Hello"), model("Hi!")]
    fresh = loaded()
    want = read(fresh, build_prompt([*opening, user(picture(5), "And this?")]))
    fresh.close()
    run(session, build_prompt([*opening, user(picture(6), long_text(30))]))
    got = read(session, build_prompt([*opening, user(picture(5), "And this?")]))
    assert_same(got, want)


def test_pictures_are_told_apart(session: Session) -> None:
    one, two = (read(session, ask(picture(number), "What is it?")) for number in (1, 2))
    assert difference(one, two) > ROUNDING


def test_logits_of_every_position(session: Session) -> None:
    prompt = ask(picture(1), long_text(50))
    full = loaded(all_logits=True)
    rows = list(full.logits(prompt))
    full.close()
    assert len(rows) == sum(part.positions for part in session.tokenize(prompt))
    assert_same(read(session, prompt), rows[-1])


def test_a_stop_before_the_first_step_reads_nothing(session: Session) -> None:
    stop = Stop()
    stop.set()
    events = Reply(list(session.generate(ask("Never read"), GREEDY, Meter(), stop)))
    assert events.finished.finish == "cancelled"
    assert events.text == ""


def test_a_stop_in_the_middle_of_a_step_leaves_the_rest_intact(session: Session) -> None:
    """llama.cpp is asked to stop while it computes, which no event marks from outside."""
    prompt = ask(long_text(400))
    want = read(session, prompt)
    run(session, ask("Something else"))
    stop = Stop()
    context = runner(session)._kv.context
    stream = session.generate(prompt, READ_ONLY, Meter(), stop)
    for _ in range(3):
        next(stream)
    known = runner(session)._kv.positions
    context.abort.up()
    assert not context.read_tokens([9] * 64, known, want_logits=False)
    context.abort.down()
    assert next(stream)
    list(stream)
    assert_same(context.logits(), want)


@pytest.mark.parametrize("count", range(1, 34))
def test_reading_in_whole_rows_leaves_nothing_behind(session: Session, count: int) -> None:
    context = runner(session)._kv.context
    tokens = list(range(300, 300 + count))
    context.clear()
    for position, token in enumerate(tokens):
        assert context.read_tokens([token], position, want_logits=True)
    want = context.logits()
    context.clear()
    assert context.read_tokens(tokens, 0, want_logits=True)
    assert_same(context.logits(), want)
    assert llama.llama_memory_seq_pos_max(context._memory, 0) == count - 1
    runner(session)._kv.forget()


def test_the_last_places_of_a_context_can_be_read(session: Session) -> None:
    kv = runner(session)._kv
    kv.forget()
    while (left := kv.context.size - kv.positions) > 0:
        assert kv.read([300] * min(left, 113), {}, want_logits=True)
    assert llama.llama_memory_seq_pos_max(kv.context._memory, 0) == kv.context.size - 1
    kv.forget()


def test_a_load_can_be_stopped(session: Session) -> None:
    other = Session()
    for limit in (0.0, 0.5, 0.9):
        with pytest.raises(LoadStoppedError):
            other.load(demo(), lambda loading, limit=limit: loading.fraction < limit)  # type: ignore[misc]
    with pytest.raises(EngineError, match="No model is loaded"):
        other.tokenize(ask("Hello"))
    other.load(demo(), lambda _: True)
    other.close()


def test_an_empty_prompt_is_refused(session: Session) -> None:
    with pytest.raises(EngineError, match="empty"):
        run(session, Prompt(()))


def test_a_repeat_penalty_keeps_from_repeating(session: Session) -> None:
    settings = GenerationSettings(max_new_tokens=30, temperature=0.01, seed=1)
    plain = run(session, ask("Hello"), settings)
    kept = run(session, ask("Hello"), replace(settings, repeat_penalty=100.0))
    assert kept.text != plain.text or plain.finished.finish == "end_of_turn"


def test_the_guard_against_loops_keeps_from_saying_it_all_again(session: Session) -> None:
    settings = GenerationSettings(max_new_tokens=60, temperature=0.01, seed=1)
    said = run(session, ask("Hello"), settings).text
    turns = [user("Hello"), model(said)] * 3
    again = build_prompt([*turns, user("Hello")])
    assert run(session, again, settings).text == said, "what is guarded against"
    guarded = run(session, again, replace(settings, dry_multiplier=5.0))
    assert guarded.text[:20] != said[:20]
    assert guarded.finished.finish == "end_of_turn", "ending alike is no loop"


@pytest.mark.parametrize("seed", [0, -1, 2**32 - 1, 2**40])
def test_every_seed_is_a_seed(session: Session, seed: int) -> None:
    settings = replace(ENDLESS_SHORT, seed=seed)
    assert run(session, ask("Hi"), settings).text == run(session, ask("Hi"), settings).text
