"""Nothing is read twice, and what is reused predicts the same as a cold run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helpers.cold_runs import ColdReader, read, runner
from helpers.figures import Figures
from helpers.talks import (
    GREEDY,
    QUESTIONS,
    RAMBLE,
    judge,
    model,
    past_the_window,
    prompt_of,
    user,
    write,
    write_and_finish,
)
from refsheet_tui.engine import LoadSettings
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.prompting import Turn

TURNS = 8


@pytest.fixture(scope="module")
def chat(keeping: LoadedModel) -> list[Turn]:
    """Return a conversation of four questions and replies, as the model wrote them."""
    turns: list[Turn] = []
    for question in QUESTIONS[:4]:
        turns.append(user(question))
        turns.append(model(write(keeping, prompt_of(turns))))
    return turns


def test_the_next_turn(
    keeping: LoadedModel, chat: list[Turn], cold: ColdReader, figures: Figures
) -> None:
    prompt = prompt_of([*chat, user(QUESTIONS[4])])
    read(keeping, prompt)
    judge(figures, "the next turn", keeping, prompt, cold)


def test_another_reply(
    keeping: LoadedModel, chat: list[Turn], cold: ColdReader, figures: Figures
) -> None:
    prompt = prompt_of(chat[:-1])
    write(keeping, prompt)
    _, finished = write_and_finish(keeping, prompt, replace(GREEDY, max_new_tokens=0))
    assert finished.reused_tokens == finished.prompt_tokens
    judge(figures, "another reply", keeping, prompt, cold)


def test_another_reply_to_one_that_outgrew_the_window(
    keeping: LoadedModel, chat: list[Turn], cold: ColdReader, figures: Figures
) -> None:
    """The end of the prompt is in the snapshot that was taken before it was forgotten."""
    prompt = prompt_of([*chat, user(QUESTIONS[5])])
    read(keeping, prompt)
    kv = runner(keeping)._kv
    end = kv.positions
    write(keeping, prompt, replace(RAMBLE, max_new_tokens=past_the_window(keeping)))
    assert not kv.contents.can_resume_at(end, kv.context.sliding_window)
    _, finished = write_and_finish(keeping, prompt, replace(GREEDY, max_new_tokens=0))
    assert finished.reused_tokens == finished.prompt_tokens
    judge(figures, "another reply, window outgrown", keeping, prompt, cold)


def test_an_edited_question(
    keeping: LoadedModel, chat: list[Turn], cold: ColdReader, figures: Figures
) -> None:
    edited = [*chat[:4], user("I meant: how many buttons has your coat?"), *chat[5:]]
    prompt = prompt_of([*edited, user(QUESTIONS[4])])
    read(keeping, prompt)
    judge(figures, "an edited question", keeping, prompt, cold)


def test_a_branch(
    keeping: LoadedModel, chat: list[Turn], cold: ColdReader, figures: Figures
) -> None:
    prompt = prompt_of([*chat[:2], user(QUESTIONS[6])])
    read(keeping, prompt)
    judge(figures, "a branch", keeping, prompt, cold)


def test_a_switch_to_another_chat_and_back(
    keeping: LoadedModel, chat: list[Turn], cold: ColdReader, figures: Figures
) -> None:
    prompt = prompt_of([*chat, user(QUESTIONS[7])])
    read(keeping, prompt)
    keeping.save_snapshot()
    read(keeping, prompt_of([user("Something else entirely: what is the capital of France?")]))
    _, finished = write_and_finish(keeping, prompt, replace(GREEDY, max_new_tokens=0))
    assert finished.reused_tokens == finished.prompt_tokens
    judge(figures, "another chat and back (snapshot)", keeping, prompt, cold)


def test_a_restart(
    keeping: LoadedModel,
    chat: list[Turn],
    kept_settings: LoadSettings,
    cold: ColdReader,
    figures: Figures,
) -> None:
    prompt = prompt_of([*chat, user(QUESTIONS[4])])
    reply = model(write(keeping, prompt, GREEDY))
    keeping.save_snapshot()
    keeping.load(kept_settings, lambda _: True)
    later = prompt_of([*chat, user(QUESTIONS[4]), reply, user(QUESTIONS[7])])
    _, finished = write_and_finish(keeping, later, replace(GREEDY, max_new_tokens=0))
    assert finished.reused_tokens > sum(part.positions for part in keeping.tokenize(prompt))
    judge(figures, "a restart (snapshot from disk)", keeping, later, cold)


def test_greedy_replies(
    keeping: LoadedModel, chat: list[Turn], cold: ColdReader, figures: Figures
) -> None:
    """After reuse, every token of a reply is one that a cold run would choose."""
    prompt = prompt_of([*chat, user(QUESTIONS[5])])
    read(keeping, prompt)
    units = list(runner(keeping)._kv.contents.units)
    write(keeping, prompt, replace(GREEDY, max_new_tokens=100))
    ledger = runner(keeping)._kv.contents
    reply = [
        unit
        for unit in (*ledger.units[len(units) :], *ledger.unread_tokens)
        if isinstance(unit, int)
    ]
    wrong = cold.wrong_choices(units, prompt, reply)
    figures.add(f"wrong tokens in a greedy reply of {len(reply)}", len(wrong), "0")
    assert not wrong
    assert reply
