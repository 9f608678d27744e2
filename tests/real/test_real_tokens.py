"""Prompts reach the model as Google's own tokenizer and chat template would write them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from helpers.cold_runs import runner
from helpers.figures import Figures
from helpers.gemma_tokens import CONVERSATIONS, DIFFERENT, EQUAL, VOCABULARY
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.prompting import Prompt, TextPart, Turn, build_prompt

# Token ids of the published vocabulary.
_CONTROL = {0, 1, 2, 3, 105, 106, 255_999, 256_000}


@pytest.fixture(scope="module", autouse=True)
def has_the_vocabulary(session: LoadedModel, figures: Figures) -> None:
    """Skip the test for a file without the published vocabulary.

    The files of models that can see pictures end with more, unused tokens.
    """
    found = runner(session)._model.n_vocab
    if found < VOCABULARY:
        why = f"this file has {found:,} tokens; the goldens are for Gemma 3's {VOCABULARY:,}"
        figures.add("token ids", f"not compared: {why}")
        pytest.skip(why)


def ids(session: LoadedModel, prompt: Prompt) -> list[int]:
    return [token for part in session.tokenize(prompt) for token in part.tokens]


def judge(figures: Figures, what: str, wrong: Sequence[object], total: int) -> None:
    figures.count(what, total - len(wrong), total)
    assert not wrong


def test_texts_are_split_as_the_reference_splits_them(
    session: LoadedModel, figures: Figures
) -> None:
    wrong = [
        (row["kind"], row["text"])
        for row in EQUAL
        if ids(session, Prompt.from_parts((TextPart(row["text"]),))) != row["ids"]
    ]
    judge(figures, "token ids equal to the reference's: texts", wrong, len(EQUAL))


def test_conversations_are_written_as_the_reference_writes_them(
    session: LoadedModel, figures: Figures
) -> None:
    wrong = []
    for row in CONVERSATIONS:
        turns = [
            Turn("model" if number % 2 else "user", (text,))
            for number, text in enumerate(row["turns"])
        ]
        if ids(session, build_prompt(turns, row["system"])) != row["ids"]:
            wrong.append(row["turns"])
    judge(figures, "token ids equal to the reference's: conversations", wrong, len(CONVERSATIONS))


def test_typed_control_tokens_stay_text(session: LoadedModel, figures: Figures) -> None:
    """The reference would make control tokens of them."""
    piece = runner(session)._tokenizer.token_to_piece
    wrong = []
    for row in DIFFERENT:
        found = ids(session, Prompt.from_parts((TextPart(row["text"]),)))
        if b"".join(map(piece, found)).decode() != row["text"] or _CONTROL & set(found):
            wrong.append(row["text"])
    judge(figures, "typed control tokens that stay text", wrong, len(DIFFERENT))
